"""PostgreSQL with a synchronous standby: whatever dies, what was acknowledged is there, once.

CONSENTRY_DRILL_FAILOVERS says how many times the primary is killed while writers write; 2 if it is
not set. Twenty take about five minutes.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import Final, NoReturn

import pytest

from consentry.bench.postgres_pair import PostgresMissingError, PostgresPair, postgres_pair
from registry.client import RegistryClient
from registry.service.replica.source import size_of
from ssi_core.adapters.http import HttpClient
from ssi_core.errors import UnavailableError
from tests.support.log_writers import HELD, Writers, audited, require_all_there
from tests.support.registry import grant
from tests.support.registry_server import RegistryServer
from tests.support.waiting import eventually

FAILOVERS: Final = int(os.environ.get("CONSENTRY_DRILL_FAILOVERS") or "2")
# For how many seconds writers write before the kill.
SECONDS: Final = 0.6
# Longer than the registry waits for a commit, and a server may be slow besides.
TIMEOUT: Final = 60.0
LONGEST_WAIT: Final = 45.0


@pytest.fixture(scope="module")
def servers(missing: Callable[[str], NoReturn]) -> Iterator[PostgresPair]:
    try:
        with postgres_pair() as running:
            yield running
    except PostgresMissingError as error:
        missing(str(error))


@pytest.fixture
def pair(servers: PostgresPair) -> PostgresPair:
    """Both servers, with a database of this test's own."""
    servers.new_database()
    return servers


@pytest.fixture
def http() -> Iterator[HttpClient]:
    with closing(HttpClient(timeout=TIMEOUT)) as client:
        yield client


def test_failovers_lose_and_repeat_nothing_that_was_acknowledged(
    pair: PostgresPair, http: HttpClient, tmp_path: Path
):
    with RegistryServer(tmp_path, database=pair.url) as server:
        writers = Writers(http, server.url, RegistryClient(http, server.url).log().origin)
        for number in range(FAILOVERS):
            known = len(writers.acknowledged)
            writers.write(SECONDS, pair.fail_over)
            assert len(writers.acknowledged) > known, "nothing was written before the kill"
            pair.replace_standby()
            if number % 2:
                # Every other time the registry goes on as it is: its URL names both servers.
                server.kill()
                server.start()
            require_all_there(RegistryClient(http, server.url), writers.acknowledged)
            _require_equal(pair, tmp_path)


def test_without_its_standby_the_registry_acknowledges_nothing_says_so_and_goes_on_reading(
    pair: PostgresPair, http: HttpClient, tmp_path: Path
):
    with RegistryServer(tmp_path, database=pair.url) as server:
        registry = RegistryClient(http, server.url)
        origin = registry.log().origin
        first = registry.submit(grant("with both", log=origin).raw)
        pair.standby.kill()
        began = monotonic()

        waiting = [grant(f"alone {number}", log=origin).raw for number in range(2)]
        for raw in waiting:
            with pytest.raises(UnavailableError):
                registry.submit(raw)

        assert monotonic() - began < LONGEST_WAIT * len(waiting)
        assert registry.entry(first.index) == grant("with both", log=origin).raw
        assert len(registry.entries(0)) == first.size
        pair.standby.start()
        receipts = [registry.submit(raw) for raw in waiting]
        assert len({receipt.index for receipt in receipts}) == len(waiting)
        _require_equal(pair, tmp_path)


def test_what_only_a_crashed_primary_has_is_not_cosigned_until_its_standby_has_it(
    pair: PostgresPair, http: HttpClient, tmp_path: Path
):
    with RegistryServer(tmp_path, database=pair.url) as server:
        registry = RegistryClient(http, server.url)
        origin = registry.log().origin
        registry.submit(grant("with both", log=origin).raw)
        seen = registry.checkpoint()
        pair.standby.kill()
        with pytest.raises(UnavailableError):
            registry.submit(grant("alone", log=origin).raw)
        pair.primary.kill()
        pair.primary.start()
        assert pair.read(pair.primary, HELD[0]) > size_of(seen), "the crash kept nothing"

        with pytest.raises(UnavailableError):
            registry.checkpoint()
        pair.standby.start()
        later = eventually(registry.checkpoint)

        assert size_of(later) == pair.read(pair.primary, HELD[0])
        _require_equal(pair, tmp_path)


def _require_equal(pair: PostgresPair, folder: Path) -> None:
    def equal() -> None:
        # What nobody waits for any more may still be on its way.
        sound = audited(pair.url, folder)
        pair.catch_up()
        held = [[pair.read(server, what) for what in HELD] for server in pair.both]
        assert held[0] == held[1]
        assert held[0][:2] == [sound.size, sound.root]

    eventually(equal)
