"""The registry in one process: batches, order, witnesses, and stores that were tampered with."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import Any

import pytest

from registry.adapters.memory import MemoryLogStore, MemoryWitnessMemory
from registry.model import checkpoint as checkpoints
from registry.model import entry
from registry.model.evidence import LogPolicy, verify_accreditation
from registry.model.merkle import EMPTY_ROOT
from registry.model.signed_note import SignatureType
from registry.ports import Batch, LogSnapshot, LogStore, StateRow
from registry.service.fsck import fsck
from registry.service.registry import LogKeys, Registry
from registry.service.sequencer import Pace, Receipt
from ssi_core.adapters.clock import FixedClock
from ssi_core.errors import (
    ConflictError,
    LogProofError,
    MalformedError,
    NotFoundError,
    OverloadedError,
    ProofError,
    RejectedError,
    UnavailableError,
)
from tests.support.passing_store import PassingStore
from tests.support.registry import (
    AT,
    DIAGNOSIS,
    ORIGIN,
    grant,
    handed_in,
    organisation,
    policy_entry,
    signer,
)

LOG_KEY = signer("log")
KEYS = LogKeys(log=LOG_KEY, witness=signer("witness"), did_witness=signer("did"))
AUTHORITY, CLINIC = organisation("authority"), organisation("clinic")


class Parts:
    """What a registry is made of, so that tests can open it again, or tamper with it."""

    def __init__(self) -> None:
        self.store: LogStore = MemoryLogStore()
        self.memory = MemoryWitnessMemory()
        self.clock = FixedClock(AT)

    def open(self, *, keys: LogKeys = KEYS, origin: str = ORIGIN, pace: Pace | None = None):
        """Open the registry."""
        return Registry(
            self.store,
            origin=origin,
            public_url="http://localhost:8100",
            keys=keys,
            memory=self.memory,
            clock=self.clock,
            pace=pace,
        )


@pytest.fixture
def parts() -> Parts:
    return Parts()


@pytest.fixture
def registry(parts: Parts) -> Iterator[Registry]:
    with parts.open() as opened:
        yield opened


def policy(registry: Registry) -> LogPolicy:
    return LogPolicy(
        origin=registry.origin,
        log_vkey=str(registry.log_key),
        witness_vkeys=(str(registry.witness_key),),
        max_checkpoint_age=timedelta(seconds=5),
    )


def test_entries_are_numbered_in_the_order_of_a_batch(registry):
    given = [grant(str(number)).raw for number in range(5)]

    outcomes = registry.submit_all(given)

    assert [outcome.index for outcome in outcomes] == [0, 1, 2, 3, 4]
    assert all(outcome.size == 6 and not outcome.known for outcome in outcomes)


def test_an_entry_may_rest_on_one_earlier_in_its_batch(registry):
    root = AUTHORITY.accredits(AUTHORITY.did, role="accredit")
    child = AUTHORITY.accredits(CLINIC.did, parent=root)

    outcomes = registry.submit_all([AUTHORITY.op, root, child])

    assert all(isinstance(outcome, Receipt) for outcome in outcomes)


def test_what_is_refused_does_not_hold_up_the_rest(registry):
    given = grant()

    outcomes = registry.submit_all(
        [b"junk", given.revoked(), given.raw, given.raw, given.revoked()]
    )

    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [MalformedError, NotFoundError, Receipt, Receipt, Receipt]
    assert [outcome.index for outcome in outcomes[2:]] == [0, 0, 1]


def test_the_same_entry_again_is_known(registry):
    first, second = registry.submit(grant().raw), registry.submit(grant().raw)

    assert (first.known, second.known) == (False, True)
    assert first.index == second.index


@pytest.mark.parametrize("count", [0, 1_001])
def test_a_submission_has_a_size(registry, count):
    with pytest.raises(MalformedError):
        registry.submit_all([b"{}"] * count)


def test_writers_at_the_same_time_all_get_their_own_place(parts):
    with parts.open() as registry, ThreadPoolExecutor(8) as pool:
        given = [grant(str(number)).raw for number in range(64)]

        receipts = list(pool.map(registry.submit, given))

    stored = {raw: index for index, raw in enumerate(all_entries(parts.store))}
    assert [receipt.index for receipt in receipts] == [stored[raw] for raw in given]
    assert fsck(parts.store).size == len(stored)


def test_a_second_process_on_a_log_fences_out_the_first_for_good(parts):
    with parts.open() as first:
        first.submit(grant("a").raw)
        with parts.open() as second:
            for name in ("b", "c"):
                with pytest.raises(UnavailableError):
                    first.submit(grant(name).raw)
            second.submit(grant("b").raw)
        with pytest.raises(UnavailableError):
            first.submit(grant("c").raw)

    assert fsck(parts.store).size == 4


def all_entries(store: LogStore) -> Sequence[bytes | None]:
    with store.snapshot() as log:
        return log.entries_from(0, limit=1_000)


class SlowStore(PassingStore):
    """A store that does not come back until it is told to."""

    def __init__(self, store: LogStore) -> None:
        super().__init__(store)
        self.free = Event()

    def append(self, batch: Batch) -> None:
        """Store the batch, later."""
        self.free.wait(10)
        super().append(batch)


def test_too_much_in_waiting_is_refused_at_once(parts):
    slow = parts.store = SlowStore(MemoryLogStore())
    with parts.open(pace=Pace(max_waiting=3)) as registry:
        waiting = [registry.begin([grant(str(number)).raw]) for number in range(3)]

        with pytest.raises(OverloadedError):
            registry.submit(grant("one too many").raw)

        slow.free.set()
        assert [answer.result()[0].known for answer in waiting] == [False] * 3
        assert not registry.submit(grant("one too many").raw).known


def test_what_waits_is_counted_in_bytes_too(parts):
    slow = parts.store = SlowStore(MemoryLogStore())
    raw = grant("a").raw
    with parts.open(pace=Pace(max_waiting_bytes=2 * len(raw) - 1)) as registry:
        waiting = registry.begin([raw])

        with pytest.raises(OverloadedError):
            registry.submit(raw)

        slow.free.set()
        assert waiting.result()[0].index == 0
        assert registry.submit(raw).known


def test_what_is_refused_makes_room_again(parts):
    with parts.open(pace=Pace(max_waiting=1)) as registry:
        for _ in range(3):
            with pytest.raises(MalformedError):
                registry.submit(b"junk")


def test_who_has_handed_in_an_entry_cannot_take_it_back(parts):
    slow = parts.store = SlowStore(MemoryLogStore())
    with parts.open() as registry:
        answer = registry.begin([grant("a").raw])

        assert not answer.cancel()

        slow.free.set()
        assert answer.result()[0].index == 0


class FailingStore(PassingStore):
    """A store whose disk is full."""

    def __init__(self, store: LogStore, error: Exception) -> None:
        super().__init__(store)
        self._error = error

    def append(self, batch: Batch) -> None:
        """Fail."""
        del batch
        raise self._error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (UnavailableError("disk full"), UnavailableError),
        (ConflictError("never agrees"), UnavailableError),
        (ZeroDivisionError("a bug"), ZeroDivisionError),
    ],
)
def test_who_waits_is_answered_whatever_the_store_does(parts, error, expected):
    parts.store = FailingStore(parts.store, error)
    with parts.open() as registry:
        for _ in range(2):
            with pytest.raises(expected):
                registry.submit(grant().raw)


def test_a_closed_log_takes_nothing(parts):
    registry = parts.open()
    registry.close()

    with pytest.raises(UnavailableError):
        registry.submit(grant().raw)


def test_a_checkpoint_is_cosigned_anew_after_a_second_or_an_entry(parts, registry):
    first = registry.reader.checkpoint()
    same = registry.reader.checkpoint()
    parts.clock.advance(timedelta(seconds=2))
    later = registry.reader.checkpoint()
    registry.submit(grant().raw)
    grown = registry.reader.checkpoint()

    times = [policy(registry).verify(note, at=AT).cosigned_at for note in (first, later, grown)]
    assert first == same
    assert times == [AT, AT + timedelta(seconds=2), AT + timedelta(seconds=2)]


def test_a_clock_that_is_put_back_does_not_take_the_checkpoint_with_it(parts, registry):
    parts.clock.advance(timedelta(hours=1))
    registry.reader.checkpoint()
    parts.clock.advance(-timedelta(hours=2))
    registry.submit(grant().raw)

    seen = policy(registry).verify(registry.reader.checkpoint(), at=AT)

    assert seen.cosigned_at == AT + timedelta(hours=1)


def test_a_log_goes_on_where_it_was(parts):
    with parts.open() as first:
        first.submit(grant("a").raw)
        note = first.reader.checkpoint()

    with parts.open() as second:
        assert second.reader.checkpoint() == note
        assert second.submit(grant("b").raw).index == 2


def grown(parts: Parts) -> None:
    with parts.open() as registry:
        registry.submit_all([grant("a").raw, grant("b").raw, grant("b").revoked()])
        registry.reader.checkpoint()


def put_back(parts: Parts) -> None:
    parts.store = MemoryLogStore()


def fork(parts: Parts) -> None:
    parts.store = MemoryLogStore()
    remembered, parts.memory = parts.memory, MemoryWitnessMemory()
    with parts.open() as registry:
        registry.submit_all([grant(str(number)).raw for number in range(5)])
    parts.memory = remembered


def cut(parts: Parts) -> None:
    parts.store = MemoryLogStore()
    remembered, parts.memory = parts.memory, MemoryWitnessMemory()
    with parts.open() as registry:
        registry.submit(grant("a").raw)
    parts.memory = remembered


@pytest.mark.parametrize("change", [put_back, fork, cut])
def test_a_log_that_does_not_continue_what_its_witness_saw_is_not_opened(parts, change):
    grown(parts)
    change(parts)

    with pytest.raises(LogProofError):
        parts.open()


def test_a_log_is_not_opened_with_another_key_or_name(parts):
    grown(parts)

    with pytest.raises(LogProofError):
        parts.open(keys=replace(KEYS, log=signer("another")))
    with pytest.raises(LogProofError):
        parts.open(origin="other.example")


class Tampered:
    """A snapshot that says something else about one thing."""

    def __init__(self, log: LogSnapshot, **changes: Callable[..., object]) -> None:
        self._log = log
        self._changes = changes

    def __getattr__(self, name: str) -> object:
        honest = getattr(self._log, name)
        change = self._changes.get(name)
        return honest if change is None else lambda *a, **k: change(honest(*a, **k))


class TamperedStore(PassingStore):
    """A store after somebody was at its files."""

    def __init__(self, store: LogStore, **changes: Callable[..., object]) -> None:
        super().__init__(store)
        self._changes = changes

    @contextmanager
    def snapshot(self) -> Iterator[Any]:
        """Open the log, with the changes."""
        with self.real.snapshot() as log:
            yield Tampered(log, **self._changes)


def swapped(raws: Sequence[bytes]) -> list[bytes]:
    return [*reversed(raws[:2]), *raws[2:]]


@pytest.mark.parametrize(
    "changes",
    [
        {"entries_from": swapped},
        {"entries_from": lambda raws: raws[1:]},
        {"nodes": lambda nodes: {index: node[:-1] + b"x" for index, node in nodes.items()}},
        {"nodes": lambda _nodes: {}},
        {"head": lambda head: replace(head, size=2)},
        {"head": lambda head: replace(head, root=bytes(32))},
        {"head": lambda head: replace(head, note="")},
        {"head": lambda head: replace(head, origin="other.example")},
        {"all_rows": lambda rows: list(rows)[1:]},
        {"all_rows": lambda rows: [*rows, StateRow("grant", "z", None, "{}")]},
        {"all_rows": lambda rows: [replace(row, body="{}") for row in rows]},
        {"indexes": lambda _found: {}},
    ],
)
def test_an_audit_finds_what_does_not_follow_from_the_entries(parts, changes):
    grown(parts)
    key = checkpoints.verifier_key(ORIGIN, KEYS.log, SignatureType.ED25519)
    sound = fsck(parts.store, log_key=key)

    with pytest.raises((LogProofError, MalformedError)):
        fsck(TamperedStore(parts.store, **changes), log_key=key)

    assert (sound.origin, sound.size, sound.records) == (ORIGIN, 4, 3)


def test_a_log_from_before_pauses_were_kept_is_sound_and_one_that_makes_them_up_is_not(parts):
    given = grant("paused")
    pause = given.suspended()
    with parts.open() as registry:
        registry.submit_all([given.raw, pause, given.resumed(pause)])
    with parts.store.snapshot() as log:
        (body,) = [row.body for row in log.all_rows() if row.key == given.id]

    def audited(kept: str) -> int:
        def changed(rows: Iterator[StateRow]) -> list[StateRow]:
            return [replace(row, body=kept) if row.body == body else row for row in rows]

        return fsck(TamperedStore(parts.store, all_rows=changed)).records

    at = all_entries(parts.store).index(given.raw)
    assert audited(f'{{"given":{at}}}') == fsck(parts.store).records
    made_up = body.replace('"paused":[', f'"paused":[{at},')
    assert made_up != body
    with pytest.raises(LogProofError):
        audited(made_up)


def test_there_is_nothing_to_audit_before_there_is_a_log():
    with pytest.raises(NotFoundError):
        fsck(MemoryLogStore())


def test_accreditations_that_strangers_made_up_do_not_crowd_out_the_real_one(registry):
    root = AUTHORITY.accredits(AUTHORITY.did, role="accredit")
    registry.submit_all([AUTHORITY.op, root, AUTHORITY.accredits(CLINIC.did, parent=root)])
    for number in range(6):
        stranger = organisation(f"stranger-{number}")
        own = stranger.accredits(stranger.did, role="accredit")
        registry.submit_all([stranger.op, own, stranger.accredits(CLINIC.did, parent=own)])

    evidence = registry.reader.accreditation(
        CLINIC.did, role="issue", credential_type=DIAGNOSIS, roots=[AUTHORITY.did]
    )

    found = verify_accreditation(
        evidence,
        subject=CLINIC.did,
        role="issue",
        type=DIAGNOSIS,
        roots=[AUTHORITY.did],
        policy=policy(registry),
        at=AT,
    )
    assert found.root == AUTHORITY.did
    assert len(handed_in([proof.raw for proof in evidence.entries])) == 3


def test_consent_entries_are_refused_for_the_proof_that_does_not_hold(registry):
    good, other = grant("good"), grant("other")
    forged = good.raw.replace(
        good.raw[good.raw.index(b'"proofValue"') :], other.raw[other.raw.index(b'"proofValue"') :]
    )

    with pytest.raises(ProofError):
        registry.submit(forged)


def test_nobody_else_takes_the_logs_snapshots(registry):
    for signed_by in (signer("stranger"), KEYS.log):
        raw = entry.state_snapshot(
            log=ORIGIN, signer=signed_by, sequence=0, size=0, root=EMPTY_ROOT, at=AT
        )

        with pytest.raises(RejectedError):
            registry.submit(raw)


def test_a_policy_that_leaves_out_the_key_in_use_is_not_taken(registry):
    registry.submit(grant().raw)

    with pytest.raises(RejectedError):
        registry.submit(policy_entry(keys=[signer("another")], signers=[LOG_KEY]))

    assert registry.submit(policy_entry(signers=[LOG_KEY])).index == 2


def test_every_batch_ends_with_the_logs_own_snapshot(parts, registry):
    registry.submit_all([grant("a").raw, grant("b").raw])
    registry.submit(grant("a").revoked())

    kinds = [json.loads(raw)["t"].partition(".")[2] for raw in all_entries(parts.store) if raw]

    assert kinds == ["grant", "grant", "snapshot", "revoke", "snapshot"]


def test_who_lost_a_race_is_told_which_entry_won(registry):
    registry.submit_all([CLINIC.op, first := CLINIC.publishes(), CLINIC.updates()])
    registry.submit(CLINIC.publishes(previous=first))

    outcomes = registry.submit_all(
        [CLINIC.publishes(), CLINIC.publishes(previous=first), CLINIC.updates(deactivate=True)]
    )

    assert [type(outcome) for outcome in outcomes] == [ConflictError] * 3
    assert [outcome.winner for outcome in outcomes] == [4, 4, 2]
