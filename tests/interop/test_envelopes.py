"""Credentials in envelopes (VC-JOSE-COSE) cross both ways with JOSE, SD-JWT and COSE libraries."""

import json
from base64 import b64decode, b64encode
from typing import Any

import cbor2
import pytest
from pycose import algorithms as cose_algorithms
from pycose.headers import KID, Algorithm, ContentType
from pycose.keys.cosekey import CoseKey
from pycose.keys.curves import P256, P384, Ed25519
from pycose.keys.ec2 import EC2Key
from pycose.keys.keyparam import EC2KpCurve, EC2KpX, EC2KpY, KpKty, OKPKpCurve, OKPKpX
from pycose.keys.keytype import KtyEC2, KtyOKP
from pycose.keys.okp import OKPKey
from pycose.messages.sign1message import Sign1Message

from ssi_core.credential import vc_jose_cose
from ssi_core.credential.contexts import CREDENTIALS_V2
from ssi_core.credential.enveloped import (
    CREDENTIAL_MEDIA_TYPES,
    PRESENTATION_MEDIA_TYPES,
    VC_COSE,
    VC_JWT,
    VC_SD_JWT,
    VP_JWT,
)
from ssi_core.credential.model import Credential
from ssi_core.credential.presentation import Envelope
from ssi_core.did import jwk as did_jwk
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_decode
from ssi_core.errors import AudienceError, ProofError
from ssi_core.keys import Ed25519Signer, P256Signer, P384Signer
from ssi_core.period import to_timestamp
from ssi_core.verification.data_integrity import ExpectedPresentation
from ssi_core.verification.enveloped import (
    EnvelopedPolicy,
    verify_enveloped_credential,
    verify_enveloped_presentation,
)
from ssi_core.verification.evidence import Evidence
from tests.support.interop import CHALLENGE, DOMAIN, NOW
from tests.support.interop_sd_jwt import did_of
from tests.support.node_peers import NodePeers, PeerRefusedError

SIGNERS: dict[str, Any] = {
    "ES256": P256Signer(b"\x03" * 32),
    "ES384": P384Signer(b"\x03" * 48),
    "EdDSA": Ed25519Signer(b"\x03" * 32),
}
ALGORITHMS = pytest.mark.parametrize("algorithm", sorted(SIGNERS))
AT = to_timestamp(NOW)
POLICY = EnvelopedPolicy(
    algorithms=frozenset(SIGNERS), media_types=CREDENTIAL_MEDIA_TYPES | PRESENTATION_MEDIA_TYPES
)


@pytest.fixture(scope="module")
def peer_keys(node: NodePeers) -> dict[str, Any]:
    return {name: node.call("jose.identity", algorithm=name) for name in SIGNERS}


@pytest.fixture
def document(documents: dict[str, Any]) -> dict[str, Any]:
    return dict(documents["laboratory_result"])


def our_jwk(algorithm: str) -> Any:
    return SIGNERS[algorithm].public_key.jwk


def issue(document: Any, algorithm: str, media_type: str, **options: Any) -> Envelope:
    did = did_of(our_jwk(algorithm))
    return vc_jose_cose.issue(
        {**document, "issuer": did},
        media_type=media_type,
        key_id=f"{did}#0",
        signer=SIGNERS[algorithm],
        **options,
    )


def accept(media_type: str, content: str, jwk: Any) -> Credential:
    """Verify an envelope as a verifier of ours does, with every check but that of status."""
    return verify_enveloped_credential(
        Envelope.of(media_type, content), evidence=evidence_of(jwk), policy=POLICY, at=NOW
    )


def evidence_of(*keys: Any) -> Evidence:
    dids = [Did.parse(did_of(jwk)) for jwk in keys]
    return Evidence(dids={did: did_jwk.resolve(did) for did in dids})


def presentation(holder: str, *inside: Envelope) -> dict[str, Any]:
    return {
        "@context": [CREDENTIALS_V2],
        "type": ["VerifiablePresentation"],
        "holder": holder,
        "verifiableCredential": [envelope.source for envelope in inside],
    }


def header(jwk: Any, media_type: str) -> dict[str, str]:
    typ = media_type.removeprefix("application/")
    return {"typ": typ, "cty": "vc", "kid": f"{did_of(jwk)}#0"}


