"""CBOR proof values: one encoding for one value, and nothing else is one."""

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.encoding import base64url_encode
from ssi_core.errors import MalformedError, ProofError, SsiError
from ssi_core.proof import cbor_proof_value as cbor

HEADER = b"\xd9\x5d\x03"
BASE = b"\xd9\x5d\x02"
COMPONENTS = [b"bytes", {0: 2, 23: 1, 24: 0, 300: 3}, [0, 1, 300], ["/a"]]


def _decode(text):
    return cbor.decode_proof_value(text, HEADER, other={BASE: "that is a base proof"})


def _text(encoded: bytes, header: bytes = HEADER) -> str:
    return "u" + base64url_encode(header + encoded)


def test_components_survive_a_round_trip():
    assert _decode(cbor.encode_proof_value(HEADER, COMPONENTS)) == COMPONENTS


@pytest.mark.spec("RFC 8949", "4.2.1")
def test_map_keys_are_sorted_and_lengths_are_minimal():
    text = cbor.encode_proof_value(HEADER, [{300: 0, 0: 0, 24: 0}])

    assert text == _text(bytes.fromhex("81a3000018180019012c00"))


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "80ff",
        "8000",
        "81",
        "8141",
        "9fff",
        "811800",
        "815f4100ff",
        "81a200000000",
        "81a201000000",
        "81d84040",
        "81c240",
        "81c24101",
        "81fb3ff0000000000000",
        "816180",
        "81f7f7",
        "1c",
        "9bffffffffffffffff",
        "81" * 500 + "00",
    ],
    ids=[
        "nothing",
        "a break after it",
        "a byte after it",
        "an element short",
        "a byte short",
        "indefinite array",
        "long zero",
        "indefinite bytes",
        "a key twice",
        "unsorted keys",
        "typed array tag",
        "bignum zero",
        "bignum one",
        "long float",
        "not UTF-8",
        "undefined",
        "reserved",
        "huge array",
        "deep nesting",
    ],
)
def test_anything_but_deterministic_cbor_is_refused(encoded):
    with pytest.raises(MalformedError):
        cbor.as_bytes(_decode(_text(bytes.fromhex(encoded)))[0])


def test_what_is_no_array_is_refused():
    with pytest.raises(MalformedError, match="array"):
        _decode(_text(b"\x00"))


@pytest.mark.parametrize(
    "text", ["", "z", "m2V0D", "u=", "u2V0", "u2V0DgA=", "u2V0DgB", "u" * 400_001]
)
def test_what_is_no_base64url_multibase_is_refused(text):
    with pytest.raises(MalformedError):
        _decode(text)


def test_a_known_other_kind_of_proof_has_its_own_reason():
    with pytest.raises(ProofError, match="that is a base proof"):
        _decode(_text(b"\x80", BASE))
    with pytest.raises(MalformedError, match="unknown bytes"):
        _decode(_text(b"\x80", b"\xd9\x5d\x0a"))


@pytest.mark.parametrize(
    ("take", "values"),
    [
        (cbor.as_bytes, ["text", 1, None, []]),
        (lambda value: cbor.as_bytes(value, 2), [b"", b"123"]),
        (cbor.as_list, [{}, b"", 1, None]),
        (cbor.as_map, [[], b"", 1, None]),
        (cbor.as_index, [-1, 2**32, True, None, "1", 1.0, b""]),
        (cbor.as_indexes, [[1, 0], [0, 0], [-1], ["0"], {}, 1]),
        (cbor.as_pointer, [b"/a", 1, None, []]),
    ],
    ids=["bytes", "two bytes", "list", "map", "index", "indexes", "pointer"],
)
def test_a_component_of_another_type_is_refused(take, values):
    for value in values:
        with pytest.raises(MalformedError):
            take(value)


def test_indexes_ascend():
    assert cbor.as_indexes([0, 1, 7]) == (0, 1, 7)
    assert cbor.as_indexes([]) == ()


@given(st.binary(max_size=100))
def test_junk_raises_only_our_own_errors(junk):
    try:
        components = _decode(_text(junk))
    except SsiError:
        return

    assert cbor2.dumps(components, canonical=True) == junk
