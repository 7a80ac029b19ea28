"""Attribute values: the numbers that are signed for them."""

import anoncreds
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.anoncreds.values import as_predicate_value, encode, normalized, require_values
from ssi_core.errors import MalformedError

pytestmark = pytest.mark.spec("AnonCreds v1.0", "Encoding Attribute Data")

CANONICAL = st.integers(-(2**70), 2**70).map(str) | st.text(max_size=30)


@given(CANONICAL)
def test_a_value_is_encoded_as_the_library_signs_it(raw):
    try:
        encoded = encode(raw, at="/values")
    except MalformedError:
        return

    assert encoded == anoncreds.encode_credential_attributes({"name": raw})["name"]


@pytest.mark.parametrize("raw", ["007", "+7", "-0", "00", "-07", "+0", "9" * 65])
def test_an_integer_in_another_spelling_is_refused(raw):
    with pytest.raises(MalformedError, match="shortest form"):
        encode(raw, at="/values")


@pytest.mark.parametrize("raw", ["7", "-7", "0", "2147483647", "-2147483648"])
def test_an_integer_of_32_bits_is_itself(raw):
    assert encode(raw, at="/values") == raw


@pytest.mark.parametrize("raw", ["2147483648", "-2147483649", "7.0", " 7", "\u0667", ""])
def test_anything_else_is_a_hash(raw):
    assert int(encode(raw, at="/values")) > 2**200


@given(st.text(max_size=8), st.text(max_size=8))
def test_no_two_texts_have_one_encoding(one, other):
    try:
        same = encode(one, at="/values") == encode(other, at="/values")
    except MalformedError:
        return

    assert same == (one == other)


@pytest.mark.parametrize("raw", ["\ud800", "x" * 65_537, "Ada\0", "\0"])
def test_what_is_not_a_value_is_refused(raw):
    with pytest.raises(MalformedError):
        encode(raw, at="/values")


def test_names_are_compared_without_spaces_and_capitals():
    assert normalized(" Given Name") == normalized("givenname")


def test_a_credential_without_values_is_refused():
    with pytest.raises(MalformedError):
        require_values({})


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, 1.0, True, "7", None])
def test_a_predicate_compares_with_an_integer_of_32_bits(value):
    with pytest.raises(MalformedError):
        as_predicate_value(value, at="/p_value")
