"""What every builder of entries begins and ends with."""

import secrets
from collections.abc import Mapping
from typing import Final

from registry.model import profile
from registry.model.entry_proof import proof_of
from registry.model.envelope import (
    VERSION,
    Entry,
    EntryType,
    inception_id,
    multihash_at,
)
from ssi_core.encoding import base64url_encode
from ssi_core.errors import AlgorithmError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import Ed25519PublicKey, Signer

NONCE_BYTES: Final = 32


def head(kind: EntryType, log: str) -> dict[str, JsonValue]:
    """Return the members that all entries have."""
    return {"v": VERSION, "t": kind.value, "log": log}


def nonce_text(given: bytes | None) -> str:
    """Return `given`, or 32 random bytes, as entries write a nonce."""
    return base64url_encode(secrets.token_bytes(NONCE_BYTES) if given is None else given)


def with_id(members: Mapping[str, JsonValue]) -> JsonObject:
    """Return the members with the id of the history that they begin."""
    profile.require(dict(members))
    return {**members, "id": inception_id(members)}


def signed(members: JsonObject, method: str, signer: Signer) -> bytes:
    """Return the entry with the one proof that it has."""
    return profile.render_checked({**members, "proof": proof_of(members, method, signer)})


def signed_by_itself(members: JsonObject, signer: Signer) -> bytes:
    """Return the entry, signed by a key that is named as its own did:key."""
    return signed(members, own_method(signer), signer)


def own_method(signer: Signer) -> str:
    """Return the verification method of a key that is its own did:key."""
    key = multikey(signer)
    return f"did:key:{key}#{key}"


def multikey(signer: Signer) -> str:
    """Return the Multikey of a signer of entries, which is an Ed25519 key."""
    if not isinstance(signer.public_key, Ed25519PublicKey):
        raise AlgorithmError("entries are signed with Ed25519 keys")
    return signer.public_key.multikey


def suspended(raw: bytes) -> tuple[str, str, str]:
    """Return the log, the id and the digest of the suspension that an entry is to undo."""
    entry = Entry.parse(raw)
    return entry.log, multihash_at(entry.members, "id"), entry.digest
