"""Encryption at rest opens with its own key and context only; keys come out as published."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.errors import MalformedError, ProofError
from ssi_core.sealing import (
    PassphraseHardness,
    derive_key,
    key_from_passphrase,
    new_key,
    open_sealed,
    seal,
)

KEY = bytes(range(32))
SOFT = PassphraseHardness(memory_kib=8, iterations=1, lanes=1)
SALT = b"sixteen bytes ok"


@given(st.binary(), st.binary())
def test_what_was_sealed_opens_again(plaintext: bytes, context: bytes):
    sealed = seal(plaintext, key=KEY, context=context)

    assert open_sealed(sealed, key=KEY, context=context) == plaintext
    assert len(sealed) == len(plaintext) + 28


def test_sealing_twice_gives_two_different_values():
    assert seal(b"x", key=KEY, context=b"") != seal(b"x", key=KEY, context=b"")


@given(place=st.integers(0, 31), bit=st.integers(0, 7))
def test_no_changed_bit_opens(place: int, bit: int):
    sealed = bytearray(seal(b"four", key=KEY, context=b"row 1"))
    sealed[place] ^= 1 << bit

    with pytest.raises(ProofError):
        open_sealed(bytes(sealed), key=KEY, context=b"row 1")


def test_another_key_or_context_does_not_open():
    sealed = seal(b"x", key=KEY, context=b"row 1")

    with pytest.raises(ProofError):
        open_sealed(sealed, key=new_key(), context=b"row 1")
    with pytest.raises(ProofError):
        open_sealed(sealed, key=KEY, context=b"row 2")


@given(st.binary(max_size=27))
def test_what_is_too_short_is_malformed(sealed: bytes):
    with pytest.raises(MalformedError):
        open_sealed(sealed, key=KEY, context=b"")


@given(st.binary(min_size=28))
def test_junk_does_not_open(sealed: bytes):
    with pytest.raises(ProofError):
        open_sealed(sealed, key=KEY, context=b"")


@pytest.mark.parametrize("length", [0, 16, 24, 31, 33])
def test_a_key_of_another_length_is_refused(length: int):
    with pytest.raises(MalformedError):
        seal(b"x", key=b"k" * length, context=b"")
    with pytest.raises(MalformedError):
        open_sealed(b"x" * 40, key=b"k" * length, context=b"")


def test_a_new_key_is_new():
    assert len({new_key() for _ in range(8)}) == 8
    assert len(new_key()) == 32


@pytest.mark.spec("RFC 5869", "A.3")
def test_hkdf_gives_the_published_answer():
    okm = derive_key(b"\x0b" * 22, info=b"", length=42)

    assert okm.hex() == (
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    )


def test_keys_derived_for_different_uses_differ():
    assert derive_key(KEY, info=b"a") != derive_key(KEY, info=b"b")
    assert len(derive_key(KEY, info=b"a")) == 32


@pytest.mark.spec("RFC 9106", "3")
def test_a_passphrase_gives_the_same_key_again_and_another_for_another_salt_or_cost():
    key = key_from_passphrase("correct horse", salt=SALT, hardness=SOFT)

    assert key == key_from_passphrase("correct horse", salt=SALT, hardness=SOFT)
    assert len(key) == 32
    for passphrase, salt, hardness in (
        ("correct horsf", SALT, SOFT),
        ("correct horse", SALT[::-1], SOFT),
        ("correct horse", SALT, PassphraseHardness(memory_kib=8, iterations=2, lanes=1)),
        ("correct horse", SALT, PassphraseHardness(memory_kib=16, iterations=1, lanes=1)),
    ):
        assert key_from_passphrase(passphrase, salt=salt, hardness=hardness) != key


@pytest.mark.parametrize("passphrase", ["\u00e9\U0001f600", "\udcff", " "])
def test_a_passphrase_may_be_anything_typed(passphrase: str):
    assert len(key_from_passphrase(passphrase, salt=SALT, hardness=SOFT)) == 32


def test_an_empty_passphrase_and_a_short_salt_are_refused():
    with pytest.raises(MalformedError):
        key_from_passphrase("", salt=SALT, hardness=SOFT)
    with pytest.raises(MalformedError):
        key_from_passphrase("x", salt=SALT[:15], hardness=SOFT)


@pytest.mark.parametrize(
    ("memory_kib", "iterations", "lanes"),
    [
        (0, 1, 1),
        (7, 1, 1),
        (8, 0, 1),
        (8, 1, 0),
        (8, 1, 2),
        (-1, -1, -1),
        (2**40, 1, 1),
        (8, 10**9, 1),
        (2**20, 1, 2**20),
    ],
)
def test_a_cost_of_nothing_or_of_everything_is_refused(
    memory_kib: int, iterations: int, lanes: int
):
    with pytest.raises(MalformedError):
        PassphraseHardness(memory_kib=memory_kib, iterations=iterations, lanes=lanes)
