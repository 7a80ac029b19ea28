"""A wallet that shares no code with us, over both protocols (OpenID4VCI 1.0, OpenID4VP 1.0).

It does the least that the specifications ask of it, and checks what they ask it to check.
"""

import base64
import hashlib
import json
import secrets
import time
import zlib
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.foreign_wallet import ForeignWallet, b64, public_key, sign_jwt, unb64, verified

GRANT: Final = "urn:ietf:params:oauth:grant-type:pre-authorized_code"


@dataclass
class Issuance:
    """One offer, on its way to being a credential."""

    offer: dict[str, Any]
    metadata: dict[str, Any]
    token_endpoint: str

    @classmethod
    def begin(cls, uri: str) -> "Issuance":
        fields = {name: items[0] for name, items in parse_qs(urlsplit(uri).query).items()}
        if "credential_offer" in fields:
            offer = json.loads(fields["credential_offer"])
        else:
            offer = httpx.get(fields["credential_offer_uri"]).raise_for_status().json()
        issuer = offer["credential_issuer"]
        metadata = _well_known(issuer, "openid-credential-issuer")
        server = _well_known(issuer, "oauth-authorization-server")
        assert (metadata["credential_issuer"], server["issuer"]) == (issuer, issuer)
        return cls(offer, metadata, server["token_endpoint"])

    @property
    def grant(self) -> dict[str, Any]:
        return dict(self.offer["grants"][GRANT])

    def token(self, tx_code: str | None = None) -> httpx.Response:
        form = {"grant_type": GRANT, "pre-authorized_code": self.grant["pre-authorized_code"]}
        code = {} if tx_code is None else {"tx_code": tx_code}
        return httpx.post(self.token_endpoint, data={**form, **code})

    def nonce(self) -> str:
        answer = httpx.post(self.metadata["nonce_endpoint"]).raise_for_status()
        assert answer.headers["cache-control"] == "no-store"
        return str(answer.json()["c_nonce"])

    def credential(self, token: str, *proofs: str) -> httpx.Response:
        named = self.offer["credential_configuration_ids"][0]
        return httpx.post(
            self.metadata["credential_endpoint"],
            headers={"Authorization": f"Bearer {token}"},
            json={"credential_configuration_id": named, "proofs": {"jwt": list(proofs)}},
        )


