"""An issuer and a wallet written from the specifications alone, without any of our own code.

SD-JWT (RFC 9901), SD-JWT VC, OpenID4VP 1.0 with httpx, and cryptography for the signatures.
"""

import base64
import hashlib
import json
import os
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def jwk_of(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    numbers = key.public_numbers()
    x, y = (b64(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def public_key(jwk: dict[str, str]) -> ec.EllipticCurvePublicKey:
    x, y = (int.from_bytes(unb64(jwk[name]), "big") for name in ("x", "y"))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def sign_jwt(
    header: dict[str, Any], claims: dict[str, Any], key: ec.EllipticCurvePrivateKey
) -> str:
    signed = ".".join(b64(json.dumps(part).encode()) for part in (header, claims))
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def verified(text: str, key: ec.EllipticCurvePublicKey) -> dict[str, Any]:
    signed, _, signature = text.rpartition(".")
    raw = unb64(signature)
    r, s = (int.from_bytes(part, "big") for part in (raw[:32], raw[32:]))
    key.verify(encode_dss_signature(r, s), signed.encode(), ec.ECDSA(hashes.SHA256()))
    claims: dict[str, Any] = json.loads(unb64(signed.split(".")[1]))
    return claims


@dataclass
class ForeignIssuer:
    """A clinic that knows SD-JWT VC and nothing of us; its DID is a did:jwk."""

    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    @property
    def did(self) -> str:
        return "did:jwk:" + b64(json.dumps(jwk_of(self.key.public_key())).encode())

    def issue(self, vct: str, claims: dict[str, Any], holder: dict[str, str]) -> str:
        """A credential in which every claim may be withheld."""
        disclosures = [
            b64(json.dumps([b64(os.urandom(16)), name, value]).encode())
            for name, value in claims.items()
        ]
        payload = {
            "iss": self.did,
            "vct": vct,
            "iat": int(time.time()),
            "exp": int(time.time()) + 3600,
            "cnf": {"jwk": holder},
            "_sd_alg": "sha-256",
            "_sd": sorted(b64(hashlib.sha256(d.encode()).digest()) for d in disclosures),
        }
        header = {"alg": "ES256", "typ": "dc+sd-jwt", "kid": f"{self.did}#0"}
        return "~".join([sign_jwt(header, payload, self.key), *disclosures, ""])


@dataclass
class ForeignWallet:
    """A wallet that answers plain requests, by whichever way they come."""

    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    credential: str = ""
    enc: str = "A256GCM"

    @property
    def jwk(self) -> dict[str, str]:
        return jwk_of(self.key.public_key())

    def read(self, uri: str) -> dict[str, Any]:
        """The request that `uri` stands for, its signature checked against the did:webvh log."""
        fields = dict(parse_qsl(urlsplit(uri).query))
        if "request_uri" not in fields:
            parsed = {n: fields[n] for n in fields}
            for name in ("dcql_query", "client_metadata"):
                parsed[name] = json.loads(fields[name])
            return parsed
        if fields.get("request_uri_method") == "post":
            nonce = secrets.token_urlsafe(16)
            form = {"wallet_nonce": nonce, "wallet_metadata": '{"vp_formats_supported":{}}'}
            text = httpx.post(fields["request_uri"], data=form).text
            assert json.loads(unb64(text.split(".")[1]))["wallet_nonce"] == nonce
        else:
            text = httpx.get(fields["request_uri"]).text
        request = verified(text, self._verifier_key(text, fields["client_id"]))
        assert request["client_id"] == fields["client_id"]
        assert request["aud"] == "https://self-issued.me/v2"
        assert request["response_type"] == "vp_token"
        return request

    def answer(self, request: dict[str, Any], **parts: Any) -> httpx.Response:
        """Post the claims that were asked for; `parts` replaces members of the key binding."""
        (query,) = request["dcql_query"]["credentials"]
        token = {query["id"]: [self._present(request, query, parts)]}
        form = {"vp_token": json.dumps(token), "state": request["state"]}
        if request["response_mode"] == "direct_post.jwt":
            content = {"vp_token": token, "state": request["state"]}
            form = {"response": encrypted(content, request["client_metadata"], self.enc)}
        return httpx.post(request["response_uri"], data=form)

    def refuse(self, request: dict[str, Any]) -> httpx.Response:
        """Say no."""
        form = {"error": "access_denied", "state": request["state"]}
        return httpx.post(request["response_uri"], data=form)

    def disclosed_for(self, query: dict[str, Any]) -> list[str]:
        """The disclosures of the claims that were asked for."""
        wanted = {claim["path"][0] for claim in query["claims"]}
        disclosures = self.credential.split("~")[1:-1]
        return [d for d in disclosures if json.loads(unb64(d))[1] in wanted]

    def _present(
        self, request: dict[str, Any], query: dict[str, Any], parts: dict[str, Any]
    ) -> str:
        jwt = self.credential.split("~")[0]
        shown = "~".join([jwt, *self.disclosed_for(query), ""])
        claims = {
            "iat": int(time.time()),
            "aud": request["client_id"],
            "nonce": request["nonce"],
            "sd_hash": b64(hashlib.sha256(shown.encode()).digest()),
        }
        return shown + sign_jwt({"alg": "ES256", "typ": "kb+jwt"}, {**claims, **parts}, self.key)

    def _verifier_key(self, text: str, client_id: str) -> ec.EllipticCurvePublicKey:
        header = json.loads(unb64(text.partition(".")[0]))
        assert header["typ"] == "oauth-authz-req+jwt"
        prefix, _, did = client_id.partition(":")
        assert prefix == "decentralized_identifier"
        assert header["kid"].startswith(f"{did}#")
        _, _, _scid, host, *path = did.split(":")
        url = f"http://{host.replace('%3A', ':')}/{'/'.join(path)}/did.jsonl"
        document = json.loads(httpx.get(url).text.strip().split("\n")[-1])["state"]
        methods = {method["id"]: method for method in document["verificationMethod"]}
        return public_key(methods[header["kid"]]["publicKeyJwk"])


def encrypted(content: dict[str, Any], metadata: dict[str, Any], enc: str) -> str:
    """ECDH-ES with A128GCM or A256GCM, from RFC 7518 sections 4.6 and 5.3."""
    (theirs,) = metadata["jwks"]["keys"]
    assert enc in metadata["encrypted_response_enc_values_supported"]
    bits = int(enc[1:4])
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    shared = ephemeral.exchange(ec.ECDH(), public_key(theirs))
    sized = [len(part).to_bytes(4, "big") + part for part in (enc.encode(), b"", b"")]
    info = b"".join(sized) + bits.to_bytes(4, "big")
    key = ConcatKDFHash(hashes.SHA256(), bits // 8, info).derive(shared)
    header = {
        "alg": "ECDH-ES",
        "enc": enc,
        "kid": theirs["kid"],
        "epk": jwk_of(ephemeral.public_key()),
    }
    head, iv = b64(json.dumps(header).encode()), os.urandom(12)
    sealed = AESGCM(key).encrypt(iv, json.dumps(content).encode(), head.encode())
    return f"{head}..{b64(iv)}.{b64(sealed[:-16])}.{b64(sealed[-16:])}"
