"""One process of the profile for all of these tests, and clients that hold its credential."""

from collections.abc import Iterator

import pytest

from tests.support.foreign_client import ForeignClient
from tests.support.openid_server import OpenIdServer, WalletCommand


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenIdServer]:
    with OpenIdServer(tmp_path_factory.mktemp("openid") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def holder(server: OpenIdServer) -> ForeignClient:
    client = ForeignClient()
    client.accept(server.offer()["uri"])
    return client


@pytest.fixture(scope="session")
def wallet(server: OpenIdServer, tmp_path_factory: pytest.TempPathFactory) -> WalletCommand:
    command = WalletCommand(tmp_path_factory.mktemp("wallet") / "w.db")
    done = command.accept(server.offer()["uri"])
    assert done.returncode == 0, done.stderr
    return command
