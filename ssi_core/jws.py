"""JSON Web Signature (RFC 7515) in compact form, with the rules of RFC 8725."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, final

from ssi_core import strict_json
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import AlgorithmError, MalformedError, ProofError
from ssi_core.json_types import JsonObject
from ssi_core.keys import PublicKey, Signer

_PARTS: Final = 3
MAX_CHARACTERS: Final = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Jws:
    """A parsed compact JWS. Parsing proves nothing: call `verify`."""

    header: JsonObject
    payload: bytes
    signature: bytes
    signing_input: bytes

    def claims(self) -> JsonObject:
        """Return the payload as a JSON object (a JWT Claims Set, RFC 7519 section 4)."""
        return strict_json.parse_object(self.payload)


@dataclass(frozen=True, slots=True)
@final
class VerifiedJws:
    """A JWS whose signature held. Only `verify` makes one."""

    header: JsonObject
    payload: bytes

    def claims(self) -> JsonObject:
        """Return the payload as a JSON object (a JWT Claims Set, RFC 7519 section 4)."""
        return strict_json.parse_object(self.payload)


def parse(text: str, *, max_characters: int = MAX_CHARACTERS) -> Jws:
    """Take a compact JWS apart; the header must be strict JSON and name an algorithm."""
    if len(text) > max_characters:
        raise MalformedError("JWS is larger than allowed")
    parts = text.split(".")
    if len(parts) != _PARTS or not parts[0] or not parts[2]:
        raise MalformedError("not a compact JWS")
    header = strict_json.parse_object(base64url_decode(parts[0], at="/header"))
    strict_json.as_text(header.get("alg"), at="/header/alg")
    return Jws(
        header=header,
        payload=base64url_decode(parts[1], at="/payload"),
        signature=base64url_decode(parts[2], at="/signature"),
        signing_input=f"{parts[0]}.{parts[1]}".encode("ascii"),
    )


def require_header(jws: Jws, *, algorithms: Collection[str], typ: str | Collection[str]) -> None:
    """Check algorithm and type against what the caller accepts: do this before finding a key.

    `crit` is refused whole: no extension is understood here (RFC 7515 section 4.1.11).
    """
    if jws.header.get("alg") not in algorithms:
        raise AlgorithmError("algorithm is not accepted here", at="/header/alg")
    types = (typ,) if isinstance(typ, str) else typ
    given = jws.header.get("typ")
    if not isinstance(given, str) or given.lower().removeprefix("application/") not in types:
        raise ProofError("JWS is of another type", at="/header/typ")
    if "crit" in jws.header:
        raise ProofError("critical header extensions are not supported", at="/header/crit")


def verify(jws: Jws, *, key: PublicKey) -> VerifiedJws:
    """Return the payload if `key` made the signature with an algorithm of its own kind."""
    if jws.header.get("alg") not in key.algorithms:
        raise AlgorithmError("algorithm does not belong to the key", at="/header/alg")
    key.verify(jws.signature, jws.signing_input)
    return VerifiedJws(jws.header, jws.payload)


def sign(header: JsonObject, payload: JsonObject | bytes, *, signer: Signer) -> str:
    """Return the compact JWS; `alg` is set to the signer's own algorithm."""
    protected = {"alg": signer.public_key.algorithm, **header}
    if protected["alg"] not in signer.public_key.algorithms:
        raise AlgorithmError("algorithm does not belong to the key", at="/header/alg")
    body = payload if isinstance(payload, bytes) else strict_json.render(payload).encode()
    head = base64url_encode(strict_json.render(protected).encode())
    signing_input = f"{head}.{base64url_encode(body)}"
    return f"{signing_input}.{base64url_encode(signer.sign(signing_input.encode('ascii')))}"
