"""The two chains that every test here runs on."""

from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest

from tests.support.evm import PyEvm, anvil
from tests.support.node_peers import PeerMissingError


@pytest.fixture(scope="session")
def py_evm() -> Iterator[str]:
    """The URL of py-evm."""
    with PyEvm().served() as url:
        yield url


@pytest.fixture(scope="session")
def anvil_url(missing: Callable[[str], NoReturn]) -> Iterator[str]:
    """The URL of anvil."""
    try:
        with anvil() as url:
            yield url
    except PeerMissingError as error:
        missing(str(error))


@pytest.fixture(params=["py-evm", "anvil"])
def node(request: pytest.FixtureRequest) -> str:
    """The URL of each chain in turn."""
    return str(request.getfixturevalue({"py-evm": "py_evm", "anvil": "anvil_url"}[request.param]))
