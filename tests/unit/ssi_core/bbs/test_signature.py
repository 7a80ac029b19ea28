"""BBS signatures: what they cover, and what they refuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.bbs import signature
from ssi_core.bbs.ciphersuite import BLS12_381_SHA_256, BLS12_381_SHAKE_256
from ssi_core.bbs.generators import MAX_MESSAGES
from ssi_core.bbs.keys import BbsSecretKey
from ssi_core.errors import MalformedError, ProofError, SsiError

SUITE = BLS12_381_SHA_256
KEY = BbsSecretKey(b"\x01" * 32)
OTHER = BbsSecretKey(b"\x02" * 32)
MESSAGES = [b"first", b"second", b""]
HEADER = b"header"
SIGNED = signature.sign(KEY, MESSAGES, header=HEADER, suite=SUITE)


@pytest.mark.spec("draft-irtf-cfrg-bbs-signatures-09", "Signature Generation (Sign)")
def test_the_single_message_signature_of_the_draft_with_shake_256():
    suite = BLS12_381_SHAKE_256
    key = BbsSecretKey(
        bytes.fromhex("2eee0f60a8a3a8bec0ee942bfd46cbdae9a0738ee68f5a64e7238311cf09a079")
    )
    message = bytes.fromhex("9872ad089e452c7b6e283dfac2a80d58e8d0ff71cc4d5e310a1debdda4a45f02")
    header = bytes.fromhex("11223344556677889900aabbccddeeff")

    signed = signature.sign(key, [message], header=header, suite=suite)

    assert signed.hex() == (
        "b9a622a4b404e6ca4c85c15739d2124a1deb16df750be202e2430e169bc27fb71c44d98e6d40792033e1c452"
        "145ada95030832c5dc778334f2f1b528eced21b0b97a12025a283d78b7136bb9825d04ef"
    )
    signature.verify(key.public_key, signed, [message], header=header, suite=suite)


def test_a_signature_over_nothing_but_a_header_holds():
    signed = signature.sign(KEY, [], header=HEADER, suite=SUITE)

    signature.verify(KEY.public_key, signed, [], header=HEADER, suite=SUITE)


@pytest.mark.parametrize(
    "messages",
    [
        [b"first", b"second"],
        [b"second", b"first", b""],
        [b"first", b"second", b"third"],
        [*MESSAGES, b""],
    ],
    ids=["one fewer", "another order", "another message", "one more"],
)
def test_other_messages_are_refused(messages):
    with pytest.raises(ProofError):
        signature.verify(KEY.public_key, SIGNED, messages, header=HEADER, suite=SUITE)


def test_another_header_key_or_suite_is_refused():
    with pytest.raises(ProofError):
        signature.verify(KEY.public_key, SIGNED, MESSAGES, header=b"", suite=SUITE)
    with pytest.raises(ProofError):
        signature.verify(OTHER.public_key, SIGNED, MESSAGES, header=HEADER, suite=SUITE)
    with pytest.raises(ProofError):
        signature.verify(KEY.public_key, SIGNED, MESSAGES, header=HEADER, suite=BLS12_381_SHAKE_256)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        SIGNED[:-1],
        SIGNED + b"\x00",
        SIGNED[:48] + bytes(32),
        b"\xc0" + bytes(47) + SIGNED[48:],
    ],
    ids=["empty", "short", "long", "zero scalar", "identity"],
)
def test_what_is_no_signature_is_malformed(data):
    with pytest.raises(MalformedError):
        signature.verify(KEY.public_key, data, MESSAGES, header=HEADER, suite=SUITE)


def test_more_messages_than_allowed_are_refused_before_any_work():
    messages = [b""] * (MAX_MESSAGES + 1)

    with pytest.raises(MalformedError):
        signature.sign(KEY, messages, header=HEADER, suite=SUITE)


@given(st.integers(0, len(SIGNED) - 1), st.integers(1, 255))
def test_no_flipped_byte_of_a_signature_verifies(place, mask):
    flipped = bytearray(SIGNED)
    flipped[place] ^= mask

    with pytest.raises(SsiError):
        signature.verify(KEY.public_key, bytes(flipped), MESSAGES, header=HEADER, suite=SUITE)


@given(st.binary(max_size=200))
def test_junk_is_refused_with_an_error_of_our_own(junk):
    with pytest.raises(SsiError):
        signature.verify(KEY.public_key, junk, MESSAGES, header=HEADER, suite=SUITE)