def tampered(token: str) -> str:
    head, body, rest = token.split(".", 2)
    return f"{head}.{body}.{'B' if rest[0] == 'A' else 'A'}{rest[1:]}"


# vc+jwt


@ALGORITHMS
def test_our_jwt_verifies_at_the_peer(node, document, algorithm):
    content = issue(document, algorithm, VC_JWT).content
    given = {"jwk": our_jwk(algorithm), "algorithm": algorithm, "typ": "vc+jwt"}

    payload = node.call("jose.verify", token=content, at=NOW.isoformat(), **given)

    assert payload == {**document, "issuer": did_of(our_jwk(algorithm))}
    with pytest.raises(PeerRefusedError, match="signature verification failed"):
        node.call("jose.verify", token=tampered(content), at=NOW.isoformat(), **given)


@ALGORITHMS
def test_a_jwt_of_the_peer_verifies_here(node, peer_keys, document, algorithm):
    jwk = peer_keys[algorithm]
    payload = {**document, "issuer": did_of(jwk)}
    token = node.call(
        "jose.sign",
        payload=payload,
        header=header(jwk, VC_JWT),
        algorithm=algorithm,
        signer=jwk,
    )

    assert accept(VC_JWT, token, jwk).source == payload
    with pytest.raises(ProofError, match="signature does not hold"):
        accept(VC_JWT, tampered(token), jwk)


# vp+jwt


@ALGORITHMS
def test_our_presentation_verifies_at_the_peer_for_its_audience_and_no_other(
    node, document, algorithm
):
    did = did_of(our_jwk(algorithm))
    inside = issue(document, algorithm, VC_JWT)
    presented = vc_jose_cose.issue(
        presentation(did, inside),
        media_type=VP_JWT,
        key_id=f"{did}#0",
        signer=SIGNERS[algorithm],
        claims={"aud": DOMAIN, "nonce": CHALLENGE},
    )
    given = {"jwk": our_jwk(algorithm), "algorithm": algorithm, "typ": "vp+jwt"}

    payload = node.call(
        "jose.verify", token=presented.content, at=NOW.isoformat(), audience=DOMAIN, **given
    )

    assert payload["nonce"] == CHALLENGE
    assert payload["verifiableCredential"] == [inside.source]
    with pytest.raises(PeerRefusedError, match="aud"):
        node.call("jose.verify", token=presented.content, at=NOW.isoformat(), audience="x", **given)


@ALGORITHMS
def test_a_presentation_of_the_peer_verifies_here_for_its_audience_and_no_other(
    node, peer_keys, document, algorithm
):
    jwk, ours = peer_keys[algorithm], our_jwk(algorithm)
    payload = presentation(did_of(jwk), issue(document, algorithm, VC_JWT))
    token = node.call(
        "jose.sign",
        payload={**payload, "aud": DOMAIN, "nonce": CHALLENGE},
        header={**header(jwk, VP_JWT), "cty": "vp"},
        algorithm=algorithm,
        signer=jwk,
    )

    def accept_for(domain: str) -> Any:
        return verify_enveloped_presentation(
            Envelope.of(VP_JWT, token),
            evidence=evidence_of(jwk, ours),
            policy=POLICY,
            expected=ExpectedPresentation(domain=domain, challenge=CHALLENGE),
            at=NOW,
        )

    assert accept_for(DOMAIN).holder == did_of(jwk)
    with pytest.raises(AudienceError):
        accept_for("other.example")


# vc+sd-jwt


@ALGORITHMS
def test_our_sd_jwt_verifies_at_the_peer(node, document, algorithm):
    hidden = [("credentialSubject", "given_name"), ("credentialSubject", "value")]
    content = issue(document, algorithm, VC_SD_JWT, disclosable=hidden).content
    given = {"issuer": our_jwk(algorithm), "algorithm": algorithm, "at": AT}

    payload = node.call("sd_jwt.verifyDocument", presented=content, **given)

    assert content.count("~") == 3
    assert payload == {**document, "issuer": did_of(our_jwk(algorithm))}
    with pytest.raises(PeerRefusedError, match="Invalid JWT Signature"):
        node.call("sd_jwt.verifyDocument", presented=tampered(content), **given)


