"""CWT claims: the published token, and the same claims as a JWT has."""

from typing import Any

import pytest

from ssi_core import cbor, cose, cose_key, cwt
from ssi_core.errors import MalformedError
from ssi_core.keys import P256Signer

_SPEC = "RFC 8392"
# Appendix A.3 and, of its key, A.2.3.
_PUBLISHED = bytes.fromhex(
    "d28443a10126a104524173796d6d657472696345434453413235365850a701756"
    "36f61703a2f2f61732e6578616d706c652e636f6d02656572696b77037818636f"
    "61703a2f2f6c696768742e6578616d706c652e636f6d041a5612aeb0051a5610d"
    "9f0061a5610d9f007420b7158405427c1ff28d23fbad1f29c4c7c6a555e601d6f"
    "a29f9179bc3d7438bacaca5acd08c8d4d4f96131680c429a01f85951ecee743a5"
    "2b9b63632c57209120e1c9e30"
)
_KEY: Any = {
    1: 2,
    -1: 1,
    -2: bytes.fromhex("143329cce7868e416927599cf65a34f3ce2ffda55a7eca69ed8919a394d42f0f"),
    -3: bytes.fromhex("60f7f1a780d8a783bfb7a2dd6b2796e8128dbbcef9d3d168db9529971a36e7b9"),
}


@pytest.mark.spec(_SPEC, "A.3")
def test_the_published_token_verifies_and_has_its_published_claims():
    message = cose.parse(_PUBLISHED)

    payload = cose.verify(message, key=cose_key.parse(_KEY, at="")).payload

    assert cwt.to_json(cbor.as_map(cbor.decode(payload, at=""), at=""), at="") == {
        "iss": "coap://as.example.com",
        "sub": "erikw",
        "aud": "coap://light.example.com",
        "exp": 1444064944,
        "nbf": 1443944944,
        "iat": 1443944944,
    }


@pytest.mark.spec(_SPEC, "3.1")
@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "i", "sub": "s", "aud": "a", "exp": 3, "nbf": 2, "iat": 1, "nonce": "n-\u00e9"},
        {"aud": ["a", "b"]},
        {"cnf": {"kid": "k"}},
        {"cnf": {"jwk": P256Signer.generate().public_key.jwk}},
    ],
)
def test_claims_survive_their_cbor_form(claims: Any):
    encoded = cbor.encode(cwt.from_json(claims))

    assert cwt.to_json(cbor.as_map(cbor.decode(encoded, at=""), at=""), at="") == claims


@pytest.mark.parametrize(
    "claims",
    [
        {1: 1},
        {1: ""},
        {3: 1},
        {3: ["a", 1]},
        {4: "x"},
        {6: True},
        {8: 1},
        {8: {}},
        {8: {1: []}},
        {8: {3: b"\xff"}},
        {8: {3: ""}},
        {10: 1},
        {10: b"\xff"},
    ],
)
def test_a_claim_of_another_shape_is_refused(claims: Any):
    with pytest.raises(MalformedError):
        cwt.to_json(claims, at="/claims")


@pytest.mark.parametrize("claims", [{"x": 1}, {"exp": "x"}, {"aud": 1}, {"cnf": 1}, {"cnf": {}}])
def test_a_claim_without_a_cbor_form_is_not_written(claims: Any):
    with pytest.raises(MalformedError):
        cwt.from_json(claims)


def test_claims_that_a_jwt_has_no_name_for_are_left_out():
    assert cwt.to_json({7: b"id", 99: 1, "x": 2, b"y": 3}, at="") == {}
