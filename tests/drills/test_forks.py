"""An operator who owns the log's key rewrites it: who notices, and how soon.

docs/threat-model.md has the table of these drills. `CONSENTRY_DRILL_FORK_ENTRIES` says how many
entries the honest log has, 6 if it says nothing.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic

import pytest

from registry.app import open_log, open_registry
from registry.client import RegistryClient
from registry.model import checkpoint as checkpoints
from registry.model.log_evidence import LogPolicy
from registry.model.state import verify_each
from registry.model.tlog_policy import TlogPolicy
from registry.service.audit import audit
from registry.service.fsck import fsck
from registry.service.registry import Registry
from ssi_core.adapters.clock import SystemClock
from ssi_core.errors import ForkError, LogProofError, ProofError, UnavailableError
from ssi_core.keys import Ed25519Signer
from tests.support.dishonest_log import copied_keys, write_log
from tests.support.registry import grant
from tests.support.registry_server import RegistryServer
from tests.support.waiting import eventually
from tests.support.witness_server import Consortium, consortium

ENTRIES = int(os.environ.get("CONSENTRY_DRILL_FORK_ENTRIES", "6"))
# What the threat model promises is five seconds; a slow machine gets three times that.
SOON = 15.0
GRANTS = [grant(f"grant {number}") for number in range(ENTRIES)]
HONEST = [one.raw for one in GRANTS[:-1]] + [GRANTS[0].revoked()]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    """A log and its witness, who has seen all of it; its last entry ends its first grant."""
    with consortium(tmp_path_factory.mktemp("honest"), witnesses=1, threshold=1) as running:
        eventually(lambda: running.registry.submit(HONEST[0]))
        backup = running.folder.parent / "backup"
        running.server.stop()
        shutil.copytree(running.folder, backup)
        running.server.start()
        eventually(lambda: running.registry.submit(HONEST[1]))
        for outcome in running.registry.submit_all(HONEST[2:]):
            assert not isinstance(outcome, Exception)
        believed(running).verify(running.registry.checkpoint(), at=now())
        yield running


def now():
    return SystemClock().now()


def believed(consortium_: Consortium) -> LogPolicy:
    """What a reader pins: the log's key and its witness."""
    quorum = described(consortium_).quorum
    assert quorum is not None
    policy = TlogPolicy.of(consortium_.log_key, quorum)
    return LogPolicy.of(policy, max_checkpoint_age=timedelta(minutes=1))


def described(consortium_: Consortium) -> TlogPolicy:
    return TlogPolicy.parse((consortium_.folder.parent / "policy").read_bytes())


@contextmanager
def another(honest: Consortium, folder: Path) -> Iterator[RegistryClient]:
    """The same operator's registry, on another folder, with the same witness."""
    with RegistryServer(folder, options=honest.server.options) as server:
        yield RegistryClient(honest.http, server.url)


def require_closed(registry: RegistryClient) -> float:
    """Return how many seconds it took until a witness had closed the log for good."""
    started = monotonic()

    def closed() -> None:
        try:
            registry.submit(grant("after the fork").raw)
        except ForkError:
            return
        raise AssertionError

    eventually(closed)
    with pytest.raises(ForkError):
        registry.checkpoint()
    return monotonic() - started


def test_a_restored_backup_is_closed_by_its_witness_and_still_read(honest):
    with another(honest, honest.folder.parent / "backup") as registry:
        seconds = require_closed(registry)

        assert registry.entries(0) == honest.registry.entries(0)[:2]
    assert seconds < SOON


def test_a_backup_of_the_database_alone_does_not_even_open(honest, tmp_path):
    folder = tmp_path / "restored"
    shutil.copytree(honest.folder.parent / "backup", folder)
    shutil.copy(honest.folder / "registry.witness", folder)
    server = RegistryServer(folder, options=honest.server.options)

    with pytest.raises(AssertionError):
        server.start()

    assert server.wait() != 0


