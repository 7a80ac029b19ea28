"""Messages between a log and those who listen to it: a compact JWS whose key is its own name.

They are signed by Ed25519 keys that are named as did:key, so that checking one asks nobody.
"""

from hashlib import sha256
from typing import Final

from registry.model.strict_keys import strict_key, strict_multikey
from ssi_core import jws
from ssi_core.did import key as did_key
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_encode
from ssi_core.errors import AlgorithmError, MalformedError, ProofError
from ssi_core.json_types import JsonObject
from ssi_core.keys import Ed25519PublicKey, Signer
from ssi_core.strict_json import as_text

MAX_CHARACTERS: Final = 524_288


def sign(claims: JsonObject, *, typ: str, signer: Signer) -> str:
    """Return `claims` as a message of type `typ`; the header names the key as a did:key."""
    method = did_key.method_id(did_key.did_for(signer.public_key))
    return jws.sign({"typ": typ, "kid": method}, claims, signer=signer)


def verify(text: str, *, typ: str, signer: Did) -> JsonObject:
    """Return the claims if the key that `signer` is made this message, as one of type `typ`."""
    named, claims = verify_own(text, typ=typ)
    if named != signer:
        raise ProofError("signed by somebody else", at="/header/kid")
    return claims


def verify_own(text: str, *, typ: str) -> tuple[Did, JsonObject]:
    """Return who signed the message, and its claims; whether to believe them is open."""
    parsed = jws.parse(text, max_characters=MAX_CHARACTERS)
    method = as_text(parsed.header.get("kid"), at="/header/kid")
    did, _, fragment = method.partition("#")
    if method != f"did:key:{fragment}#{fragment}":
        raise MalformedError("a message names a did:key", at="/header/kid")
    key = strict_multikey(fragment, at="/header/kid")
    jws.require_header(parsed, algorithms=key.algorithms, typ=typ)
    return Did.parse(did, at="/header/kid"), jws.verify(parsed, key=key).claims()


def did_of(key: object) -> Did:
    """Return the name under which `key` signs messages; it must be an Ed25519 key."""
    if not isinstance(key, Ed25519PublicKey):
        raise AlgorithmError("messages are signed with Ed25519 keys")
    return did_key.did_for(strict_key(key))


def digest(text: str) -> str:
    """Return the SHA-256 of a message as it was sent, base64url."""
    if not text.isascii():
        raise MalformedError("a message is a JWS")
    return base64url_encode(sha256(text.encode("ascii")).digest())
