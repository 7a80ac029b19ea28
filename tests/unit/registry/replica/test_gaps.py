"""Redacted entries: what is left of them is enough to make the log again, and no more."""

from contextlib import closing
from pathlib import Path

import pytest

from registry.adapters.memory import MemoryLogStore, MemoryWitnessMemory
from registry.adapters.sql import SqlLogStore
from registry.model import transfer
from registry.model.merkle import leaf_hash
from registry.model.transfer import Gap, Shown
from registry.ports import Batch
from registry.service.fsck import fsck
from ssi_core.adapters.database import open_database
from ssi_core.errors import LogProofError, MalformedError, SsiError, UnavailableError
from tests.support.redactions import (
    LAST,
    NEW,
    OLD,
    hand_in,
    redacted_log,
    redaction,
    superseding,
)
from tests.support.registry import grant, signer
from tests.support.replica import (
    RegistrySource,
    ShownLog,
    content_of_store,
    follower_of,
    open_source,
)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path):
    if request.param == "memory":
        yield MemoryLogStore()
        return
    engine = open_database(f"sqlite:///{tmp_path / 'log.db'}")
    yield SqlLogStore(engine)
    engine.dispose()


def test_a_fresh_replica_follows_over_gaps_and_has_the_state_of_one_that_saw_it_all(store):
    early_store, late_store = MemoryLogStore(), MemoryLogStore()
    registry = open_source(store, MemoryWitnessMemory())
    early, _ = follower_of(RegistrySource(registry), early_store)
    with closing(registry):
        hand_in(registry, OLD.raw, superseding(OLD, NEW), LAST.raw)
        early.follow()
        hand_in(registry, NEW.revoked())
        early.follow()
        place = registry.reader.index_of(leaf_hash(superseding(OLD, NEW)))
        hand_in(registry, redaction(NEW, place, old=OLD), redaction(OLD, 0))

        early.follow()
        follower_of(RegistrySource(registry), late_store)[0].follow()

        assert content_of_store(early_store) == content_of_store(store)
        assert content_of_store(late_store) == content_of_store(store)
        raws = content_of_store(late_store)[2]
        assert (raws[0], raws[place]) == (None, None)
        assert sum(raw is None for raw in raws) == 2


def test_a_fresh_replica_that_takes_steps_follows_over_gaps_too(store):
    with closing(redacted_log(store)) as registry:
        late, late_store = follower_of(RegistrySource(registry), step=1)

        late.follow()

        assert content_of_store(late_store) == content_of_store(store)


def test_a_replica_of_a_replica_gets_the_gaps_too(store):
    with closing(redacted_log(store)) as registry:
        first, first_store = follower_of(RegistrySource(registry))
        first.follow()
        source = RegistrySource(registry)
        source._reader = replace_store(source._reader, first_store)  # noqa: SLF001

        second, second_store = follower_of(source)
        second.follow()

        assert content_of_store(second_store)[:3] == content_of_store(store)[:3]


def replace_store(reader, store):
    """The same reader, on another store of the same log."""
    reader._store = store  # noqa: SLF001
    return reader


def test_the_audit_of_a_log_with_covered_gaps_finds_it_sound(store):
    with closing(redacted_log(store)):
        sound = fsck(store)

    assert sound.size == content_of_store(store)[0]


def drop(store, *indexes: int) -> None:
    """Drop bytes as a disk or an operator might: with no entry that says so."""
    with store.snapshot() as log:
        head = log.head()
    head = store.claim()
    store.append(Batch(after=head, head=head, entries=[], redacted=indexes))


def test_an_entry_that_only_the_disk_has_dropped_is_not_sound(store):
    with closing(redacted_log(store)):
        drop(store, LAST_AT)

        with pytest.raises(LogProofError):
            fsck(store)


def test_a_source_that_cannot_say_why_an_entry_is_gone_is_not_followed(store):
    with closing(redacted_log(store)) as registry:
        drop(store, LAST_AT)
        late, late_store = follower_of(RegistrySource(registry))

        with pytest.raises(UnavailableError):
            late.follow()

        assert content_of_store(late_store)[0] == 0


