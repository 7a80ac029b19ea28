"""Canonical JSON: the examples of RFC 8785, and the same bytes as an independent encoder."""

from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ssi_core import jcs
from ssi_core.errors import MalformedError

pytestmark = pytest.mark.spec("RFC 8785", "3.2")

NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
)


def test_the_example_of_the_rfc_is_written_as_the_rfc_writes_it():
    value: Any = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }

    assert jcs.canonicalize(value) == (
        b'{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        b'"string":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_member_names_sort_by_utf_16_code_units():
    value = dict.fromkeys(["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"], 0)

    assert jcs.canonicalize(value).decode() == (
        '{"\\r":0,"1":0,"\u0080":0,"\u00f6":0,"\u20ac":0,"\U0001f600":0,"\ufb33":0}'
    )


@pytest.mark.parametrize(
    ("value", "canonical"),
    [
        (-0.0, b"0"),
        (1.0, b"1"),
        (1e21, b"1e+21"),
        (2**53 - 1, b"9007199254740991"),
        ("\x7f\u2028", b'"\x7f\xe2\x80\xa8"'),
        ("a:1.5,[2.5", b'"a:1.5,[2.5"'),
        ({}, b"{}"),
    ],
)
def test_awkward_values_have_one_spelling(value: Any, canonical: bytes):
    assert jcs.canonicalize(value) == canonical


@pytest.mark.parametrize(
    "value", [2**53, -(2**53), 2**63, 10**400, float("nan"), float("inf"), "\ud800", {"\udfff": 1}]
)
def test_what_has_no_canonical_form_is_malformed(value: Any):
    with pytest.raises(MalformedError):
        jcs.canonicalize([value])


def test_a_value_nested_without_end_is_malformed():
    value: list[Any] = []
    value.append(value)

    with pytest.raises(MalformedError):
        jcs.canonicalize(value)


@given(VALUES)
def test_the_bytes_are_those_of_an_independent_encoder(value: Any):
    assert jcs.canonicalize(value) == rfc8785.dumps(value)
