from datetime import UTC, datetime

import pytest

from registry.model import checkpoint
from registry.model.checkpoint import Checkpoint
from registry.model.signed_note import SignatureType, SignedNote, VerifierKey
from ssi_core.errors import AlgorithmError, LogProofError, MalformedError
from ssi_core.keys import Ed25519Signer

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
LOG, WITNESS = Ed25519Signer(bytes(32)), Ed25519Signer(bytes([1]) * 32)
ORIGIN = "registry.example/2026"
LOG_KEY = checkpoint.verifier_key(ORIGIN, LOG, SignatureType.ED25519)
WITNESS_KEY = checkpoint.verifier_key("w.example", WITNESS, SignatureType.COSIGNATURE_V1)
SIGNED = checkpoint.sign(Checkpoint(ORIGIN, 7, bytes(32)), signer=LOG)
COSIGNED = checkpoint.cosign(SIGNED, name="w.example", signer=WITNESS, at=AT)

# The example of https://c2sp.org/signed-note and the vkey it is signed with (Go's sumdb/note).
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngo"
    "tpRZb6KE6RyyBwJnAM=\n"
)


def test_what_the_log_signed_and_the_witness_cosigned_is_read_back():
    verified = checkpoint.verify(COSIGNED, log_key=LOG_KEY, witness_keys=[WITNESS_KEY])

    assert (verified.size, verified.root, verified.cosigned_at) == (7, bytes(32), AT)


@pytest.mark.spec("C2SP signed-note", "Verifier keys")
def test_a_note_and_a_key_made_elsewhere_are_understood():
    key = VerifierKey.parse(GO_VKEY)
    note = SignedNote.parse(GO_NOTE)

    key.public_key.verify(note.by([key])[0].signature, note.text.encode())

    assert str(key) == GO_VKEY
    assert str(note) == GO_NOTE


def test_a_checkpoint_without_its_witness_is_refused():
    with pytest.raises(LogProofError):
        checkpoint.verify(SIGNED, log_key=LOG_KEY, witness_keys=[WITNESS_KEY])


def test_naming_no_witness_never_passes():
    with pytest.raises(LogProofError):
        checkpoint.verify(COSIGNED, log_key=LOG_KEY, witness_keys=[])


def test_a_checkpoint_of_another_log_is_refused():
    other = checkpoint.verifier_key("other.example", LOG, SignatureType.ED25519)

    with pytest.raises(LogProofError):
        checkpoint.read(COSIGNED, log_key=other)


def test_a_signature_by_another_key_of_the_same_name_is_refused():
    forged = checkpoint.sign(Checkpoint(ORIGIN, 7, bytes(32)), signer=WITNESS)

    with pytest.raises(LogProofError):
        checkpoint.read(forged, log_key=LOG_KEY)


def test_a_log_key_is_no_witness_key():
    with pytest.raises(AlgorithmError):
        checkpoint.verify(COSIGNED, log_key=LOG_KEY, witness_keys=[LOG_KEY])


def test_of_two_witnesses_the_older_time_counts():
    second = Ed25519Signer(bytes([2]) * 32)
    key = checkpoint.verifier_key("v.example", second, SignatureType.COSIGNATURE_V1)
    later = AT.replace(hour=10)
    note = checkpoint.cosign(COSIGNED, name="v.example", signer=second, at=later)

    verified = checkpoint.verify(note, log_key=LOG_KEY, witness_keys=[key, WITNESS_KEY])

    assert verified.cosigned_at == AT


def test_signatures_of_unknown_keys_are_ignored():
    stranger = Ed25519Signer(bytes([3]) * 32)
    note = checkpoint.cosign(COSIGNED, name="stranger.example", signer=stranger, at=AT)

    assert checkpoint.verify(note, log_key=LOG_KEY, witness_keys=[WITNESS_KEY]).size == 7


def test_extension_lines_are_kept():
    text = str(Checkpoint(ORIGIN, 7, bytes(32), ("extra",)))

    assert str(Checkpoint.parse(text)) == text


@pytest.mark.spec("C2SP tlog-checkpoint", "Note text")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        f"{ORIGIN}\n7\n",
        f"{ORIGIN}\n07\n{'A' * 43}=\n",
        f"{ORIGIN}\n+7\n{'A' * 43}=\n",
        f"{ORIGIN}\n9223372036854775808\n{'A' * 43}=\n",
        f"{ORIGIN}\n7\n{'A' * 42}==\n",
        f"{ORIGIN}\n7\n{'A' * 42}B=\n",
        f"{ORIGIN}\n7\n{'A' * 43}=",
        f"{ORIGIN}\n7\n{'A' * 43}=\n\n",
        f"a b\n7\n{'A' * 43}=\n",
        f"a+b\n7\n{'A' * 43}=\n",
    ],
)
def test_text_that_is_no_checkpoint_is_malformed(text):
    with pytest.raises(MalformedError):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text",
        "text\n",
        "text\n\n",
        "text\n\n— name\n",
        "text\n\n- name AAAAAAA=\n",
        "text\n\n— name AAAA\n",
        "text\n\n— na+me AAAAAAA=\n",
        "te\x00xt\n\n— name AAAAAAA=\n",
        "text\n\n— name AAAAAAA=",
        "text\n\n" + "— name AAAAAAA=\n" * 65,
        "x" * 200_000,
    ],
)
def test_text_that_is_no_note_is_malformed(note):
    with pytest.raises(MalformedError):
        checkpoint.read(note, log_key=LOG_KEY)


@pytest.mark.parametrize(
    "text",
    ["", "a+b", "name+00000000+AQ==", GO_VKEY.replace("c74f20a3", "c74f20a4"), "x" * 200_000],
)
def test_text_that_is_no_verifier_key_is_malformed(text):
    with pytest.raises(MalformedError):
        VerifierKey.parse(text)
