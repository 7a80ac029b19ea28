"""An issuer over HTTP that shares no code with us: OpenID4VCI 1.0, SD-JWT VC, Token Status List."""

import base64
import json
import os
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, quote

import base58
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from tests.support.foreign_wallet import b64, jwk_of, public_key, sign_jwt, unb64, verified

VCT: Final = "urn:example:library-card:1"
GRANT: Final = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
_P256: Final = b"\x80\x24"


@dataclass
class ForeignIssuerServer:
    """Gives out library cards. `way` is how credentials name the key; what is changed is wrong."""

    way: str
    url: str = ""
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    alter_payload: Callable[[dict[str, Any]], None] = lambda _payload: None
    alter_metadata: Callable[[dict[str, Any]], None] = lambda _metadata: None
    alter_credential: Callable[[str], str] = lambda text: text
    nonces: list[str] = field(default_factory=list)
    notified: list[str] = field(default_factory=list)

    @property
    def offer(self) -> str:
        content = {
            "credential_issuer": self.url,
            "credential_configuration_ids": ["card"],
            "grants": {GRANT: {"pre-authorized_code": "code"}},
        }
        return f"openid-credential-offer://?credential_offer={quote(json.dumps(content))}"

    def named(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The header members and claims that say whose key signs."""
        did_jwk = "did:jwk:" + b64(json.dumps(jwk_of(self.key.public_key())).encode())
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        multibase = "z" + base58.b58encode(_P256 + point).decode()
        did_key = f"did:key:{multibase}"
        match self.way:
            case "did:key":
                return {"kid": f"{did_key}#{multibase}"}, {"iss": did_key}
            case "did:jwk without iss":
                return {"kid": f"{did_jwk}#0"}, {}
            case "x5c":
                return {"x5c": self.chain}, {"iss": self.url}
            case _:
                return {"x5c": self.chain}, {}

    def get(self, path: str) -> tuple[str, Any]:
        match path:
            case "/.well-known/openid-credential-issuer":
                return "application/json", self._metadata()
            case "/.well-known/oauth-authorization-server":
                server = {"issuer": self.url, "token_endpoint": f"{self.url}/token"}
                return "application/json", {**server, "response_types_supported": ["code"]}
            case "/status/1":
                return "application/statuslist+jwt", self._status_list()
            case _:
                raise LookupError(path)

    def post(self, path: str, body: bytes) -> Any:
        match path:
            case "/token":
                form = dict(parse_qsl(body.decode()))
                assert (form["grant_type"], form["pre-authorized_code"]) == (GRANT, "code")
                return {"access_token": "token", "token_type": "Bearer", "expires_in": 60}
            case "/nonce":
                self.nonces.append(b64(os.urandom(12)))
                return {"c_nonce": self.nonces[-1], "c_nonce_expires_in": 60}
            case "/credential":
                return self._issue(json.loads(body))
            case "/notification":
                self.notified.append(json.loads(body)["event"])
                return None
            case _:
                raise LookupError(path)

    def _metadata(self) -> dict[str, Any]:
        algorithms = {"proof_signing_alg_values_supported": ["ES256"]}
        card = {
            "format": "dc+sd-jwt",
            "vct": VCT,
            "cryptographic_binding_methods_supported": ["jwk"],
            "credential_signing_alg_values_supported": ["ES256"],
            "proof_types_supported": {"jwt": algorithms},
        }
        metadata = {
            "credential_issuer": self.url,
            "credential_endpoint": f"{self.url}/credential",
            "nonce_endpoint": f"{self.url}/nonce",
            "notification_endpoint": f"{self.url}/notification",
            "credential_configurations_supported": {"card": card},
        }
        self.alter_metadata(metadata)
        return metadata

    def _issue(self, request: dict[str, Any]) -> dict[str, Any]:
        assert request["credential_configuration_id"] == "card"
        (proof,) = request["proofs"]["jwt"]
        holder = json.loads(unb64(proof.split(".")[0]))["jwk"]
        claims = verified(proof, public_key(holder))
        assert (claims["aud"], claims["nonce"]) == (self.url, self.nonces.pop())
        header, issuer = self.named()
        disclosure = b64(json.dumps([b64(os.urandom(16)), "name", "Ida"]).encode())
        digest = hashes.Hash(hashes.SHA256())
        digest.update(disclosure.encode())
        payload = {
            **issuer,
            "vct": VCT,
            "iat": int(time.time()),
            "exp": int(time.time()) + 3600,
            "cnf": {"jwk": holder},
            "status": {"status_list": {"uri": f"{self.url}/status/1", "idx": 3}},
            "_sd": [b64(digest.finalize())],
            "_sd_alg": "sha-256",
        }
        self.alter_payload(payload)
        text = sign_jwt({"alg": "ES256", "typ": "dc+sd-jwt", **header}, payload, self.key)
        credential = self.alter_credential(f"{text}~{disclosure}~")
        return {"credentials": [{"credential": credential}], "notification_id": "n"}

    def _status_list(self) -> str:
        header, issuer = self.named()
        content = {
            **issuer,
            "sub": f"{self.url}/status/1",
            "iat": int(time.time()),
            "status_list": {"bits": 1, "lst": b64(zlib.compress(bytes(16)))},
        }
        return sign_jwt({"alg": "ES256", "typ": "statuslist+jwt", **header}, content, self.key)

    @cached_property
    def chain(self) -> list[str]:
        """A certificate that the key made for itself."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "library")])
        now = datetime.fromtimestamp(time.time(), UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(1)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        return [base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()]


@contextmanager
def foreign_issuer(way: str, **changes: Any) -> Iterator[ForeignIssuerServer]:
    """Serve one on this machine."""
    issuer = ForeignIssuerServer(way, **changes)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, content = issuer.get(self.path)
            self._answer(kind, content if isinstance(content, str) else json.dumps(content))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            answer = issuer.post(self.path, body)
            self._answer("application/json", "" if answer is None else json.dumps(answer))

        def _answer(self, kind: str, content: str) -> None:
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's
            del format, args

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://localhost:{httpd.server_port}"
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield issuer
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()
