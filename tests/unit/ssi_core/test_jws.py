"""JWS: the answers of RFC 8037 and RFC 7515, and the rules of RFC 8725."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core import jws, strict_json
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import AlgorithmError, MalformedError, ProofError, SsiError
from ssi_core.keys import Ed25519Signer, P256Signer, P521Signer, PrivateKey

ED25519 = Ed25519Signer(
    bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
)
P256 = P256Signer(base64url_decode("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"))
RFC_8037 = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)
RFC_7515 = (
    "eyJhbGciOiJFUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)
RFC_7515_ES512 = (
    "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA."
    "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8G"
    "aSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn"
)


def text_of(header: Any, *, payload: bytes = b"{}", signature: bytes = b"x") -> str:
    head = header if isinstance(header, bytes) else strict_json.render(header).encode()
    return ".".join(base64url_encode(part) for part in (head, payload, signature))


@pytest.mark.spec("RFC 8037", "A.4")
def test_eddsa_signs_and_verifies_as_published():
    verified = jws.verify(jws.parse(RFC_8037), key=ED25519.public_key)

    assert verified.payload == b"Example of Ed25519 signing"
    assert jws.sign({}, b"Example of Ed25519 signing", signer=ED25519) == RFC_8037


@pytest.mark.spec("RFC 7515", "A.3")
def test_es256_verifies_as_published():
    verified = jws.verify(jws.parse(RFC_7515), key=P256.public_key)

    assert verified.header == {"alg": "ES256"}
    assert verified.claims() == {
        "iss": "joe",
        "exp": 1300819380,
        "http://example.com/is_root": True,
    }


@pytest.mark.spec("RFC 7515", "A.4")
def test_es512_verifies_as_published():
    key = P521Signer(
        base64url_decode(
            "AY5pb7A0UFiB3RELSD64fTLOSV_jazdF7fLYyuTw8lOfRhWg6Y6rUrPAxerEzgdRhajnu0ferB0d53vM9mE15j2C"
        )
    ).public_key

    verified = jws.verify(jws.parse(RFC_7515_ES512), key=key)

    assert verified.payload == b"Payload"


@pytest.mark.parametrize("signer", [ED25519, P256])
def test_what_was_signed_here_verifies(signer: PrivateKey):
    text = jws.sign({"typ": "x+jwt", "kid": "k"}, {"a": "\u00e9"}, signer=signer)

    verified = jws.verify(jws.parse(text), key=signer.public_key)

    assert verified.claims() == {"a": "\u00e9"}
    assert verified.header == {
        "alg": signer.public_key.algorithm,
        "typ": "x+jwt",
        "kid": "k",
    }


def test_the_fully_specified_name_of_ed25519_is_understood():
    text = jws.sign({"alg": "Ed25519"}, b"x", signer=ED25519)

    assert jws.verify(jws.parse(text), key=ED25519.public_key).header == {"alg": "Ed25519"}


@pytest.mark.spec("RFC 8725", "3.1")
def test_an_algorithm_of_another_kind_of_key_neither_signs_nor_verifies():
    for alg in ("ES256", "none", "HS256", "EdDSA ", ""):
        with pytest.raises(AlgorithmError):
            jws.sign({"alg": alg}, b"x", signer=ED25519)
    with pytest.raises(AlgorithmError):
        jws.verify(jws.parse(RFC_8037), key=P256.public_key)
    for alg in ("none", "HS256", "eddsa"):
        with pytest.raises(AlgorithmError):
            jws.verify(jws.parse(text_of({"alg": alg})), key=ED25519.public_key)


def test_another_key_is_refused():
    with pytest.raises(ProofError, match="does not hold"):
        jws.verify(jws.parse(RFC_8037), key=Ed25519Signer.generate().public_key)


@pytest.mark.spec("RFC 8725", "3.11")
def test_algorithm_and_type_are_those_that_the_caller_accepts():
    found = jws.parse(jws.sign({"typ": "application/X+JWT"}, {}, signer=P256))

    jws.require_header(found, algorithms=["ES256"], typ="x+jwt")
    jws.require_header(found, algorithms=["EdDSA", "ES256"], typ=["y+jwt", "x+jwt"])
    with pytest.raises(AlgorithmError):
        jws.require_header(found, algorithms=["EdDSA"], typ="x+jwt")
    with pytest.raises(AlgorithmError):
        jws.require_header(found, algorithms=[], typ="x+jwt")
    for other in ("y+jwt", "jwt", ""):
        with pytest.raises(ProofError):
            jws.require_header(found, algorithms=["ES256"], typ=other)
    with pytest.raises(ProofError):
        jws.require_header(found, algorithms=["ES256"], typ=[])


@pytest.mark.parametrize("typ", [None, 7, "", ["x+jwt"], {}])
def test_a_missing_or_strange_type_is_refused(typ: Any):
    found = jws.parse(jws.sign({"typ": typ}, {}, signer=P256))

    with pytest.raises(ProofError):
        jws.require_header(found, algorithms=["ES256"], typ="x+jwt")


@pytest.mark.spec("RFC 7515", "4.1.11")
@pytest.mark.parametrize("crit", [["b64"], [], None, "x"])
def test_critical_extensions_are_refused_whole(crit: Any):
    found = jws.parse(jws.sign({"typ": "x+jwt", "crit": crit}, {}, signer=P256))

    with pytest.raises(ProofError, match="critical"):
        jws.require_header(found, algorithms=["ES256"], typ="x+jwt")


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "a.b",
        "a.b.c.d",
        ".e30.eA",
        "e30.e30.",
        RFC_8037 + "=",
        RFC_8037 + " ",
        RFC_8037 + "\n",
        RFC_8037.replace(".", ". "),
        RFC_8037[:-1] + "h",
        RFC_8037.replace("e", "\u00e9"),
        "\ud800.e30.eA",
        text_of({}),
        text_of([]),
        text_of({"alg": None}),
        text_of({"alg": ""}),
        text_of({"alg": ["EdDSA"]}),
        text_of(b'{"alg":"EdDSA","alg":"EdDSA"}'),
        text_of(b'{"alg":"EdDSA","x":NaN}'),
        text_of(b"\xff"),
        text_of(b""),
        "A" * 1_048_577,
    ],
    ids=range(24),
)
def test_what_is_not_a_compact_jws_is_malformed(text: str):
    with pytest.raises(MalformedError):
        jws.parse(text)


def test_a_text_longer_than_the_caller_allows_is_malformed():
    jws.parse(RFC_8037, max_characters=len(RFC_8037))
    with pytest.raises(MalformedError, match="larger"):
        jws.parse(RFC_8037, max_characters=len(RFC_8037) - 1)


@pytest.mark.parametrize("payload", [b"", b"x", b"[]", b'{"a":1,"a":1}', b"\xff"])
def test_a_payload_that_is_no_object_has_no_claims(payload: bytes):
    found = jws.parse(jws.sign({}, payload, signer=ED25519))

    assert found.payload == payload
    for view in (found, jws.verify(found, key=ED25519.public_key)):
        with pytest.raises(MalformedError):
            view.claims()


@pytest.mark.parametrize("claims", [{"a": float("nan")}, {"a": "\ud800"}])
def test_what_is_not_json_is_not_signed(claims: Any):
    with pytest.raises(MalformedError):
        jws.sign({}, claims, signer=ED25519)
    with pytest.raises(MalformedError):
        jws.sign(claims, {}, signer=ED25519)


@given(place=st.integers(0, len(RFC_8037) - 1), character=st.characters(codec="ascii"))
def test_no_changed_character_verifies(place: int, character: str):
    changed = RFC_8037[:place] + character + RFC_8037[place + 1 :]

    if changed == RFC_8037:
        return
    with pytest.raises(SsiError):
        jws.verify(jws.parse(changed), key=ED25519.public_key)


@given(
    st.text()
    | st.lists(st.binary(), min_size=3, max_size=3).map(
        lambda parts: ".".join(base64url_encode(part) for part in parts)
    )
)
def test_junk_raises_only_our_own_errors(text: str):
    with pytest.raises(SsiError):
        jws.verify(jws.parse(text), key=ED25519.public_key)
