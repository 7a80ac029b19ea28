"""Cosignatures of both kinds, and how many are enough."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from registry.model import checkpoint, cosignature
from registry.model.checkpoint import Checkpoint
from registry.model.log_evidence import LogPolicy
from registry.model.quorum import Quorum
from registry.model.signed_note import NoteSignature, SignatureType, SignedNote, VerifierKey
from ssi_core.errors import AlgorithmError, LogProofError, MalformedError
from ssi_core.keys import Ed25519Signer, MlDsa44Signer
from tests.support.registry import AT, LOG_SIGNER, ORIGIN, signer

TREE = Checkpoint(ORIGIN, 7, bytes(32))
LOG_KEY = checkpoint.verifier_key(ORIGIN, LOG_SIGNER, SignatureType.ED25519)
NOTE = checkpoint.sign(TREE, signer=LOG_SIGNER)
SIGNERS = {name: signer(name) for name in ("a.example", "b.example", "c.example")}
KEYS = {name: cosignature.cosigner_key(name, key) for name, key in SIGNERS.items()}
ML_DSA = MlDsa44Signer(bytes(32))
ML_DSA_KEY = cosignature.cosigner_key("pq.example", ML_DSA)


def cosigned(*names: str, note: str = NOTE, minutes: int = 0) -> str:
    """The note with these witnesses' lines; each signs a minute after the one before."""
    for number, name in enumerate(names):
        at = AT + timedelta(minutes=minutes + number)
        note = checkpoint.cosign(note, name=name, signer=SIGNERS[name], at=at)
    return note


def quorum(threshold: int) -> Quorum:
    return Quorum(threshold, tuple(KEYS.values()))


@pytest.mark.spec("C2SP tlog-cosignature", "Format")
def test_the_key_id_of_an_ml_dsa_cosigner_is_made_of_name_type_and_key():
    material = b"pq.example\n\x06" + ML_DSA.public_key.raw

    assert ML_DSA_KEY.key_id == sha256(material).digest()[:4]
    assert VerifierKey.parse(str(ML_DSA_KEY)) == ML_DSA_KEY


@pytest.mark.spec("C2SP tlog-cosignature", "ML-DSA-44 signed message")
def test_an_ml_dsa_cosignature_covers_names_time_size_and_root():
    line = cosignature.cosign(str(TREE), TREE, name="pq.example", signer=ML_DSA, at=AT)
    seconds = int(AT.timestamp()).to_bytes(8, "big")
    expected = b"".join(
        (
            b"subtree/v1\n\x00",
            b"\x0apq.example",
            seconds,
            bytes([len(ORIGIN)]) + ORIGIN.encode(),
            bytes(8),
            (7).to_bytes(8, "big"),
            bytes(32),
        )
    )

    assert line.signature[:8] == seconds
    ML_DSA.public_key.verify(line.signature[8:], expected)


def test_both_kinds_of_cosignature_count_beside_each_other():
    note = checkpoint.cosign(cosigned("a.example"), name="pq.example", signer=ML_DSA, at=AT)

    keys = [KEYS["a.example"], ML_DSA_KEY]
    verified = checkpoint.verify(note, log_key=LOG_KEY, witness_keys=keys)

    assert [one.key for one in verified.cosignatures] == keys


@pytest.mark.spec("C2SP tlog-cosignature", "ML-DSA-44 signed message")
def test_a_cosignature_without_a_time_is_no_witness_of_anything():
    message = b"subtree/v1\n\x00\x0apq.example" + bytes(8)
    message += bytes([len(ORIGIN)]) + ORIGIN.encode() + bytes(8) + (7).to_bytes(8, "big")
    line = NoteSignature(
        "pq.example", ML_DSA_KEY.key_id, bytes(8) + ML_DSA.sign(message + bytes(32))
    )
    note = str(SignedNote.parse(NOTE).signed_by(line))

    with pytest.raises(LogProofError):
        checkpoint.verify(note, log_key=LOG_KEY, witness_keys=[ML_DSA_KEY])


@pytest.mark.parametrize("kind", [SignatureType.ED25519, SignatureType.COSIGNATURE_V1])
def test_a_key_of_another_kind_than_its_type_is_refused(kind: SignatureType):
    with pytest.raises(AlgorithmError):
        VerifierKey("pq.example", kind, ML_DSA.public_key)


