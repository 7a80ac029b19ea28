"""A witness: it cosigns growth, remembers before it answers, and never signs two trees."""

from datetime import timedelta

import pytest

from registry.adapters.cosigned_sql import SqlCosignedTrees
from registry.adapters.memory import MemoryCosignedTrees
from registry.model import checkpoint as checkpoints
from registry.model.checkpoint import Checkpoint
from registry.model.merkle import EMPTY_ROOT
from registry.model.signed_note import NoteSignature, SignatureType, SignedNote
from registry.model.tlog_witness import AddCheckpoint, SeenSize, origin_hash
from registry.ports import CosignedTree
from registry.service.cosigner import Cosigner
from ssi_core.adapters.clock import FixedClock
from ssi_core.adapters.database import open_database
from ssi_core.errors import (
    ConflictError,
    ForkError,
    LogProofError,
    MalformedError,
    NotFoundError,
)
from ssi_core.keys import MlDsa44Signer
from tests.support.registry import AT, LOG_SIGNER, ORIGIN, signer
from tests.support.trees import Tree

SIGNERS = (signer("w"),)
LOG_KEY = checkpoints.verifier_key(ORIGIN, LOG_SIGNER, SignatureType.ED25519)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def memory(request, tmp_path):
    if request.param == "memory":
        yield MemoryCosignedTrees()
        return
    url = f"sqlite:///{tmp_path / 'w.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    engine = open_database(url)
    yield SqlCosignedTrees(engine)
    engine.dispose()


def cosigner(memory, *, at=AT, signers=SIGNERS) -> Cosigner:
    return Cosigner(
        name="w.example", signers=signers, log_keys=[LOG_KEY], memory=memory, clock=FixedClock(at)
    )


@pytest.fixture
def witness() -> Cosigner:
    return cosigner(MemoryCosignedTrees())


def test_what_a_witness_has_cosigned_is_remembered_in_one_step(memory):
    first = CosignedTree(size=3, root=bytes(32), note="three", at=AT)
    second = CosignedTree(size=5, root=bytes(32), note="five", at=AT + timedelta(seconds=1))

    memory.advance(ORIGIN, after=None, to=first)
    with pytest.raises(ConflictError):
        memory.advance(ORIGIN, after=None, to=second)
    memory.advance(ORIGIN, after=first, to=second)
    with pytest.raises(ConflictError):
        memory.advance(ORIGIN, after=first, to=second)

    assert memory.load(ORIGIN) == second
    assert memory.load("other.example") is None


@pytest.mark.spec("C2SP tlog-witness", "add-checkpoint")
def test_growth_is_cosigned_with_every_key_and_shown_with_the_logs_signature(memory):
    witness = cosigner(memory, signers=(signer("w"), MlDsa44Signer(bytes(32))))
    witness.add_checkpoint(Tree(3).after(0))

    lines = witness.add_checkpoint(Tree(8).after(3))
    shown = witness.checkpoint(origin_hash(ORIGIN))

    assert not isinstance(lines, SeenSize)
    note = str(SignedNote.parse(Tree(8).note).signed_by(*lines))
    assert checkpoints.verify(note, log_key=LOG_KEY, witness_keys=witness.keys).size == 8
    assert shown == note


def test_the_same_tree_again_gets_a_newer_time(memory):
    cosigner(memory).add_checkpoint(Tree(3).after(0))
    later = cosigner(memory, at=AT + timedelta(minutes=1))

    later.add_checkpoint(Tree(3).after(3))

    shown = checkpoints.verify(
        later.checkpoint(origin_hash(ORIGIN)), log_key=LOG_KEY, witness_keys=later.keys
    )
    assert shown.cosigned_at == AT + timedelta(minutes=1)


def test_a_clock_that_was_put_back_does_not_make_a_newer_tree_look_older(memory):
    cosigner(memory).add_checkpoint(Tree(3).after(0))
    earlier = cosigner(memory, at=AT - timedelta(hours=1))

    earlier.add_checkpoint(Tree(4).after(3))

    loaded = memory.load(ORIGIN)
    assert loaded is not None
    assert loaded.at == AT


