"""The proof values of ecdsa-sd-2023: their five components, and what is refused instead."""

from typing import Any

import pytest

from ssi_core.errors import MalformedError, ProofError
from ssi_core.proof.cbor_proof_value import encode_proof_value
from ssi_core.proof.ecdsa_sd_2023_proof_value import BaseProofValue, DerivedProofValue

BASE_HEADER, DERIVED_HEADER = b"\xd9\x5d\x00", b"\xd9\x5d\x01"
SIGNATURE, KEY, LABEL = bytes(64), bytes(35), bytes(32)
BASE = BaseProofValue(
    base_signature=SIGNATURE,
    public_key=KEY,
    hmac_key=bytes(32),
    signatures=(SIGNATURE, SIGNATURE),
    mandatory_pointers=("/issuer",),
)
DERIVED = DerivedProofValue(
    base_signature=SIGNATURE,
    public_key=KEY,
    signatures=(SIGNATURE,),
    label_map={"c14n0": "u3Lv2QpFgo-YAegc1cQQKWJFW2sEjQF6FfuZ0VEoMKHg"},
    mandatory_indexes=(0, 1),
)


def test_proof_values_survive_a_round_trip():
    assert BaseProofValue.decode(BASE.encode()) == BASE
    assert DerivedProofValue.decode(DERIVED.encode()) == DERIVED


def test_a_base_proof_is_no_derived_proof_and_the_reverse():
    with pytest.raises(ProofError, match="base proof where a derived one is due"):
        DerivedProofValue.decode(BASE.encode())
    with pytest.raises(ProofError, match="derived one where a base proof is due"):
        BaseProofValue.decode(DERIVED.encode())


@pytest.mark.parametrize("last", [2, 3, 4, 255])
def test_other_header_bytes_are_refused(last):
    text = encode_proof_value(b"\xd9\x5d" + bytes((last,)), [])

    for kind in (BaseProofValue, DerivedProofValue):
        with pytest.raises(MalformedError, match="unknown bytes"):
            kind.decode(text)


@pytest.mark.spec("vc-di-ecdsa", "3.5.8")
@pytest.mark.parametrize(
    "components",
    [
        [],
        [SIGNATURE, KEY, [], {}],
        [SIGNATURE, KEY, [], {}, [], []],
        [SIGNATURE[1:], KEY, [], {}, []],
        [SIGNATURE, KEY + b"\x00", [], {}, []],
        [SIGNATURE, KEY, [SIGNATURE[1:]], {}, []],
        [SIGNATURE, KEY, {}, {}, []],
        [SIGNATURE, KEY, [], {0: LABEL[1:]}, []],
        [SIGNATURE, KEY, [], {0: "u"}, []],
        [SIGNATURE, KEY, [], {"0": LABEL}, []],
        [SIGNATURE, KEY, [], {}, ["0"]],
        [SIGNATURE, KEY, [], {}, [1, 0]],
    ],
)
def test_other_components_of_a_derived_proof_are_refused(components: list[Any]):
    with pytest.raises(MalformedError):
        DerivedProofValue.decode(encode_proof_value(DERIVED_HEADER, components))


@pytest.mark.spec("vc-di-ecdsa", "3.5.3")
@pytest.mark.parametrize(
    "components",
    [
        [],
        [SIGNATURE, KEY, bytes(31), [], []],
        [SIGNATURE, KEY, bytes(32), [b""], []],
        [SIGNATURE, KEY, bytes(32), [], [b"/a"]],
        [SIGNATURE, KEY, bytes(32), [], {}],
    ],
)
def test_other_components_of_a_base_proof_are_refused(components: list[Any]):
    with pytest.raises(MalformedError):
        BaseProofValue.decode(encode_proof_value(BASE_HEADER, components))