def test_a_name_that_its_length_byte_cannot_hold_is_refused():
    with pytest.raises(MalformedError):
        cosignature.cosign(str(TREE), TREE, name="\u00e9" * 200, signer=ML_DSA, at=AT)


@pytest.mark.parametrize(
    ("names", "threshold", "minutes"),
    [
        (("a.example", "b.example", "c.example"), 1, 2),
        (("a.example", "b.example", "c.example"), 2, 1),
        (("a.example", "b.example", "c.example"), 3, 0),
        (("a.example", "c.example"), 2, 0),
        (("b.example",), 1, 0),
    ],
)
def test_the_time_is_that_of_the_last_cosignature_that_makes_it_enough(names, threshold, minutes):
    note = cosigned(*names)

    seen = checkpoint.verify_quorum(note, log_key=LOG_KEY, quorum=quorum(threshold))

    assert seen.cosigned_at == AT + timedelta(minutes=minutes)
    assert [one.key.name for one in seen.cosignatures] == list(names)


@pytest.mark.parametrize(("names", "threshold"), [((), 1), (("a.example",), 2)])
def test_too_few_cosignatures_are_refused(names, threshold):
    with pytest.raises(LogProofError):
        checkpoint.verify_quorum(cosigned(*names), log_key=LOG_KEY, quorum=quorum(threshold))


@pytest.mark.spec("C2SP signed-note", "Signatures")
def test_one_cosignature_that_does_not_hold_makes_the_note_worthless():
    forged = checkpoint.cosign(
        cosigned("a.example", "b.example"), name="c.example", signer=Ed25519Signer.generate(), at=AT
    )
    line = SignedNote.parse(forged).signatures[-1]
    as_if = NoteSignature("c.example", KEYS["c.example"].key_id, line.signature)
    note = str(SignedNote.parse(cosigned("a.example", "b.example")).signed_by(as_if))

    with pytest.raises(LogProofError):
        checkpoint.verify_quorum(note, log_key=LOG_KEY, quorum=quorum(1))


def test_of_two_cosignatures_by_one_witness_the_newer_one_counts():
    note = cosigned("a.example", note=cosigned("a.example"), minutes=5)

    seen = checkpoint.verify_quorum(note, log_key=LOG_KEY, quorum=quorum(1))

    assert seen.cosigned_at == AT + timedelta(minutes=5)


def test_one_witness_under_two_names_counts_in_one_way_only():
    other = cosignature.cosigner_key("b.example", SIGNERS["a.example"])

    with pytest.raises(MalformedError):
        Quorum(2, (KEYS["a.example"], other))


@pytest.mark.parametrize("threshold", [0, -1, 4])
def test_a_quorum_asks_for_at_least_one_and_at_most_all(threshold):
    with pytest.raises(MalformedError):
        quorum(threshold)


def test_the_empty_quorum_never_passes():
    with pytest.raises(MalformedError):
        Quorum.all_of([])


@pytest.mark.parametrize(("threshold", "needed"), [(1, 3), (2, 2), (3, 1)])
def test_it_takes_all_but_k_less_one_to_have_one_of_every_quorum(threshold, needed):
    names = list(KEYS.values())

    blocked = [quorum(threshold).is_blocked_without(names[:count]) for count in range(4)]

    assert blocked == [count >= needed for count in range(4)]


def test_a_group_counts_as_one():
    a, b, c = KEYS.values()
    nested = Quorum(2, (Quorum(1, (a, b)), c))

    assert nested.is_met_by([a, c])
    assert not nested.is_met_by([a, b])
    assert nested.reached_at({a: AT, b: AT + timedelta(1), c: AT + timedelta(2)}) == AT + timedelta(
        1
    )
    assert nested.is_blocked_without([c])
    assert not nested.is_blocked_without([a])


def test_a_log_policy_takes_a_quorum_or_a_list_and_not_both():
    both: dict[str, Any] = {"witness_vkeys": (str(KEYS["a.example"]),), "quorum": quorum(1)}
    common: dict[str, Any] = {
        "origin": ORIGIN,
        "log_vkey": str(LOG_KEY),
        "max_checkpoint_age": timedelta(minutes=1),
    }

    LogPolicy(**common, quorum=quorum(2)).verify(cosigned("a.example", "b.example"), at=AT)
    neither: dict[str, Any] = {}
    for wrong in (both, neither):
        with pytest.raises(MalformedError):
            LogPolicy(**common, **wrong)