@pytest.mark.spec("C2SP tlog-witness", "add-checkpoint")
@pytest.mark.parametrize("old", [0, 2, 4])
def test_another_old_size_is_answered_with_the_one_that_was_cosigned(witness, old):
    witness.add_checkpoint(Tree(3).after(0))

    assert witness.add_checkpoint(Tree(8).after(old)) == SeenSize(3)


def forks() -> dict[str, AddCheckpoint]:
    honest, forked = Tree(8).after(3), Tree(8, fork=2)
    return {
        "another tree": forked.after(3),
        "no proof": AddCheckpoint(3, (), honest.note),
        "a proof too long": AddCheckpoint(3, (*honest.path, bytes(32)), honest.note),
        "the same size": AddCheckpoint(3, (), Tree(3, fork=2).note),
        "a proof of what is equal": AddCheckpoint(3, (bytes(32),), Tree(3).note),
    }


@pytest.mark.spec("C2SP tlog-witness", "add-checkpoint")
@pytest.mark.parametrize("request_", forks().values(), ids=forks().keys())
def test_a_fork_is_not_cosigned_and_changes_nothing(witness, request_):
    witness.add_checkpoint(Tree(3).after(0))
    before = witness.checkpoint(origin_hash(ORIGIN))

    with pytest.raises(ForkError):
        witness.add_checkpoint(request_)

    assert witness.checkpoint(origin_hash(ORIGIN)) == before
    witness.add_checkpoint(Tree(8).after(3))


@pytest.mark.spec("C2SP tlog-witness", "add-checkpoint")
def test_the_empty_tree_has_the_root_of_nothing_and_needs_no_proof(witness):
    def empty(root: bytes) -> str:
        return checkpoints.sign(Checkpoint(ORIGIN, 0, root), signer=LOG_SIGNER)

    for wrong in (
        AddCheckpoint(0, (), empty(bytes(32))),
        AddCheckpoint(0, (bytes(32),), Tree(3).note),
    ):
        with pytest.raises(ForkError):
            witness.add_checkpoint(wrong)
    witness.add_checkpoint(AddCheckpoint(0, (), empty(EMPTY_ROOT)))
    witness.add_checkpoint(Tree(3).after(0))


@pytest.mark.spec("C2SP tlog-witness", "add-checkpoint")
def test_an_unknown_log_an_unknown_key_and_a_size_that_is_too_large_are_told_apart(witness):
    def signed(origin: str, name: str) -> AddCheckpoint:
        note = checkpoints.sign(Checkpoint(origin, 3, bytes(32)), signer=signer(name))
        return AddCheckpoint(0, (), note)

    strangers = signed(ORIGIN, "stranger")
    line = SignedNote.parse(strangers.note).signatures[0]
    as_if = NoteSignature(ORIGIN, LOG_KEY.key_id, line.signature)
    forged = AddCheckpoint(0, (), str(SignedNote(SignedNote.parse(strangers.note).text, (as_if,))))

    with pytest.raises(NotFoundError):
        witness.add_checkpoint(signed("other.example", "log"))
    with pytest.raises(LogProofError):
        witness.add_checkpoint(strangers)
    with pytest.raises(LogProofError):
        witness.add_checkpoint(forged)
    with pytest.raises(MalformedError):
        witness.add_checkpoint(AddCheckpoint(9, (), Tree(3).note))


def test_a_log_that_was_never_cosigned_has_no_checkpoint(witness):
    with pytest.raises(NotFoundError):
        witness.checkpoint(origin_hash(ORIGIN))


def test_a_witness_without_a_key_or_a_log_is_refused():
    for signers, keys in (((), [LOG_KEY]), (SIGNERS, [])):
        with pytest.raises(MalformedError):
            Cosigner(
                name="w",
                signers=signers,
                log_keys=keys,
                memory=MemoryCosignedTrees(),
                clock=FixedClock(AT),
            )
