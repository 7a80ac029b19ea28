"""BBS proofs: what they show, what they hide, and what they refuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.bbs import proof, signature
from ssi_core.bbs.ciphersuite import BLS12_381_SHA_256, BLS12_381_SHAKE_256
from ssi_core.bbs.generators import MAX_MESSAGES
from ssi_core.bbs.keys import BbsSecretKey
from ssi_core.bbs.points import Scalar, decode_scalar
from ssi_core.errors import MalformedError, ProofError, SsiError

SUITE = BLS12_381_SHA_256
KEY = BbsSecretKey(b"\x01" * 32)
OTHER = BbsSecretKey(b"\x02" * 32)
MESSAGES = [b"zero", b"one", b"two", b"three"]
HEADER, PRESENTATION = b"header", b"presentation"
SIGNED = signature.sign(KEY, MESSAGES, header=HEADER, suite=SUITE)
SHOWN = {0: b"zero", 2: b"two"}


def _prove(
    disclosed, *, key=KEY, signed=SIGNED, messages=MESSAGES, randomness=proof.random_scalars
):
    return proof.generate(
        key.public_key,
        signed,
        messages,
        disclosed,
        header=HEADER,
        presentation_header=PRESENTATION,
        suite=SUITE,
        randomness=randomness,
    )


def _verify(data, shown, *, key=KEY, header=HEADER, presentation_header=PRESENTATION, suite=SUITE):
    proof.verify(
        key.public_key,
        data,
        shown,
        header=header,
        presentation_header=presentation_header,
        suite=suite,
    )


PROOF = _prove(SHOWN)


@pytest.mark.spec("draft-irtf-cfrg-bbs-signatures-09", "Proof Generation (ProofGen)")
def test_the_single_message_proof_of_the_draft_with_shake_256():
    suite = BLS12_381_SHAKE_256
    key = BbsSecretKey(
        bytes.fromhex("2eee0f60a8a3a8bec0ee942bfd46cbdae9a0738ee68f5a64e7238311cf09a079")
    ).public_key
    signed = bytes.fromhex(
        "b9a622a4b404e6ca4c85c15739d2124a1deb16df750be202e2430e169bc27fb71c44d98e6d40792033e1c452"
        "145ada95030832c5dc778334f2f1b528eced21b0b97a12025a283d78b7136bb9825d04ef"
    )
    message = bytes.fromhex("9872ad089e452c7b6e283dfac2a80d58e8d0ff71cc4d5e310a1debdda4a45f02")
    header = bytes.fromhex("11223344556677889900aabbccddeeff")
    presentation_header = bytes.fromhex(
        "bed231d880675ed101ead304512e043ade9958dd0241ea70b4b3957fba941501"
    )
    drawn = [
        decode_scalar(bytes.fromhex(scalar))
        for scalar in (
            "1308e6f945f663b96de1c76461cf7d7f88b92eb99a9034685150db443d733881",
            "25f81cb69a8fac6fb55d44a084557258575d1003be2bd94f1922dad2c3e447fd",
            "5e8041a7ab02976ee50226c4b062b47d38829bbf42ee7eb899b29720377a584c",
            "3bbf1d5dc2904dbb7b2ba75c5dce8a5ad2d56a359c13ff0fa5fcb1339cd2fe58",
            "016b1460eee7707c524a86a4aedeb826ce9597b42906dccaa96c6b49a8ea7da2",
        )
    ]

    made = proof.generate(
        key,
        signed,
        [message],
        [0],
        header=header,
        presentation_header=presentation_header,
        suite=suite,
        randomness=lambda _count: drawn,
    )

    assert made.hex() == (
        "89e4ab0c160880e0c2f12a754b9c051ed7f5fccfee3d5cbbb62e1239709196c737fff4303054660f8fcd0826"
        "7a5de668a2e395ebe8866bdcb0dff9786d7014fa5e3c8cf7b41f8d7510e27d307f18032f6b788e200b9d6509"
        "f40ce1d2f962ceedb023d58ee44d660434e6ba60ed0da1a5d2cde031b483684cd7c5b13295a82f57e209b584"
        "e8fe894bcc964117bf3521b43d8e2eb59ce31f34d68b39f05bb2c625e4de5e61e95ff38bfd62ab07105d0164"
        "14b45b01625c69965ad3c8a933e7b25d93daeb777302b966079827a99178240e6c3f13b7db2fb1f14790940e"
        "239d775ab32f539bdf9f9b582b250b05882996832652f7f5d3b6e04744c73ada1702d6791940ccbd75e71953"
        "7f7ace6ee817298d"
    )
    proof.verify(
        key,
        made,
        {0: message},
        header=header,
        presentation_header=presentation_header,
        suite=suite,
    )


@given(st.sets(st.integers(0, len(MESSAGES) - 1)))
def test_any_choice_of_messages_can_be_proven(chosen):
    made = _prove(chosen)

    _verify(made, {index: MESSAGES[index] for index in chosen})


def test_two_proofs_of_one_signature_share_no_component():
    first, second = _prove(SHOWN), _prove(SHOWN)

    parts = [{data[i : i + 16] for i in range(0, len(data), 16)} for data in (first, second)]
    assert not parts[0] & parts[1]


@pytest.mark.parametrize(
    "shown",
    [
        {0: b"zero", 2: b"too"},
        {0: b"two", 2: b"zero"},
        {0: b"zero", 1: b"two"},
        {1: b"zero", 3: b"two"},
    ],
    ids=["altered", "exchanged", "another index", "other indexes"],
)
def test_what_was_not_signed_there_is_refused(shown):
    with pytest.raises(ProofError):
        _verify(PROOF, shown)


def test_one_message_fewer_or_more_than_proven_is_refused():
    with pytest.raises(SsiError):
        _verify(PROOF, {0: b"zero"})
    with pytest.raises(ProofError):
        _verify(PROOF, {**SHOWN, 1: b"one"})


def test_another_key_header_or_presentation_header_is_refused():
    with pytest.raises(ProofError):
        _verify(PROOF, SHOWN, key=OTHER)
    with pytest.raises(ProofError):
        _verify(PROOF, SHOWN, header=b"")
    with pytest.raises(ProofError):
        _verify(PROOF, SHOWN, presentation_header=b"")
    with pytest.raises(ProofError):
        _verify(PROOF, SHOWN, suite=BLS12_381_SHAKE_256)


@pytest.mark.parametrize("index", [-1, 4, 2**70])
def test_an_index_that_names_no_message_is_malformed(index):
    with pytest.raises(MalformedError):
        _verify(PROOF, {0: b"zero", index: b"two"})
    with pytest.raises(MalformedError):
        _prove([0, index])


def test_an_index_given_twice_is_malformed():
    with pytest.raises(MalformedError):
        _prove([1, 1])


def test_a_signature_that_does_not_hold_is_not_proven():
    with pytest.raises(ProofError):
        _prove(SHOWN, key=OTHER)
    with pytest.raises(ProofError):
        _prove(SHOWN, messages=[b"zero", b"one", b"two", b"other"])


@pytest.mark.parametrize("place", [0, 1])
def test_a_signature_that_nothing_randomizes_is_not_proven(place):
    # With zero, the equation that shows the signature to hold would be true of any.
    def randomness(count):
        scalars = list(proof.random_scalars(count))
        scalars[place] = Scalar(0)
        return scalars

    with pytest.raises(MalformedError):
        _prove(SHOWN, messages=[b"zero", b"one", b"two", b"other"], randomness=randomness)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        PROOF[:-1],
        PROOF[:-32],
        PROOF + b"\x00",
        PROOF[:271],
        PROOF[:-32] + bytes(32),
        b"\xc0" + bytes(47) + PROOF[48:],
        PROOF[:144] + b"\xff" * 32 + PROOF[176:],
        PROOF + bytes(32 * (MAX_MESSAGES + 1)),
    ],
    ids=[
        "empty",
        "one byte short",
        "one scalar short",
        "one byte long",
        "below the shortest",
        "zero challenge",
        "identity",
        "scalar above the order",
        "more messages than allowed",
    ],
)
def test_what_is_no_proof_of_these_messages_is_refused(data):
    with pytest.raises(SsiError):
        _verify(data, SHOWN)


@given(st.integers(0, len(PROOF) - 1), st.integers(1, 255))
def test_no_flipped_byte_of_a_proof_verifies(place, mask):
    flipped = bytearray(PROOF)
    flipped[place] ^= mask

    with pytest.raises(SsiError):
        _verify(bytes(flipped), SHOWN)


@given(st.binary(max_size=600))
def test_junk_is_refused_with_an_error_of_our_own(junk):
    with pytest.raises(SsiError):
        _verify(junk, {})