@dataclass
class ForeignClient(ForeignWallet):
    """Holds one credential, every part of which may be withheld."""

    header: dict[str, Any] = field(default_factory=dict)
    payload: dict[str, Any] = field(default_factory=dict)

    def proof(self, issuance: Issuance, nonce: str, **changes: Any) -> str:
        """A key proof; `changes` replaces its claims."""
        header = {"alg": "ES256", "typ": "openid4vci-proof+jwt", "jwk": self.jwk}
        claims = {
            "aud": issuance.offer["credential_issuer"],
            "iat": int(time.time()),
            "nonce": nonce,
        }
        return sign_jwt(header, {**claims, **changes}, self.key)

    def accept(self, uri: str, tx_code: str | None = None) -> Issuance:
        """Get the credential, and check that it is what a wallet can use."""
        issuance = Issuance.begin(uri)
        token = issuance.token(tx_code).raise_for_status().json()["access_token"]
        answer = issuance.credential(token, self.proof(issuance, issuance.nonce()))
        (item,) = answer.raise_for_status().json()["credentials"]
        self.credential = item["credential"]
        jwt = self.credential.split("~")[0]
        self.header = json.loads(unb64(jwt.split(".")[0]))
        self.payload = verified(jwt, issuer_key(self.header))
        assert self.header["typ"] == "dc+sd-jwt"
        assert self.payload["cnf"]["jwk"] == self.jwk
        return issuance

    @property
    def claims(self) -> dict[str, Any]:
        """Everything that the credential says, with what could be withheld put in its place."""
        disclosed = {_digest(text): json.loads(unb64(text)) for text in self._disclosures()}
        return dict(_revealed(self.payload, disclosed))

    def status(self) -> int:
        """What the issuer says of the credential now."""
        reference = self.payload["status"]["status_list"]
        answer = httpx.get(reference["uri"], headers={"Accept": "application/statuslist+jwt"})
        assert answer.headers["content-type"].startswith("application/statuslist+jwt")
        header = json.loads(unb64(answer.text.split(".")[0]))
        claims = verified(answer.text, issuer_key(header))
        assert (header["typ"], claims["sub"]) == ("statuslist+jwt", reference["uri"])
        bits = claims["status_list"]["bits"]
        data = zlib.decompress(unb64(claims["status_list"]["lst"]))
        position: int = reference["idx"] * bits
        return int(data[position // 8] >> position % 8 & (1 << bits) - 1)

    def fetch(self, uri: str) -> str:
        """The request object behind `uri`, as it was served."""
        fields = dict(parse_qsl(urlsplit(uri).query))
        if fields.get("request_uri_method") != "post":
            return httpx.get(fields["request_uri"]).raise_for_status().text
        nonce = secrets.token_urlsafe(16)
        text = httpx.post(fields["request_uri"], data={"wallet_nonce": nonce}).text
        assert json.loads(unb64(text.split(".")[1]))["wallet_nonce"] == nonce
        return text

    def read(self, uri: str) -> dict[str, Any]:
        """The request, by the rules of its Client Identifier Prefix."""
        fields = dict(parse_qsl(urlsplit(uri).query))
        prefix, _, value = fields["client_id"].partition(":")
        if "request_uri" not in fields:
            assert (prefix, value) == ("redirect_uri", fields["response_uri"])
            parsed: dict[str, Any] = dict(fields)
            return {**parsed, **{n: json.loads(fields[n]) for n in _JSON if n in fields}}
        text = self.fetch(uri)
        header = json.loads(unb64(text.split(".")[0]))
        assert header["typ"] == "oauth-authz-req+jwt"
        if prefix.startswith("x509"):
            key = _certified(header, prefix, value)
        else:
            assert prefix == "decentralized_identifier"
            assert header["kid"].startswith(f"{value}#")
            key = issuer_key(header)
        request = verified(text, key)
        assert request["client_id"] == fields["client_id"]
        assert request["aud"] == "https://self-issued.me/v2"
        return request

    def disclosed_for(self, query: dict[str, Any]) -> list[str]:
        """The disclosures of the claims at the paths asked for, with those on the way to them."""
        by_digest = {_digest(text): text for text in self._disclosures()}
        kept: dict[str, None] = {}
        for claim in query["claims"]:
            _follow(self.payload, claim["path"], by_digest, kept)
        return list(kept)

    def _disclosures(self) -> list[str]:
        return self.credential.split("~")[1:-1]


_JSON: Final = ("dcql_query", "client_metadata")


def issuer_key(header: dict[str, Any]) -> ec.EllipticCurvePublicKey:
    """The key that a header names: by certificate, or by did:jwk."""
    if "x5c" in header:
        return _leaf(header)
    did, _, fragment = header["kid"].partition("#")
    assert fragment == "0"
    return public_key(json.loads(unb64(did.removeprefix("did:jwk:"))))


def _well_known(issuer: str, name: str) -> dict[str, Any]:
    parts = urlsplit(issuer)
    url = f"{parts.scheme}://{parts.netloc}/.well-known/{name}{parts.path}"
    return dict(httpx.get(url).raise_for_status().json())


def _leaf(header: dict[str, Any]) -> ec.EllipticCurvePublicKey:
    certificate = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0]))
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def _certified(header: dict[str, Any], prefix: str, value: str) -> ec.EllipticCurvePublicKey:
    der = base64.b64decode(header["x5c"][0])
    names = x509.load_der_x509_certificate(der).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    if prefix == "x509_hash":
        assert value == b64(hashlib.sha256(der).digest())
    else:
        assert value in names.value.get_values_for_type(x509.DNSName)
    assert _leaf(header).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return _leaf(header)


def _digest(text: str) -> str:
    return b64(hashlib.sha256(text.encode()).digest())


def _revealed(value: Any, disclosed: dict[str, list[Any]]) -> Any:
    if isinstance(value, list):
        items = (
            disclosed[item["..."]][1] if isinstance(item, dict) and "..." in item else item
            for item in value
        )
        return [_revealed(item, disclosed) for item in items]
    if isinstance(value, dict):
        plain = {name: item for name, item in value.items() if name not in ("_sd", "_sd_alg")}
        plain.update({d[1]: d[2] for d in (disclosed[digest] for digest in value.get("_sd", []))})
        return {name: _revealed(item, disclosed) for name, item in plain.items()}
    return value


def _follow(value: Any, path: list[Any], by_digest: dict[str, str], kept: dict[str, None]) -> None:
    if not path:
        return _whole(value, by_digest, kept)
    part, rest = path[0], path[1:]
    if isinstance(value, dict):
        for digest in value.get("_sd", []):
            _, name, content = json.loads(unb64(by_digest[digest]))
            if name == part:
                kept[by_digest[digest]] = None
                _follow(content, rest, by_digest, kept)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if part is None or part == index:
                kept[by_digest[item["..."]]] = None
                _follow(json.loads(unb64(by_digest[item["..."]]))[1], rest, by_digest, kept)
    return None


def _whole(value: Any, by_digest: dict[str, str], kept: dict[str, None]) -> None:
    # Whoever asks for an object or an array asks for what is in it.
    if isinstance(value, dict):
        for digest in value.get("_sd", []):
            kept[by_digest[digest]] = None
            _whole(json.loads(unb64(by_digest[digest]))[2], by_digest, kept)
    elif isinstance(value, list):
        _follow(value, [None], by_digest, kept)