LAST_AT = 4
GONE = grant("gone")
GAP = redaction(GONE, 0)


def gap(by: int, raw: bytes = GAP, *, of: bytes = GONE.raw) -> Gap:
    return Gap(leaf_hash(of), by, raw)


UNCOVERED: dict[str, list[Shown]] = {
    "by an entry that is not in the log": [gap(1)],
    "by an entry before it": [LAST.raw, gap(0, redaction(GONE, 1))],
    "by itself": [gap(0)],
    "by a redaction of another entry": [gap(1, redaction(GONE, 5))],
    "by something that is no redaction": [gap(1, LAST.raw)],
    "by something that is no entry": [gap(1, b"{}")],
    "by a redaction for another log": [
        gap(1, GAP.replace(b"registry.example", b"registry.exampl2"))
    ],
    "by a redaction that nobody signed": [gap(1, GAP.replace(b'"ts":', b'"ts":1'))],
}


@pytest.mark.parametrize("name", UNCOVERED)
def test_a_gap_is_not_covered(name: str):
    shown = UNCOVERED[name]
    source = ShownLog([*shown, LAST.raw if shown[0] != LAST.raw else OLD.raw])
    follower, store = follower_of(source)

    with pytest.raises(SsiError) as told:
        follower.follow()

    assert isinstance(told.value, UnavailableError)
    assert content_of_store(store)[0] == 0


def test_a_gap_whose_redaction_comes_with_the_next_checkpoint_waits_for_it():
    source = ShownLog([gap(2), LAST.raw])
    follower, _ = follower_of(source)
    with pytest.raises(UnavailableError):
        follower.follow()
    source.run_shown.append(GONE.revoked())

    with pytest.raises(UnavailableError):
        follower.follow()


def test_the_wire_form_of_a_run_is_read_as_it_was_written():
    run: list[Shown] = [LAST.raw, gap(7), OLD.raw]

    assert transfer.parse(transfer.render(run)) == run
    assert transfer.parse(b"") == []


@pytest.mark.parametrize(
    "body",
    [
        LAST.raw,
        b'{"redacted":"AAAA","index":1,"by":"{}"}\n',
        b'{"redacted":1,"index":1,"by":"{}"}\n',
        b'{"redacted":{}}\n',
        b'{"redacted":',
    ],
)
def test_a_run_that_is_cut_or_crooked_is_refused(body: bytes):
    with pytest.raises(MalformedError):
        transfer.parse(body)


def test_the_bytes_of_a_redacted_entry_are_nowhere_in_the_files(tmp_path: Path):
    engine = open_database(f"sqlite:///{tmp_path / 'log.db'}")
    replica_engine = open_database(f"sqlite:///{tmp_path / 'replica.db'}")
    store, copy = SqlLogStore(engine), SqlLogStore(replica_engine)
    registry = open_source(store, MemoryWitnessMemory())
    follower, _ = follower_of(RegistrySource(registry), copy)
    needle = GONE.raw[40:140]
    with closing(registry):
        hand_in(registry, GONE.raw, *(grant(f"other {n}").raw for n in range(20)))
        follower.follow()
        assert found_in(tmp_path, needle)

        hand_in(registry, GONE.revoked(), redaction(GONE, 0))
        follower.follow()

        assert not found_in(tmp_path, needle)
        assert registry.reader.inclusion(0).path
    engine.dispose()
    replica_engine.dispose()


def found_in(folder: Path, needle: bytes) -> list[str]:
    return [path.name for path in folder.iterdir() if needle in path.read_bytes()]


def test_only_a_key_of_the_grant_redacts_it_and_only_once_it_is_over():
    registry = open_source(MemoryLogStore(), MemoryWitnessMemory())
    with closing(registry):
        hand_in(registry, GONE.raw)
        with pytest.raises(SsiError):
            registry.submit(redaction(GONE, 0))
        hand_in(registry, GONE.revoked())
        with pytest.raises(SsiError):
            registry.submit(redaction(GONE, 0, key=signer("nobody")))

        hand_in(registry, redaction(GONE, 0, key=GONE.revocation_key))

        with pytest.raises(SsiError):
            registry.reader.entry(0)
