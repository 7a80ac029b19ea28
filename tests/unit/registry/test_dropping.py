"""Whether a stored log may be dropped, and what becomes of it."""

from datetime import datetime, timedelta

import pytest

from registry.adapters.memory import MemoryLogStore, MemoryWitnessMemory
from registry.model import entry
from registry.model.dropped_log import DroppedLog
from registry.model.merkle import leaf_hash
from registry.model.spent_log import Kind
from registry.service.dropping import drop, head_of, next_of, require_droppable
from registry.service.dropping_ports import DroppableLogStore
from registry.service.registry import LogKeys, Registry
from ssi_core.adapters.clock import FixedClock
from ssi_core.errors import (
    ConflictError,
    GoneError,
    NotFoundError,
    RejectedError,
    UnavailableError,
)
from tests.support.registry import (
    AT,
    LOG_SIGNER,
    ORIGIN,
    emergency_entry,
    grant,
    handover_entry,
    organisation,
    signer,
)

GIVEN, CLINIC, GONE = grant("given"), organisation("clinic"), organisation("gone")
NEXT = "registry.example/2027"
ENDED = AT + timedelta(days=31)


class Next:
    """The next log, which has what it is told to have, and can be away."""

    def __init__(self, *leaves: bytes) -> None:
        self.leaves = set(leaves)
        self.asked: list[bytes] = []
        self.is_away = False

    def has(self, leaf: bytes) -> bool:
        self.asked.append(leaf)
        if self.is_away:
            raise UnavailableError("the next log does not answer")
        return leaf in self.leaves


def carried(raw: bytes) -> bytes:
    """The leaf hash in the next log of an entry with a DID's version."""
    line = entry.Entry.parse(raw).members["line"]
    assert isinstance(line, dict)
    return leaf_hash(entry.did_op(log=NEXT, line=line))


def stored(*raws: bytes, handed_over: bool = True) -> tuple[DroppableLogStore, str]:
    """A log with these entries, and its cosigned checkpoint."""
    store = MemoryLogStore()
    registry = Registry(
        store,
        origin=ORIGIN,
        public_url="http://localhost:8100",
        keys=LogKeys(log=LOG_SIGNER, witness=signer("witness"), did_witness=signer("did")),
        memory=MemoryWitnessMemory(),
        clock=FixedClock(AT + timedelta(minutes=1)),
    )
    with registry:
        for raw in (*raws, *([handover_entry()] if handed_over else [])):
            registry.submit(raw)
        return store, registry.reader.checkpoint()


def looked(*raws: bytes, at: datetime = ENDED, next_log: Next | None = None):
    store, note = stored(*raws)
    return require_droppable(store, note=note, next_log=next_log, at=at)


def test_a_spent_log_is_dropped_and_what_is_left_says_where_it_went():
    store, note = stored(GIVEN.raw)
    found = require_droppable(store, note=note, next_log=None, at=ENDED)

    drop(store, found)

    remains = store.remains()
    assert remains is not None
    left = DroppedLog.parse(remains)
    assert (left.origin, left.handover.next_origin) == (ORIGIN, NEXT)
    assert left.checkpoint == note
    assert left == found.left
    assert found.spent.counts == {Kind.GRANT: 1}
    with pytest.raises(GoneError):
        head_of(store)


def test_there_has_to_be_a_log_and_a_handover():
    for ask in (head_of, next_of):
        with pytest.raises(NotFoundError):
            ask(MemoryLogStore())
    store, note = stored(GIVEN.raw, handed_over=False)

    with pytest.raises(RejectedError, match="not been handed over"):
        next_of(store)
    with pytest.raises(RejectedError, match="not been handed over"):
        require_droppable(store, note=note, next_log=None, at=ENDED)


def test_a_grant_that_runs_keeps_the_log():
    with pytest.raises(RejectedError, match="grants neither ended nor expired: 1"):
        looked(GIVEN.raw, grant("other").raw, grant("other").revoked(), at=AT)


def test_an_active_did_is_looked_for_in_the_next_log_by_its_last_version():
    versions = (CLINIC.op, CLINIC.updates())
    first, last = (carried(raw) for raw in versions)
    has_all, has_first, away = Next(first, last), Next(first), Next(first, last)
    away.is_away = True

    assert looked(*versions, next_log=has_all).spent.counts == {Kind.DID: 1}
    with pytest.raises(RejectedError, match="active and not carried over: 1"):
        looked(*versions, next_log=has_first)
    for nobody in (away, None):
        with pytest.raises(UnavailableError, match="perhaps not carried over: 1"):
            looked(*versions, next_log=nobody)

    assert has_all.asked == has_first.asked == [last]


def test_a_deactivated_did_is_not_looked_for():
    asked = Next()

    found = looked(GONE.op, GONE.updates(deactivate=True), next_log=asked)

    assert found.spent.counts == {Kind.DID: 1}
    assert asked.asked == []


def test_an_accreditation_a_status_list_and_an_emergency_keep_the_log_as_long_as_they_count():
    root = CLINIC.accredits(CLINIC.did, role="accredit")
    raws = (CLINIC.op, root, CLINIC.publishes(), emergency_entry())
    has = Next(carried(CLINIC.op))

    with pytest.raises(RejectedError) as refused:
        looked(*raws, at=AT + timedelta(minutes=4), next_log=has)
    with pytest.raises(RejectedError) as later:
        looked(*raws, at=AT + timedelta(minutes=5), next_log=has)

    assert refused.value.reason == (
        "the log still counts: accreditations neither ended nor expired: 1, "
        "status lists within their ttl: 1, emergencies younger than a year: 1"
    )
    assert "status lists" not in later.value.reason
    assert looked(*raws, at=AT + timedelta(days=366), next_log=has).spent.latest is not None


def test_a_checkpoint_of_another_tree_is_not_the_last_one():
    store, _ = stored(GIVEN.raw)
    _, other = stored(grant("other").raw)

    with pytest.raises(ConflictError, match="not of the log as it is stored"):
        require_droppable(store, note=other, next_log=None, at=ENDED)


def test_a_log_that_has_changed_since_it_was_looked_at_is_not_dropped():
    store, note = stored(GIVEN.raw)
    found = require_droppable(store, note=note, next_log=None, at=ENDED)
    store.claim()

    with pytest.raises(ConflictError):
        drop(store, found)

    assert store.remains() is None
    assert head_of(store).size == found.head.size
