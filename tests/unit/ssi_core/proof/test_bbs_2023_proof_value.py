"""The proof values of bbs-2023: their five components, and what is refused as something else."""

from typing import Any

import pytest

from ssi_core.errors import MalformedError, ProofError
from ssi_core.proof.bbs_2023_proof_value import BaseProofValue, DerivedProofValue
from ssi_core.proof.cbor_proof_value import encode_proof_value

BASE_HEADER, DERIVED_HEADER = b"\xd9\x5d\x02", b"\xd9\x5d\x03"
BASE = BaseProofValue(
    bbs_signature=bytes(80),
    bbs_header=bytes(64),
    public_key=bytes(96),
    hmac_key=bytes(32),
    mandatory_pointers=("/issuer",),
)
DERIVED = DerivedProofValue(
    bbs_proof=bytes(272),
    label_map={"c14n0": "b1", "c14n1": "b0"},
    mandatory_indexes=(0, 1),
    selective_indexes=(3, 4),
    presentation_header=b"header",
)


def test_proof_values_survive_a_round_trip():
    assert BaseProofValue.decode(BASE.encode()) == BASE
    assert DerivedProofValue.decode(DERIVED.encode()) == DERIVED


def test_a_base_proof_is_no_derived_proof_and_the_reverse():
    with pytest.raises(ProofError, match="base proof where a derived one is due"):
        DerivedProofValue.decode(BASE.encode())
    with pytest.raises(ProofError, match="derived one where a base proof is due"):
        BaseProofValue.decode(DERIVED.encode())


@pytest.mark.parametrize("last", [4, 5, 6, 7, 8, 9])
def test_optional_features_are_refused_by_name(last):
    text = encode_proof_value(b"\xd9\x5d" + bytes((last,)), [])

    for kind in (BaseProofValue, DerivedProofValue):
        with pytest.raises(ProofError, match="optional features"):
            kind.decode(text)


@pytest.mark.parametrize("last", [0, 1, 10, 255])
def test_other_header_bytes_are_refused(last):
    text = encode_proof_value(b"\xd9\x5d" + bytes((last,)), [])

    for kind in (BaseProofValue, DerivedProofValue):
        with pytest.raises(MalformedError, match="unknown bytes"):
            kind.decode(text)


@pytest.mark.spec("vc-di-bbs", "3.3.7")
@pytest.mark.parametrize(
    "components",
    [
        [],
        [b"", {}, [], []],
        [b"", {}, [], [], b"", b""],
        ["", {}, [], [], b""],
        [b"", [], [], [], b""],
        [b"", {"0": 1}, [], [], b""],
        [b"", {0: "b1"}, [], [], b""],
        [b"", {0: -1}, [], [], b""],
        [b"", {}, [1, 0], [], b""],
        [b"", {}, [], [0, 0], b""],
        [b"", {}, [], [], "text"],
    ],
)
def test_other_components_of_a_derived_proof_are_refused(components: list[Any]):
    with pytest.raises(MalformedError):
        DerivedProofValue.decode(encode_proof_value(DERIVED_HEADER, components))


@pytest.mark.spec("vc-di-bbs", "3.3.2")
@pytest.mark.parametrize(
    "components",
    [
        [],
        [bytes(80), bytes(64), bytes(96), bytes(32)],
        [bytes(79), bytes(64), bytes(96), bytes(32), []],
        [bytes(80), bytes(63), bytes(96), bytes(32), []],
        [bytes(80), bytes(64), bytes(95), bytes(32), []],
        [bytes(80), bytes(64), bytes(96), bytes(31), []],
        [bytes(80), bytes(64), bytes(96), bytes(32), [b"/a"]],
        [bytes(80), bytes(64), bytes(96), bytes(32), {}],
    ],
)
def test_other_components_of_a_base_proof_are_refused(components: list[Any]):
    with pytest.raises(MalformedError):
        BaseProofValue.decode(encode_proof_value(BASE_HEADER, components))