@ALGORITHMS
def test_an_sd_jwt_of_the_peer_verifies_here(node, peer_keys, document, algorithm):
    jwk = peer_keys[algorithm]
    payload = {**document, "issuer": did_of(jwk)}
    token = node.call(
        "sd_jwt.issueDocument",
        algorithm=algorithm,
        signer=jwk,
        payload=payload,
        frame={"credentialSubject": {"_sd": ["given_name", "value"]}},
        header=header(jwk, VC_SD_JWT),
    )

    assert accept(VC_SD_JWT, token, jwk).source == payload
    with pytest.raises(ProofError, match="signature does not hold"):
        accept(VC_SD_JWT, tampered(token), jwk)


# vc+cose

_CURVES: dict[str, Any] = {"ES256": P256, "ES384": P384, "EdDSA": Ed25519}
_COSE: dict[str, Any] = {
    "ES256": cose_algorithms.Es256,
    "ES384": cose_algorithms.Es384,
    "EdDSA": cose_algorithms.EdDSA,
}


def generated(algorithm: str) -> tuple[Any, Any]:
    """Return a key that the peer makes, and its JWK."""
    if algorithm == "EdDSA":
        okp = OKPKey.generate_key(Ed25519)
        return okp, {"kty": "OKP", "crv": "Ed25519", "x": _text(okp.x)}
    ec2 = EC2Key.generate_key(_CURVES[algorithm])
    name = {"ES256": "P-256", "ES384": "P-384"}[algorithm]
    return ec2, {"kty": "EC", "crv": name, "x": _text(ec2.x), "y": _text(ec2.y)}


def _text(data: bytes) -> str:
    return b64encode(data, altchars=b"-_").rstrip(b"=").decode()


def cose_key(jwk: Any) -> CoseKey:
    curve = {"P-256": P256, "P-384": P384, "Ed25519": Ed25519}[jwk["crv"]]
    if jwk["kty"] == "OKP":
        okp = {KpKty: KtyOKP, OKPKpCurve: curve, OKPKpX: base64url_decode(jwk["x"])}
        return CoseKey.from_dict(okp)
    x, y = (base64url_decode(jwk[name]) for name in "xy")
    return CoseKey.from_dict({KpKty: KtyEC2, EC2KpCurve: curve, EC2KpX: x, EC2KpY: y})


def read_by_peer(data: bytes, jwk: Any) -> Any:
    """Return the message; the peer's own way in does not go with the CBOR library's new types."""
    tagged = cbor2.loads(data)
    protected, unprotected, payload, signature = tagged.value
    parts = [protected, dict(unprotected), payload, signature]
    message = Sign1Message.from_cose_obj(parts, allow_unknown_attributes=True)
    message.key = cose_key(jwk)
    assert tagged.tag == message.cbor_tag
    return message


@ALGORITHMS
def test_our_cose_message_verifies_at_the_peer(document, algorithm):
    data = b64decode(issue(document, algorithm, VC_COSE).content)

    message = read_by_peer(data, our_jwk(algorithm))

    assert message.verify_signature()
    assert json.loads(message.payload) == {**document, "issuer": did_of(our_jwk(algorithm))}
    broken = data[:-1] + bytes([data[-1] ^ 1])
    assert not read_by_peer(broken, our_jwk(algorithm)).verify_signature()


@ALGORITHMS
def test_a_cose_message_of_the_peer_verifies_here(document, algorithm):
    key, jwk = generated(algorithm)
    payload = {**document, "issuer": did_of(jwk)}
    message = Sign1Message(
        phdr={
            Algorithm: _COSE[algorithm],
            ContentType: "application/vc",
            KID: f"{did_of(jwk)}#0".encode(),
            16: "application/vc+cose",
        },
        payload=json.dumps(payload).encode(),
        key=key,
    )
    data = message.encode()  # pyright: ignore[reportCallIssue] - decorated

    assert accept(VC_COSE, b64encode(data).decode(), jwk).source == payload
    with pytest.raises(ProofError, match="signature does not hold"):
        accept(VC_COSE, b64encode(data[:-1] + bytes([data[-1] ^ 1])).decode(), jwk)
