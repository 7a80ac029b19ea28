"""Documents that parties of a consent sign for each other: compact JWS, strict on both ends."""

from typing import Final

from ssi_core import jws
from ssi_core.did.syntax import DidUrl
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.keys import PublicKey, Signer
from ssi_core.strict_json import as_text

MAX_CHARACTERS: Final = 65_536


def sign(claims: JsonObject, *, typ: str, signer: Signer, key_id: str | None) -> str:
    """Return `claims` as a JWS of type `typ`."""
    named = {} if key_id is None else {"kid": str(DidUrl.parse(key_id, at="/header/kid"))}
    return jws.sign({"typ": typ, **named}, claims, signer=signer)


def key_id(text: str) -> DidUrl:
    """Return which key a document says it is signed with: what to resolve before `verify`."""
    header = jws.parse(text, max_characters=MAX_CHARACTERS).header
    found = DidUrl.parse(as_text(header.get("kid"), at="/header/kid"), at="/header/kid")
    if found.fragment is None:
        raise MalformedError("must name a verification method", at="/header/kid")
    return found


def unverified_claims(text: str) -> JsonObject:
    """Return what a document says, to find the key that it must be verified with."""
    return jws.parse(text, max_characters=MAX_CHARACTERS).claims()


def verify(text: str, *, typ: str, key: PublicKey) -> JsonObject:
    """Return the claims if `key` signed this document, and signed it as one of type `typ`."""
    parsed = jws.parse(text, max_characters=MAX_CHARACTERS)
    jws.require_header(parsed, algorithms=key.algorithms, typ=typ)
    return jws.verify(parsed, key=key).claims()
