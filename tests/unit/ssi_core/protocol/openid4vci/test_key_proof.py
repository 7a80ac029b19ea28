"""Key proofs: fresh, for us, by the key they name."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ssi_core import jws
from ssi_core.did import jwk as did_jwk
from ssi_core.did import key as did_key
from ssi_core.errors import (
    AlgorithmError,
    AudienceError,
    ExpiredError,
    MalformedError,
    NonceError,
    NotYetValidError,
    ProofError,
    SsiError,
)
from ssi_core.keys import Ed25519Signer, P256Signer, PrivateKey
from ssi_core.period import to_timestamp
from ssi_core.protocol.openid4vci import KeyProof, make_proof, proof_nonce, verify_proof

pytestmark = pytest.mark.spec("OpenID4VCI 1.0", "F.1")

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ISSUER = "https://issuer.example"
KEY = P256Signer.generate()
CLAIMS: dict[str, Any] = {"aud": ISSUER, "iat": to_timestamp(NOW), "nonce": "n"}
HEADER: dict[str, Any] = {"typ": "openid4vci-proof+jwt", "jwk": KEY.public_key.jwk}


def _sign(header: dict[str, Any] | None = None, **claims: Any) -> str:
    given = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    return jws.sign(HEADER if header is None else header, given, signer=KEY)


def _verify(text: str, **options: Any) -> KeyProof:
    return verify_proof(text, **{"audience": ISSUER, "nonces": {"n"}, "at": NOW, **options})


@pytest.mark.parametrize("signer", [P256Signer.generate(), Ed25519Signer.generate()])
def test_a_proof_made_for_us_yields_its_key(signer: PrivateKey):
    proof = make_proof(signer, audience=ISSUER, nonce="n", at=NOW)

    verified = _verify(proof)

    assert verified.jwk == signer.public_key.jwk
    assert proof_nonce(proof) == verified.nonce == "n"


def test_a_key_named_by_did_key_or_did_jwk_is_found():
    public = KEY.public_key
    by_key, by_jwk = did_key.did_for(public), did_jwk.did_for(public)
    names = [did_key.method_id(by_key), did_jwk.method_id(by_jwk), str(by_key), str(by_jwk)]

    keys = {
        _verify(_sign({"typ": "openid4vci-proof+jwt", "kid": name})).public_key for name in names
    }

    assert keys == {public}


def test_a_time_with_a_fraction_is_a_time():
    assert _verify(_sign(iat=to_timestamp(NOW) + 0.25)).public_key == KEY.public_key


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (_sign(aud="https://other.example"), AudienceError),
        (_sign(aud=[ISSUER]), AudienceError),
        (_sign(nonce="m"), NonceError),
        (_sign(nonce=None), NonceError),
        (_sign(nonce=7), NonceError),
        (_sign(iat=to_timestamp(NOW - timedelta(minutes=11))), ExpiredError),
        (_sign(iat=to_timestamp(NOW + timedelta(minutes=3))), NotYetValidError),
        (_sign(exp=to_timestamp(NOW)), ExpiredError),
        (_sign(iat=None), MalformedError),
        (_sign(iat="now"), MalformedError),
        (_sign(iat=1e300), MalformedError),
        (_sign(iat=-1), MalformedError),
        (_sign({**HEADER, "typ": "JWT"}), ProofError),
        (_sign({"jwk": KEY.public_key.jwk}), ProofError),
        (_sign({"typ": "openid4vci-proof+jwt"}), ProofError),
        (_sign({**HEADER, "kid": "did:key:z6Mk"}), ProofError),
        (_sign({**HEADER, "crit": ["x"]}), ProofError),
        (_sign({"typ": "openid4vci-proof+jwt", "x5c": ["MII"]}), ProofError),
        (_sign({"typ": "openid4vci-proof+jwt", "kid": "key-1"}), MalformedError),
        (_sign({"typ": "openid4vci-proof+jwt", "kid": "did:web:a.example#1"}), ProofError),
        (_sign({**HEADER, "jwk": Ed25519Signer.generate().public_key.jwk}), AlgorithmError),
        (_sign({**HEADER, "jwk": P256Signer.generate().public_key.jwk}), ProofError),
        (_sign({**HEADER, "jwk": {**KEY.public_key.jwk, "d": "AA"}}), MalformedError),
    ],
)
def test_each_rule_refuses_with_its_own_error(text: str, error: type[SsiError]):
    with pytest.raises(error):
        _verify(text)


def test_an_algorithm_that_the_caller_did_not_name_is_refused():
    with pytest.raises(AlgorithmError):
        _verify(_sign(), algorithms={"EdDSA"})


def test_no_nonce_is_ever_right_when_none_was_given_out():
    with pytest.raises(NonceError):
        _verify(_sign(), nonces=())
