"""CBOR: the values of RFC 8949's appendix A, one encoding for one value, and nothing lenient."""

from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.cbor import MAX_DEPTH, MAX_ITEMS, Tagged, decode, encode
from ssi_core.errors import MalformedError

_INTEGERS = st.integers(-(2**64), 2**64 - 1)
_KEYS = st.one_of(_INTEGERS, st.text(max_size=8), st.binary(max_size=8))
_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), _INTEGERS, st.text(max_size=8), st.binary(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_KEYS, inner, max_size=4)),
    max_leaves=12,
)
# RFC 8949 appendix A.
_PUBLISHED: list[tuple[Any, str]] = [
    (0, "00"),
    (23, "17"),
    (24, "1818"),
    (1000, "1903e8"),
    (1000000, "1a000f4240"),
    (1000000000000, "1b000000e8d4a51000"),
    (2**64 - 1, "1bffffffffffffffff"),
    (-1, "20"),
    (-1000, "3903e7"),
    (-(2**64), "3bffffffffffffffff"),
    (False, "f4"),
    (True, "f5"),
    (None, "f6"),
    (b"", "40"),
    (bytes([1, 2, 3, 4]), "4401020304"),
    ("", "60"),
    ("\u00fc", "62c3bc"),
    ("\U00010151", "64f0908591"),
    ([], "80"),
    ([1, [2, 3], [4, 5]], "8301820203820405"),
    ({}, "a0"),
    ({"a": 1, "b": [2, 3]}, "a26161016162820203"),
    (Tagged(1, 1363896240), "c11a514b67b0"),
]


@pytest.mark.spec("RFC 8949", "A")
@pytest.mark.parametrize(("value", "encoded"), _PUBLISHED)
def test_the_published_values_have_their_published_encodings(value: Any, encoded: str) -> None:
    assert encode(value).hex() == encoded
    assert decode(bytes.fromhex(encoded), at="") == value


@pytest.mark.spec("RFC 8949", "4.2.1")
def test_map_keys_are_in_the_order_of_their_encodings() -> None:
    value: Any = dict.fromkeys((b"", "aa", "z", -1, 100, 10), 0)

    assert encode(value).hex() == "a60a00186400200040" + "00617a00626161" + "00"
    assert list(decode(encode(value), at="")) == [10, 100, -1, b"", "z", "aa"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "18",
        "1817",
        "190017",
        "1a0000ffff",
        "1b00000000ffffffff",
        "1c",
        "42",
        "4201",
        "5f4100ff",
        "61ff",
        "62c328",
        "7f6161ff",
        "81",
        "8001",
        "9fff",
        "9bffffffffffffffff",
        "a100",
        "a1f500",
        "a18000",
        "a200000001",
        "a201000000",
        "bf0000ff",
        "f7",
        "f820",
        "f90000",
        "fb3ff0000000000000",
        "ff",
        "d812",
    ],
)
def test_what_is_cut_short_indefinite_doubled_or_longer_than_need_be_is_refused(
    encoded: str,
) -> None:
    with pytest.raises(MalformedError) as caught:
        decode(bytes.fromhex(encoded), at="/here")

    assert caught.value.at == "/here"


def test_order_may_be_forgiven_but_no_key_twice() -> None:
    assert decode(bytes.fromhex("a201000000"), at="", ordered=False) == {1: 0, 0: 0}
    for doubled in ("a200010000", "a201000100", "a3010000000100"):
        with pytest.raises(MalformedError, match="twice"):
            decode(bytes.fromhex(doubled), at="", ordered=False)


def test_depth_number_and_size_are_bounded() -> None:
    deepest = b"\x81" * MAX_DEPTH + b"\x00"
    most = b"\x99" + (MAX_ITEMS - 1).to_bytes(2, "big") + b"\x00" * (MAX_ITEMS - 1)

    assert decode(deepest, at="")
    assert decode(most, at="")
    for beyond in (b"\x81" + deepest, b"\xc1" * 100_000, b"\x81" + most):
        with pytest.raises(MalformedError, match="allowed"):
            decode(beyond, at="")
    with pytest.raises(MalformedError, match="larger"):
        decode(deepest, at="", max_bytes=len(deepest) - 1)


@pytest.mark.parametrize("value", [2**64, -(2**64) - 1, "\ud800", 1.5, {1.5: 0}, object()])
def test_what_has_no_encoding_here_is_refused(value: Any) -> None:
    with pytest.raises(MalformedError):
        encode(value)


@given(_VALUES)
def test_every_value_survives_a_round_trip_and_reads_elsewhere(value: Any) -> None:
    encoded = encode(value)

    assert decode(encoded, at="") == value
    assert cbor2.loads(encoded) == value


@given(st.binary(max_size=64))
def test_junk_is_refused_or_is_the_only_encoding_of_what_it_means(junk: bytes) -> None:
    try:
        value = decode(junk, at="")
    except MalformedError:
        return
    assert encode(value) == junk
