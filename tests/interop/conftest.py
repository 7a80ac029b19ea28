"""The peers that credentials are exchanged with."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.support import interop
from tests.support.digital_bazaar import DigitalBazaar
from tests.support.node_peers import NodePeers, PeerMissingError


@pytest.fixture(scope="session")
def node(missing: Callable[[str], NoReturn]) -> Iterator[NodePeers]:
    """Every peer in JavaScript, in one process."""
    try:
        peers = NodePeers()
    except PeerMissingError as error:
        missing(str(error))
    yield peers
    peers.close()


@pytest.fixture(scope="session")
def digital_bazaar(node: NodePeers) -> DigitalBazaar:
    """The Digital Bazaar libraries, with keys of their own."""
    return DigitalBazaar(node)


@pytest.fixture(scope="session")
def documents(vectors: Path) -> dict[str, Any]:
    """What is issued: two published examples, and credentials of ours made from FHIR."""
    return {**interop.published(vectors), **interop.health_credentials()}
