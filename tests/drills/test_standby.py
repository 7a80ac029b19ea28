"""PostgreSQL with a synchronous standby: whatever dies, what was acknowledged is there, once.

CONSENTRY_DRILL_FAILOVERS says how many times the primary is killed while writers write; 2 if it is
not set. Twenty take about five minutes.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Event, Timer
from time import monotonic
from typing import Final, NoReturn

import pytest

from consentry.bench.postgres_pair import PostgresMissingError, PostgresPair, postgres_pair
from registry.app import open_log
from registry.client import RegistryClient
from registry.client.registry_client import SubmitReceipt
from registry.service.fsck import SoundLog, fsck
from ssi_core.adapters.http import HttpClient
from ssi_core.errors import ConflictError, UnavailableError
from tests.support.registry import grant
from tests.support.registry_server import RegistryServer

FAILOVERS: Final = int(os.environ.get("CONSENTRY_DRILL_FAILOVERS") or "2")
# How many entries each writer hands in at a time, and for how many seconds before the kill.
SIZES: Final = (1, 1, 40)
SECONDS: Final = 0.6
# Longer than the registry waits for a commit, and a server may be slow besides.
TIMEOUT: Final = 60.0
LONGEST_WAIT: Final = 45.0


# What a server holds, asked of its tables: a standby takes no writes, so no log is opened on it.
SIZE: Final = "SELECT size FROM log_head"
ROOT: Final = "SELECT root FROM log_head"
ENTRIES: Final = "SELECT md5(string_agg(encode(raw, 'hex'), ',' ORDER BY number)) FROM log_entry"


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


@dataclass
class Writers:
    """Threads that hand in entries until the registry cannot say any more what became of them."""

    http: HttpClient
    url: str
    origin: str
    acknowledged: dict[bytes, int] = field(default_factory=dict)
    names: Iterator[int] = field(default_factory=count)

    def write(self, seconds: float, then: Callable[[], None]) -> None:
        """Write for so long, do `then`, and return once every writer has met a failure."""
        dead = Event()

        def end() -> None:
            then()
            dead.set()

        timer = Timer(seconds, end)
        timer.start()
        with ThreadPoolExecutor(len(SIZES)) as pool:
            for found in pool.map(lambda size: self._until(dead, size), SIZES):
                self.acknowledged |= found
        timer.join()

    def _until(self, dead: Event, size: int) -> dict[bytes, int]:
        registry, found = RegistryClient(self.http, self.url), dict[bytes, int]()
        while not dead.is_set():
            batch = [grant(f"{next(self.names)}", log=self.origin).raw for _ in range(size)]
            try:
                outcomes = registry.submit_all(batch)
            except UnavailableError:
                break
            for raw, outcome in zip(batch, outcomes, strict=True):
                if isinstance(outcome, SubmitReceipt):
                    found[raw] = outcome.index
                else:
                    assert isinstance(outcome, UnavailableError | ConflictError), outcome
        return found


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
            _require_all_there(RegistryClient(http, server.url), writers.acknowledged)
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


def audited(url: str, folder: Path) -> SoundLog:
    """Make tree and state again from the entries in a database."""
    with open_log(data_dir=folder, database=url) as store:
        return fsck(store)


def _require_equal(pair: PostgresPair, folder: Path) -> None:
    sound = audited(pair.url, folder)
    pair.catch_up()
    held = [[pair.read(server, what) for what in (SIZE, ROOT, ENTRIES)] for server in pair.both]
    assert held[0] == held[1]
    assert held[0][:2] == [sound.size, sound.root]


def _require_all_there(registry: RegistryClient, acknowledged: dict[bytes, int]) -> None:
    raws: list[bytes] = []
    while more := registry.entries(len(raws)):
        raws += more
    assert len(set(raws)) == len(raws)
    for raw, index in acknowledged.items():
        assert raws[index] == raw
