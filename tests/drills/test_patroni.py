"""PostgreSQL under Patroni and etcd, as the how-to sets it up: whatever dies, nobody is called.

CONSENTRY_DRILL_PATRONI_FAULTS says how often something happens to the leader while writers write:
its machine dies, its server dies, its machine freezes, in turn; 1 if it is not set. Patroni looks
once a second then, and as often as in the how-to with CONSENTRY_DRILL_PATRONI_AS_WRITTEN=1.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from typing import Final, NoReturn

import pytest

from registry.client import RegistryClient
from registry.model.checkpoint import Checkpoint
from registry.model.merkle import leaf_hash, root_of
from registry.model.signed_note import SignedNote
from ssi_core.adapters.http import HttpClient
from ssi_core.errors import SsiError, UnavailableError
from tests.support.log_writers import HELD, Writers, audited, require_all_there
from tests.support.patroni_machines import (
    Machine,
    Machines,
    PatroniMissingError,
    patroni_machines,
    until,
)
from tests.support.registry import grant
from tests.support.registry_server import RegistryServer
from tests.support.waiting import eventually

FAULTS: Final = int(os.environ.get("CONSENTRY_DRILL_PATRONI_FAULTS") or "1")
AS_WRITTEN: Final = os.environ.get("CONSENTRY_DRILL_PATRONI_AS_WRITTEN") == "1"
# What happens to the leader, in turn.
FAULTS_OF: Final[dict[str, Callable[[Machine], None]]] = {
    "a machine dies": Machine.kill,
    "a server dies": Machine.kill_server,
    "a machine freezes": Machine.freeze,
}
KINDS: Final = tuple(FAULTS_OF)
SECONDS: Final = 1.0
TIMEOUT: Final = 60.0
# A lease of 20 seconds, a round of Patroni's, and a slow machine.
LONGEST_WAIT: Final = 90.0
# Rounds enough for Patroni to let a server go on alone, if it did.
ALONE: Final = 20.0 if AS_WRITTEN else 8.0


@pytest.fixture(scope="module")
def cluster(project: Path, missing: Callable[[str], NoReturn]) -> Iterator[Machines]:
    try:
        with patroni_machines(project, quick=not AS_WRITTEN) as running:
            yield running
    except PatroniMissingError as error:
        missing(str(error))


@pytest.fixture
def machines(cluster: Machines) -> Machines:
    """All three, with a database of this test's own."""
    until(cluster.is_whole)
    cluster.new_database()
    return cluster


@pytest.fixture
def http() -> Iterator[HttpClient]:
    with closing(HttpClient(timeout=TIMEOUT)) as client:
        yield client


@dataclass
class Fenced:
    """A registry that had the log before another one, and what it does when it is asked."""

    client: RegistryClient
    origin: str
    handed_in: list[bytes] = field(default_factory=list)
    shown: list[Checkpoint] = field(default_factory=list)

    def ask(self) -> None:
        """Hand it an entry, which it has to refuse, and ask for its checkpoint."""
        raw = grant(f"fenced {len(self.handed_in)}", log=self.origin).raw
        self.handed_in.append(raw)
        with pytest.raises(UnavailableError):
            self.client.submit(raw)
        self.shown += checkpoints(self.client)

    @contextmanager
    def asked_all_along(self) -> Iterator[None]:
        """Ask it again and again, whatever happens meanwhile."""
        over, wrong = Event(), list[BaseException]()

        def run() -> None:
            try:
                while not over.is_set():
                    self.ask()
                    sleep(0.05)
            except BaseException as error:  # noqa: BLE001 - raised where somebody sees it
                wrong.append(error)

        thread = Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        assert wrong == []


def test_whatever_dies_nothing_acknowledged_is_lost_and_one_registry_writes(
    machines: Machines, http: HttpClient, tmp_path: Path
):
    with RegistryServer(tmp_path / "first", database=machines.url) as first:
        before = RegistryClient(http, first.url)
        writers = Writers(http, first.url, before.log().origin)
        writers.write(SECONDS, lambda: None)
        shutil.copytree(tmp_path / "first", tmp_path / "second")
        with RegistryServer(tmp_path / "second", database=machines.url) as second:
            writers.url = second.url
            client, fenced = RegistryClient(http, second.url), Fenced(before, writers.origin)
            shown = checkpoints(before)
            with fenced.asked_all_along():
                for number in range(FAULTS):
                    shown += _written_through(machines, writers, KINDS[number % len(KINDS)])

            fenced.ask()
            raws = require_all_there(client, writers.acknowledged)
            assert not set(fenced.handed_in) & set(raws)
            _require_one_history(raws, shown + fenced.shown)
    _require_equal(machines, tmp_path)


def test_a_server_that_is_alone_acknowledges_nothing_until_another_is_back(
    machines: Machines, http: HttpClient, tmp_path: Path
):
    with (
        RegistryServer(tmp_path, database=machines.url) as server,
        closing(HttpClient(timeout=ALONE)) as hasty,
    ):
        registry = RegistryClient(http, server.url)
        raw = grant("alone", log=registry.log().origin).raw
        for machine in machines.others:
            machine.kill_database()

        with pytest.raises(UnavailableError):
            RegistryClient(hasty, server.url).submit(raw)

        assert raw not in registry.entries(0)
        machines.start()
        receipt = eventually(lambda: registry.submit(raw), seconds=LONGEST_WAIT)
        assert registry.entries(0).count(raw) == 1
        assert registry.entry(receipt.index) == raw


def _written_through(machines: Machines, writers: Writers, kind: str) -> list[Checkpoint]:
    """Write while something happens to the leader, and go on; return the checkpoints shown."""
    until(machines.is_whole)
    registry = RegistryClient(writers.http, writers.url)
    leader, known, began = machines.leader, len(writers.acknowledged), list[float]()

    def happen() -> None:
        began.append(monotonic())
        FAULTS_OF[kind](leader)

    writers.write(SECONDS, happen)
    assert len(writers.acknowledged) > known, "nothing was written before"
    shown = checkpoints(registry)
    again = grant(f"after {len(writers.acknowledged)}", log=writers.origin).raw
    receipt = eventually(lambda: registry.submit(again), seconds=LONGEST_WAIT)
    taken = monotonic() - began[0]
    print(f"{kind}: {taken:.1f} s until writing went on, {len(writers.acknowledged)} acknowledged")  # noqa: T201 - what it is for
    writers.acknowledged[again] = receipt.index
    require_all_there(registry, writers.acknowledged)
    leader.thaw()
    machines.start()
    return shown + checkpoints(registry)


def checkpoints(registry: RegistryClient) -> list[Checkpoint]:
    """Return the checkpoint that it shows, if it shows one."""
    try:
        return [Checkpoint.parse(SignedNote.parse(registry.checkpoint()).text)]
    except SsiError:
        return []


def _require_one_history(raws: list[bytes], shown: list[Checkpoint]) -> None:
    """Whatever was signed and shown by anybody is how this very log began."""
    assert shown
    for one in set(shown):
        assert one.root == root_of(map(leaf_hash, raws[: one.size]))


def _require_equal(machines: Machines, folder: Path) -> None:
    until(machines.is_whole)
    sound = audited(machines.url, folder)
    machines.catch_up()
    held = [[machines.sql(one, what) for what in HELD] for one in machines.all]
    assert held[0] == held[1] == held[2]
    assert held[0][:2] == [sound.size, sound.root]
