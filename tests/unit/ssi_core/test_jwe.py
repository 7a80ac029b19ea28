"""JWE as OpenID4VP uses it, with the specification's own example as vector."""

import pytest

from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import AlgorithmError, MalformedError, ProofError
from ssi_core.json_types import JsonValue
from ssi_core.jwe import AgreementKey, decrypt, encrypt
from ssi_core.keys import Ed25519Signer
from ssi_core.strict_json import parse, render

# OpenID4VP 1.0 section 8.3, the example response and the private key that opens it.
SPECIFIED = (
    "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTEyOEdDTSIsImtpZCI6ImFjIiwiZXBrIjp7Imt0eSI6IkVDIiwieCI6Im5u"
    "bVZwbTNWM2piaGNhZlFhUkJrU1ZOSGx3Wkh3dC05ck9wSnVmeVlJdWsiLCJ5IjoicjRmakRxd0p5czlxVU9QLV9iM21S"
    "NVNaRy0tQ3dPMm1pYzVWU05UWU45ZyIsImNydiI6IlAtMjU2In19..uAYcHRUSSn2X0WPX.yVzlGSYG4qbg0bq18JcUi"
    "DRw56yVnbKR8E7S7YlEtzT00RqE3Pw5oTpUG3hdLN4taHZ9gC1kwak8JOnJgQ.1wR024_3-qtAlx1oFIUpQQ"
)
SPECIFIED_KEY = AgreementKey(
    base64url_decode("Et-3ce0omz8_TuZ96Df9lp0GAaaDoUnDe6X-CRO7Aww"), key_id="ac"
)


@pytest.mark.spec("OpenID4VP 1.0", "8.3")
def test_the_example_of_the_specification_opens():
    opened = decrypt(SPECIFIED, key=SPECIFIED_KEY)

    expected = {"vp_token": {"example_credential_id": ["eyJhb...YMetA"]}}
    assert parse(opened.plaintext) == expected


@pytest.mark.parametrize("content_algorithm", ["A128GCM", "A256GCM"])
def test_what_was_encrypted_opens_with_its_key_and_keeps_party_information(content_algorithm):
    key = AgreementKey.generate()

    token = encrypt(
        b"answer",
        recipient=key.jwk,
        content_algorithm=content_algorithm,
        party_u=b"wallet",
        party_v=b"nonce",
    )

    opened = decrypt(token, key=key)
    assert opened.plaintext == b"answer"
    assert opened.header["kid"] == key.key_id
    assert opened.header["apu"] == base64url_encode(b"wallet")
    assert opened.header["apv"] == base64url_encode(b"nonce")


def test_another_key_does_not_open_it_whether_or_not_it_is_named():
    key, other = AgreementKey.generate(), AgreementKey.generate()
    unnamed = {name: value for name, value in key.jwk.items() if name != "kid"}

    for recipient in (key.jwk, unnamed):
        with pytest.raises(ProofError):
            decrypt(encrypt(b"answer", recipient=recipient), key=other)


def test_any_changed_character_is_refused():
    key = AgreementKey.generate()
    token = encrypt(b"answer", recipient=key.jwk)

    for place in range(0, len(token), 3):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises((ProofError, MalformedError)):
            decrypt(changed, key=key)


def _with_header(token: str, **members: JsonValue) -> str:
    parts = token.split(".")
    return ".".join([base64url_encode(render(members).encode()), *parts[1:]])


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({"alg": "dir"}, AlgorithmError),
        ({"alg": "ECDH-ES+A128KW"}, AlgorithmError),
        ({"enc": "A128CBC-HS256"}, AlgorithmError),
        ({"enc": ["A128GCM"]}, AlgorithmError),
        ({"zip": "DEF"}, MalformedError),
        ({"crit": ["x"]}, MalformedError),
        ({"epk": None}, MalformedError),
        ({"epk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}}, MalformedError),
        ({"epk": Ed25519Signer(bytes(32)).public_key.jwk}, AlgorithmError),
        ({"apu": "A" * 1000}, MalformedError),
        ({"apv": 1}, MalformedError),
        ({"kid": 7}, MalformedError),
    ],
)
def test_a_header_that_we_do_not_speak_is_refused(members, error):
    key = AgreementKey.generate()
    whole = {"alg": "ECDH-ES", "enc": "A128GCM", "epk": AgreementKey.generate().jwk}

    token = _with_header(encrypt(b"answer", recipient=key.jwk), **{**whole, **members})

    with pytest.raises(error):
        decrypt(token, key=key)


def test_an_algorithm_that_the_caller_does_not_list_is_refused():
    key = AgreementKey.generate()
    token = encrypt(b"answer", recipient=key.jwk, content_algorithm="A128GCM")

    with pytest.raises(AlgorithmError):
        decrypt(token, key=key, content_algorithms=("A256GCM",))


def test_a_token_larger_than_allowed_is_refused_before_it_is_read():
    key = AgreementKey.generate()
    token = encrypt(b"a" * 2000, recipient=key.jwk)

    with pytest.raises(MalformedError, match="larger"):
        decrypt(token, key=key, max_characters=1000)


@pytest.mark.parametrize(
    "recipient",
    [
        {"kty": "OKP", "crv": "X25519", "x": "AA"},
        {**AgreementKey.generate().jwk, "alg": "ECDH-ES+A256KW"},
        {**AgreementKey.generate().jwk, "use": "sig"},
        Ed25519Signer(bytes(32)).public_key.jwk,
    ],
)
def test_nothing_is_encrypted_to_a_key_that_is_not_for_it(recipient):
    with pytest.raises(AlgorithmError):
        encrypt(b"answer", recipient=recipient)
