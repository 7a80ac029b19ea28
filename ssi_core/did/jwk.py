"""The did:jwk method: a DID that is a public JWK. https://github.com/quartzjer/did-jwk/blob/main/spec.md."""

from typing import Final

from ssi_core import strict_json
from ssi_core.did.document import DidDocument
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import Ed25519PublicKey, PublicKey, public_key_from_jwk

_MAX_BYTES: Final = 2048
_SIGNING: Final = (
    "authentication",
    "assertionMethod",
    "capabilityInvocation",
    "capabilityDelegation",
)


def did_for(public_key: PublicKey) -> Did:
    """Return the DID of a key, from the required members of its JWK only."""
    return Did("jwk", base64url_encode(strict_json.render(public_key.jwk).encode()))


def method_id(did: Did) -> str:
    """Return the id of the only verification method."""
    return f"{did}#0"


def public_key(did: Did) -> PublicKey:
    """Return the key that `did` is; raise `AlgorithmError` for a kind that we do not support."""
    return public_key_from_jwk(_jwk(did), at="/id")


def resolve(did: Did) -> DidDocument:
    """Return the document; the JWK's `use` says which relationships its key has."""
    jwk = _jwk(did)
    key = public_key_from_jwk(jwk, at="/id")
    method = method_id(did)
    source: dict[str, JsonValue] = {
        "@context": [
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/suites/jws-2020/v1",
        ],
        "id": str(did),
        "verificationMethod": [
            {"id": method, "type": "JsonWebKey2020", "controller": str(did), "publicKeyJwk": jwk}
        ],
    }
    source.update({name: [method] for name in _relationships(jwk, key)})
    return DidDocument(did, source)


def _jwk(did: Did) -> JsonObject:
    if did.method != "jwk":
        raise MalformedError("not a did:jwk")
    text = base64url_decode(did.method_specific_id, at="/id")
    return strict_json.parse_object(text, max_bytes=_MAX_BYTES)


def _relationships(jwk: JsonObject, key: PublicKey) -> tuple[str, ...]:
    # An Ed25519 key cannot agree on keys, whatever its JWK says.
    agreement = () if isinstance(key, Ed25519PublicKey) else ("keyAgreement",)
    match jwk.get("use"):
        case None:
            return _SIGNING + agreement
        case "sig":
            return _SIGNING
        case "enc" if agreement:
            return agreement
        case _:
            raise MalformedError("the JWK's use does not fit its key", at="/id")
