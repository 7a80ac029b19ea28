"""How a registry has its checkpoints cosigned, and when it does not go on."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import Event, Semaphore

import pytest

from registry.adapters.memory import MemoryCosignedTrees, MemoryLogStore, MemoryWitnessMemory
from registry.model import checkpoint as checkpoints
from registry.model.quorum import Quorum
from registry.model.receipt_state import ReceiptState
from registry.model.signed_note import SignatureType, SignedNote
from registry.model.tlog_policy import KnownLog, KnownWitness, TlogPolicy
from registry.model.tlog_witness import AddCheckpoint, SeenSize, origin_hash
from registry.service.cosigner import Cosigner
from registry.service.publication import Oversight
from registry.service.registry import LogKeys, Registry
from ssi_core.adapters.clock import SystemClock
from ssi_core.errors import (
    ForkError,
    LogProofError,
    MalformedError,
    NotFoundError,
    RejectedError,
    UnavailableError,
)
from tests.support.registry import ORIGIN, grant, signer
from tests.support.waiting import LONG, eventually

KEYS = LogKeys(log=signer("log"), witness=signer("witness"), did_witness=signer("did"))
LOG_KEY = checkpoints.verifier_key(ORIGIN, KEYS.log, SignatureType.ED25519)


class Witness:
    """A witness next door, which can be away, slow, forgetful, or lie."""

    def __init__(self, name: str = "w.example", memory: MemoryCosignedTrees | None = None):
        self.memory = memory or MemoryCosignedTrees()
        self.cosigner = Cosigner(
            name=name,
            signers=[signer(name)],
            log_keys=[LOG_KEY],
            memory=self.memory,
            clock=SystemClock(),
        )
        self.keys = self.cosigner.keys
        self.is_away = False
        self.claims: int | None = None
        self.forges = False
        self.may_answer = Event()
        self.may_answer.set()

    def add_checkpoint(self, request: AddCheckpoint):
        assert self.may_answer.wait(LONG)
        if self.is_away:
            raise UnavailableError("the other side could not be reached")
        if self.claims is not None:
            return SeenSize(self.claims)
        lines = self.cosigner.add_checkpoint(AddCheckpoint.parse(request.render()))
        if self.forges and not isinstance(lines, SeenSize):
            return SignedNote.parse(request.note).signatures
        return lines

    def add_entries(self, body: bytes, *, gapped: bool = False):
        """Take no entries: it is no mirror."""
        del body, gapped
        raise RejectedError("a witness has no use for entries")

    def last_cosigned(self, origin: str) -> str:
        if self.is_away:
            raise UnavailableError("the other side could not be reached")
        return self.cosigner.checkpoint(origin_hash(origin))


class Hesitant(Witness):
    """A witness that answers once for each of its turns."""

    def __init__(self, name: str):
        super().__init__(name)
        self.turns = Semaphore(1)
        self.asked = 0

    def add_checkpoint(self, request: AddCheckpoint):
        self.asked += 1
        assert self.turns.acquire(timeout=LONG)
        return super().add_checkpoint(request)

    def require_asked(self, times: int) -> None:
        assert self.asked >= times


def policy(threshold: int, *witnesses: Witness) -> TlogPolicy:
    quorum = Quorum(threshold, tuple(key for one in witnesses for key in one.keys))
    return TlogPolicy.of(LOG_KEY, quorum)


@contextmanager
def opened(
    *witnesses: Witness, threshold: int | None = None, store: MemoryLogStore | None = None
) -> Iterator[Registry]:
    with Registry(
        store or MemoryLogStore(),
        origin=ORIGIN,
        public_url="http://localhost:8100",
        keys=KEYS,
        memory=MemoryWitnessMemory(),
        clock=SystemClock(),
        oversight=Oversight(
            witnesses=witnesses,
            policy=None if threshold is None else policy(threshold, *witnesses),
            patience=LONG,
        ),
    ) as registry:
        yield registry


def submitted(registry: Registry, name: str = "a"):
    return eventually(lambda: registry.submit(grant(name).raw))


def test_a_checkpoint_has_the_cosignature_of_every_witness_that_is_there():
    witnesses = [Witness("a.example"), Witness("b.example")]
    with opened(*witnesses) as registry:
        submitted(registry)

        note = registry.reader.checkpoint()

        keys = [key for one in witnesses for key in one.keys]
        assert checkpoints.verify(note, log_key=LOG_KEY, witness_keys=keys).size == 2
        assert SignedNote.parse(note).by([registry.witness_key])


def test_a_witness_that_is_away_costs_nothing_but_its_cosignature():
    there, away = Witness("a.example"), Witness("b.example")
    away.is_away = True
    with opened(there, away) as registry:
        eventually(registry.publication.require_writable)
        receipt = registry.submit(grant().raw)

        note = registry.reader.checkpoint()

        assert SignedNote.parse(note).by(there.keys)
        assert not SignedNote.parse(note).by(away.keys)
        assert registry.publication.standing(receipt.index).state is ReceiptState.PUBLISHED


def test_nobody_waits_for_a_slow_witness_once_enough_have_cosigned():
    quick, slow = Witness("a.example"), Witness("b.example")
    with opened(quick, slow, threshold=1) as registry:
        submitted(registry)
        slow.may_answer.clear()
        try:
            registry.submit(grant("b").raw)
            note = registry.reader.checkpoint()
        finally:
            slow.may_answer.set()

    assert checkpoints.verify(note, log_key=LOG_KEY, witness_keys=quick.keys).size == 4


def test_an_entry_is_witnessed_once_enough_others_have_cosigned_it():
    witnesses = [Witness("a.example"), Witness("b.example"), Witness("c.example")]
    witnesses[2].is_away = True
    with opened(*witnesses, threshold=2) as registry:
        receipt = submitted(registry)
        registry.publication.wait_until_witnessed(receipt.index, timeout=LONG)

        standing = registry.publication.standing(receipt.index)
        note = registry.reader.witnessed()

        assert standing.state is ReceiptState.WITNESSED
        assert sorted(standing.cosigned_by) == ["a.example", "b.example"]
        quorum = policy(2, *witnesses).quorum
        assert quorum is not None
        assert checkpoints.verify_quorum(note, log_key=LOG_KEY, quorum=quorum).size == 2


def test_what_was_witnessed_stays_so_when_another_is_still_at_an_older_tree():
    quick, slow = Witness("a.example"), Hesitant("b.example")
    with opened(quick, slow, threshold=1) as registry:
        submitted(registry)
        eventually(lambda: slow.require_asked(2))
        receipt = registry.submit(grant("b").raw)
        registry.publication.wait_until_witnessed(receipt.index, timeout=LONG)
        before = SignedNote.parse(registry.reader.witnessed()).text

        slow.turns.release()
        eventually(lambda: slow.require_asked(3))

        assert registry.publication.standing(receipt.index).state is ReceiptState.WITNESSED
        assert SignedNote.parse(registry.reader.witnessed()).text == before
        slow.turns.release(9)


def test_without_others_nothing_is_ever_called_witnessed():
    with opened() as registry:
        receipt = registry.submit(grant().raw)
        registry.reader.checkpoint()
        registry.publication.wait_until_witnessed(receipt.index, timeout=LONG)

        assert registry.publication.standing(receipt.index).state is ReceiptState.PUBLISHED
        with pytest.raises(UnavailableError):
            registry.reader.witnessed()


def test_an_anchored_entry_says_so():
    oversight = Oversight(anchored=lambda: 1)
    with Registry(
        MemoryLogStore(),
        origin=ORIGIN,
        public_url="http://localhost:8100",
        keys=KEYS,
        memory=MemoryWitnessMemory(),
        clock=SystemClock(),
        oversight=oversight,
    ) as registry:
        receipts = [registry.submit(grant(name).raw) for name in "ab"]

        states = [registry.publication.standing(one.index).state for one in receipts]

    assert states == [ReceiptState.ANCHORED, ReceiptState.PUBLISHED]


@pytest.mark.parametrize(("threshold", "needed"), [(1, 3), (2, 2), (3, 1)])
def test_writing_waits_until_every_quorum_has_one_that_answered(threshold, needed):
    witnesses = [Witness(f"{name}.example") for name in "abc"]
    for one in witnesses:
        one.is_away = True
    with opened(*witnesses, threshold=threshold) as registry:
        for one in witnesses[: needed - 1]:
            one.is_away = False
            eventually(partial(one.last_cosigned, ORIGIN))
        with pytest.raises(UnavailableError):
            registry.submit(grant().raw)
        assert registry.reader.entries(0, limit=1) == []

        witnesses[needed - 1].is_away = False

        assert submitted(registry).index == 0


def grown(*witnesses: Witness) -> MemoryLogStore:
    """A log of one entry that these witnesses have cosigned."""
    store = MemoryLogStore()
    with opened(*witnesses, store=store) as registry:
        receipt = submitted(registry)
        registry.publication.wait_until_witnessed(receipt.index, timeout=LONG)
        assert registry.publication.standing(0).state is ReceiptState.WITNESSED
    return store


def test_a_log_that_was_put_back_is_closed_for_good_by_any_witness():
    known, other = Witness("a.example"), Witness("b.example")
    grown(known)

    with opened(known, other, threshold=1) as registry:
        eventually(lambda: _require_closed(registry))
        with pytest.raises(ForkError):
            registry.reader.checkpoint()
        assert registry.reader.entries(0, limit=1) == []


def test_a_log_with_other_entries_than_were_cosigned_is_closed_for_good():
    known = Witness()
    grown(known)
    forked = MemoryLogStore()
    with opened(store=forked) as registry:
        for name in "xyz":
            registry.submit(grant(name).raw)

    with opened(known, store=forked) as registry:
        eventually(lambda: _require_closed(registry))


def _require_closed(registry: Registry) -> None:
    with pytest.raises(ForkError):
        registry.submit(grant("new").raw)


def test_a_witness_that_claims_more_without_proof_closes_nothing_and_opens_nothing():
    liar, honest = Witness("a.example"), Witness("b.example")
    store = grown(honest)
    liar.claims = 99
    with opened(liar, honest, threshold=2, store=store) as registry:
        receipt = submitted(registry, "b")

        note = registry.reader.checkpoint()

        assert receipt.index == 2
        assert not SignedNote.parse(note).by(liar.keys)
    with opened(liar, store=store) as registry, pytest.raises(UnavailableError):
        registry.submit(grant("c").raw)


def test_a_line_that_is_no_cosignature_of_the_witness_is_not_passed_on():
    forger = Witness()
    forger.forges = True
    with opened(forger) as registry:
        eventually(lambda: forger.last_cosigned(ORIGIN))

        note = registry.reader.checkpoint()

        assert not SignedNote.parse(note).by(forger.keys)
        with pytest.raises(UnavailableError):
            registry.submit(grant().raw)


def test_a_witness_that_knows_another_state_is_brought_up_to_date():
    witness = Witness()
    store = grown(witness)
    with opened(store=store) as registry:
        for name in "bcd":
            registry.submit(grant(name).raw)

    with opened(witness, store=store) as registry:
        assert submitted(registry, "e").index == 8
        note = registry.reader.checkpoint()

    assert checkpoints.verify(note, log_key=LOG_KEY, witness_keys=witness.keys).size == 10


def test_a_policy_that_the_registry_cannot_meet_is_refused():
    known, unknown = Witness("a.example"), Witness("b.example")
    own = checkpoints.verifier_key(f"{ORIGIN}/witness", KEYS.witness, SignatureType.COSIGNATURE_V1)
    other_log = checkpoints.verifier_key("other.example", signer("x"), SignatureType.ED25519)
    policies = [
        policy(1, known, unknown),
        TlogPolicy(quorum_name="none"),
        TlogPolicy(witnesses=(KnownWitness("own", own),), quorum_name="own"),
        TlogPolicy(
            logs=(KnownLog(other_log),),
            witnesses=(KnownWitness("a", known.keys[0]),),
            quorum_name="a",
        ),
    ]

    for one in policies:
        with pytest.raises(MalformedError):
            Registry(
                MemoryLogStore(),
                origin=ORIGIN,
                public_url="http://localhost:8100",
                keys=KEYS,
                memory=MemoryWitnessMemory(),
                clock=SystemClock(),
                oversight=Oversight(witnesses=[known], policy=one),
            )


def test_readers_are_told_which_witnesses_are_enough():
    witnesses = [Witness("a.example"), Witness("b.example")]
    with opened(*witnesses, threshold=1) as registry:
        read = TlogPolicy.parse(registry.policy.render())
    with opened() as registry:
        alone = TlogPolicy.parse(registry.policy.render())

    assert [log.key for log in read.logs] == [LOG_KEY]
    assert read.quorum == policy(1, *witnesses).quorum
    assert alone.quorum == Quorum(1, (registry.witness_key,))


def test_many_readers_and_writers_at_once_all_see_checkpoints_with_their_entries():
    witness = Witness()
    with opened(witness) as registry:
        submitted(registry)

        def write_and_read(number: int) -> bool:
            receipt = registry.submit(grant(f"n{number}").raw)
            note = registry.reader.checkpoint()
            seen = checkpoints.verify(note, log_key=LOG_KEY, witness_keys=witness.keys)
            return seen.size > receipt.index

        with ThreadPoolExecutor(8) as pool:
            seen = list(pool.map(write_and_read, range(64)))

    assert all(seen)


def test_a_registry_whose_witnesses_are_away_still_closes():
    witness = Witness()
    witness.is_away = True

    with opened(witness) as registry:
        assert registry.reader.entries(0, limit=1) == []

    with pytest.raises(NotFoundError):
        witness.cosigner.checkpoint(origin_hash(ORIGIN))
    with pytest.raises((LogProofError, UnavailableError)):
        registry.reader.witnessed()


def test_without_waiting_nothing_is_said_while_a_witness_is_still_to_answer():
    slow = Witness("a.example")
    with opened(slow) as registry:
        submitted(registry)
        registry.reader.checkpoint()
        shown = registry.reader.checkpoint_at_once()
        slow.may_answer.clear()
        try:
            registry.submit(grant("b").raw)
            registry.reader.see()
            unanswered = registry.reader.checkpoint_at_once()
        finally:
            slow.may_answer.set()

    assert shown is not None
    assert SignedNote.parse(shown).by(slow.keys)
    assert unanswered is None
