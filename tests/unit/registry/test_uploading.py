"""A log that uploads to mirrors, as its policy names them."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import pytest

from registry.adapters.memory import (
    MemoryCosignedTrees,
    MemoryLogStore,
    MemoryPolicyMemory,
    MemoryWitnessMemory,
)
from registry.model.merkle import leaf_hash
from registry.model.quorum import Quorum
from registry.model.receipt_state import ReceiptState
from registry.model.tlog_mirror import AddEntries, MirrorInfo
from registry.model.tlog_policy import TlogPolicy
from registry.model.tlog_witness import SeenSize
from registry.ports import Head
from registry.service.cosigner import Cosigner
from registry.service.publication import Oversight, Standing
from registry.service.registry import LogKeys, Registry
from registry.service.replica.uploads import Partial
from registry.service.sequencer import Receipt
from registry.service.uploading import Uploading
from ssi_core.adapters.clock import SystemClock
from ssi_core.errors import UnavailableError
from tests.support.mirror import LOG_KEY, NearMirror
from tests.support.registry import ORIGIN, grant, signer
from tests.support.replica import content_of_store
from tests.support.waiting import LONG, eventually

KEYS = LogKeys(log=signer("log"), witness=signer("witness"), did_witness=signer("did"))


class NearWitness:
    """A witness next door."""

    def __init__(self, name: str) -> None:
        self.cosigner = Cosigner(
            name=name,
            signers=[signer(name)],
            log_keys=[LOG_KEY],
            memory=MemoryCosignedTrees(),
            clock=SystemClock(),
        )
        self.keys = self.cosigner.keys
        self.is_away = False

    def add_checkpoint(self, request):
        if self.is_away:
            raise UnavailableError("the other side could not be reached")
        return self.cosigner.add_checkpoint(request)

    def add_entries(self, body: bytes, *, gapped: bool = False):
        raise NotImplementedError

    def last_cosigned(self, origin: str) -> str:
        raise NotImplementedError


@contextmanager
def logged(
    *witnesses,
    threshold: int,
    store: MemoryLogStore | None = None,
    met: MemoryPolicyMemory | None = None,
) -> Iterator[tuple[Registry, MemoryLogStore]]:
    store = store or MemoryLogStore()
    quorum = Quorum(threshold, tuple(key for one in witnesses for key in one.keys))
    policy = TlogPolicy.of(LOG_KEY, quorum)
    with Registry(
        store,
        origin=ORIGIN,
        public_url="http://localhost:8100",
        keys=KEYS,
        memory=MemoryWitnessMemory(),
        clock=SystemClock(),
        oversight=Oversight(witnesses=witnesses, policy=policy, met=met, patience=0.2),
    ) as registry:
        eventually(registry.publication.require_writable)
        yield registry, store


def test_a_mirror_counts_in_the_quorum_once_it_has_the_entries():
    mirror, witness, away = NearMirror(clock=SystemClock()), NearWitness("a"), NearWitness("b")
    with logged(mirror, witness, away, threshold=2) as (registry, _):
        away.is_away = True

        receipt = registry.submit(grant().raw)
        registry.publication.wait_until_witnessed(receipt.index, timeout=20)

        standing = registry.publication.standing(receipt.index)
        assert standing.state is ReceiptState.WITNESSED
        assert set(standing.cosigned_by) == {"mirror.example", "a"}
        assert mirror.size() == registry.reader.size()


def test_a_mirror_that_returns_is_brought_everything_in_several_requests():
    mirror, first, second = NearMirror(clock=SystemClock()), NearWitness("a"), NearWitness("b")
    with logged(mirror, first, second, threshold=2) as (registry, _):
        mirror.is_away = True
        raws = [grant(f"grant {number}").raw for number in range(2_000)]
        for start in (0, 1_000):
            registry.submit_all(raws[start : start + 1_000])
        mirror.is_away = False

        def caught_up() -> None:
            assert mirror.size() == registry.reader.size()
            assert "mirror.example" in registry.publication.standing(0).cosigned_by

        eventually(caught_up)

        assert any(isinstance(answer, Partial) for answer in mirror.answers)
        with mirror.store.snapshot() as log:
            assert len(log.indexes([leaf_hash(raw) for raw in raws[:400]])) == 400


class Filling:
    """A mirror that takes entries only when it may."""

    def __init__(self, mirror: NearMirror) -> None:
        self._mirror = mirror
        self.keys = mirror.keys
        self.may_go_on = Event()

    def add_checkpoint(self, request):
        return self._mirror.add_checkpoint(request)

    def add_entries(self, body: bytes, *, gapped: bool = False):
        assert self.may_go_on.wait(LONG)
        return self._mirror.add_entries(body, gapped=gapped)

    def last_cosigned(self, origin: str) -> str:
        return self._mirror.last_cosigned(origin)


def test_while_a_new_mirror_is_filled_entries_are_witnessed_as_before_and_then_by_it_too():
    witness, met = NearWitness("a"), MemoryPolicyMemory()
    with logged(witness, threshold=1, met=met) as (registry, store):
        first = registry.submit(grant("first").raw)
        registry.publication.wait_until_witnessed(first.index, timeout=LONG)
    new = Filling(NearMirror(clock=SystemClock()))

    with logged(witness, new, threshold=2, store=store, met=met) as (registry, _):
        second = registry.submit(grant("second").raw)
        registry.publication.wait_until_witnessed(second.index, timeout=LONG)
        before = registry.publication.standing(second.index), registry.policy.quorum
        new.may_go_on.set()
        eventually(lambda: _require_in_force(registry, Quorum(2, (*witness.keys, *new.keys))))
        third = registry.submit(grant("third").raw)
        registry.publication.wait_until_witnessed(third.index, timeout=LONG)
        after = registry.publication.standing(third.index)

    assert before == (Standing(ReceiptState.WITNESSED, ("a",)), Quorum(1, witness.keys))
    assert after == Standing(ReceiptState.WITNESSED, ("a", "mirror.example"))


def _require_in_force(registry: Registry, quorum: Quorum) -> None:
    assert registry.policy.quorum == quorum


class Scripted:
    """A mirror that answers what it was told to."""

    keys = ()

    def __init__(self, *answers) -> None:
        self.answers = list(answers)
        self.asked: list[AddEntries] = []
        self.gapped: list[bool] = []

    def add_checkpoint(self, request):
        raise NotImplementedError

    def add_entries(self, body: bytes, *, gapped: bool = False):
        self.asked.append(AddEntries.parse(body)[0])
        self.gapped.append(gapped)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def last_cosigned(self, origin: str) -> str:
        raise NotImplementedError


@pytest.fixture(scope="module")
def log() -> Iterator[tuple[Registry, MemoryLogStore]]:
    witness = NearWitness("a")
    with logged(witness, threshold=1) as (registry, store):
        registry.submit_all([grant(f"grant {number}").raw for number in range(5)])
        yield registry, store


def head_of(store: MemoryLogStore) -> Head:
    with store.snapshot() as log:
        head = log.head()
    assert head is not None
    return head


def test_a_mirror_that_takes_nothing_is_not_asked_without_end(log):
    _, store = log
    mirror = Scripted(MirrorInfo(6, 0))

    with pytest.raises(UnavailableError):
        Uploading(store, mirror).bring(head_of(store))

    assert len(mirror.asked) < 10


def test_a_mirror_that_wants_another_tree_says_of_which_size(log):
    _, store = log

    answer = Uploading(store, Scripted(MirrorInfo(9, 3))).bring(head_of(store))

    assert answer == SeenSize(9)


def test_a_mirror_that_has_more_than_is_to_be_cosigned_is_sent_no_entries(log):
    _, store = log
    mirror = Scripted(MirrorInfo(6, 400, b"ticket"), ())

    Uploading(store, mirror).bring(head_of(store))

    assert mirror.asked[-1] == AddEntries(ORIGIN, 6, 6, b"ticket")


def test_what_was_redacted_goes_as_a_gap_and_only_then_is_the_upload_called_so():
    one = grant()
    with logged(NearWitness("a"), threshold=1) as (registry, store):
        place = registry.submit_all([one.raw, one.revoked()])[0]
        assert isinstance(place, Receipt)
        mirror = Scripted(())
        Uploading(store, mirror).bring(head_of(store))
        registry.submit(one.redacted(place.index))

        Uploading(store, mirror).bring(head_of(store))

        assert mirror.gapped == [False, True]


def test_what_was_redacted_after_a_checkpoint_is_not_brought_under_it():
    one = grant()
    with logged(NearWitness("a"), threshold=1) as (registry, store):
        place = registry.submit_all([one.raw, one.revoked()])[0]
        assert isinstance(place, Receipt)
        before = head_of(store)
        registry.submit(one.redacted(place.index))

        with pytest.raises(UnavailableError):
            Uploading(store, Scripted(())).bring(before)


def test_a_mirror_that_comes_after_a_redaction_is_brought_everything_and_cosigns():
    one, witness, late = grant(), NearWitness("a"), NearMirror(clock=SystemClock())
    with logged(late, witness, threshold=1) as (registry, store):
        late.is_away = True
        place = registry.submit_all([one.raw, one.revoked()])[0]
        assert isinstance(place, Receipt)
        registry.submit(one.redacted(place.index))
        late.is_away = False

        def caught_up() -> None:
            assert "mirror.example" in registry.publication.standing(3).cosigned_by

        eventually(caught_up)

        assert content_of_store(late.store)[:3] == content_of_store(store)[:3]