@pytest.mark.parametrize("view", ["reordered", "dropped revoke", "split view"])
def test_another_history_under_the_same_key_gets_no_cosignature(honest, tmp_path, view):
    folder = copied_keys(honest.folder, tmp_path / "view")
    entries = honest.registry.entries(0)
    revoke = entries.index(HONEST[-1])
    other = [grant("another").raw, grant("one more").raw, grant("and one").raw]
    raws = {
        "reordered": [entries[2], entries[1], entries[0], *entries[3:]],
        "dropped revoke": [*entries[:revoke], *other],
        "split view": [*entries[:revoke], other[0], *entries[revoke + 1 :]],
    }[view]
    write_log(folder, raws)

    with another(honest, folder) as registry:
        # Its own witness is the operator's, and signs what it is shown.
        note = shown(registry)
        seconds = require_closed(registry)

    assert seconds < SOON
    if note is not None:
        with pytest.raises(LogProofError):
            believed(honest).verify(note, at=now())
    seen = believed(honest).verify(honest.registry.checkpoint(), at=now())
    assert seen.size == len(honest.registry.entries(0))


def shown(registry: RegistryClient) -> str | None:
    try:
        return registry.checkpoint()
    except ForkError:
        return None


ONE_IS_GONE = "DELETE FROM log_entry WHERE number = 1"
ONE_STANDS_TWICE = """
    UPDATE log_entry SET raw = (SELECT raw FROM log_entry WHERE number = 2) WHERE number = 1"""


@pytest.mark.parametrize(
    "statement", [ONE_IS_GONE, ONE_STANDS_TWICE], ids=["truncated", "repeated"]
)
def test_entries_that_are_not_those_of_the_head_are_found_by_whoever_audits(
    honest, tmp_path, statement
):
    folder = tmp_path / "tampered"
    shutil.copytree(honest.folder, folder)
    with closing(sqlite3.connect(folder / "registry.db")) as db, db:
        db.execute(statement)

    # In process, for this is about what is shown, and not about how.
    with open_registry(data_dir=folder, public_url="http://localhost:1", workers=0) as opened:
        policy = LogPolicy.of(opened.policy, max_checkpoint_age=timedelta(minutes=1))
        shown_by = Shown(opened)

        with pytest.raises((LogProofError, UnavailableError)):
            audit(shown_by, policy=policy, verify=verify_each, at=now())
        with pytest.raises(LogProofError):
            audit_store(folder)


def audit_store(folder: Path) -> None:
    with open_log(data_dir=folder) as store:
        fsck(store)


@dataclass
class Shown:
    """What an audit is shown by a registry in this process."""

    registry: Registry

    def checkpoint(self) -> str:
        return self.registry.reader.checkpoint()

    def entries(self, start: int, *, limit: int) -> list[bytes]:
        found = self.registry.reader.entries(start, limit=limit)
        return [raw for raw in found if raw is not None]


def test_an_entry_of_another_log_is_refused_and_found_if_it_is_there_all_the_same(honest, tmp_path):
    foreign = grant("foreign", log="other.example/2026").raw
    with pytest.raises(ProofError):
        honest.registry.submit(foreign)
    folder = copied_keys(honest.folder, tmp_path / "foreign")
    write_log(folder, [foreign])

    with open_registry(data_dir=folder, public_url="http://localhost:1", workers=0) as opened:
        policy = LogPolicy.of(opened.policy, max_checkpoint_age=timedelta(minutes=1))
        with pytest.raises(LogProofError) as raised:
            audit(Shown(opened), policy=policy, verify=verify_each, at=now())

    assert raised.value.at == "/entries/0"


def test_a_forged_cosignature_is_refused_by_every_reader(honest):
    note = honest.registry.checkpoint()
    log_only = note[: note.index("\u2014", note.index("\u2014") + 1)]
    name = honest.keys[0].name
    forged = checkpoints.cosign(log_only, name=name, signer=Ed25519Signer.generate(), at=now())

    with pytest.raises(LogProofError):
        believed(honest).verify(forged, at=now())
