"""What all entries have in common: canonical bytes, a type, a log, an id and a proof.

Design: one JSON object in the profile of `registry.model.profile`; its leaf is the hash of exactly
its bytes; its proof is eddsa-jcs-2022 over everything else.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final, Self

from registry.model import profile
from registry.model.merkle import leaf_hash
from registry.model.signed_note import require_name
from registry.model.strict_keys import strict_key
from ssi_core.encoding import multibase_decode, multibase_encode, sha256_multihash
from ssi_core.errors import MalformedError, ProofError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import PublicKey
from ssi_core.strict_json import as_integer, as_object, as_text

VERSION: Final = 1
MAX_BYTES: Final = 4_096
# A did:webvh line carries a whole DID document with its services and keys.
MAX_DID_OP_BYTES: Final = 16_384
PURPOSE: Final = "assertionMethod"
_CRYPTOSUITE: Final = "eddsa-jcs-2022"
_PROOF: Final = frozenset(
    {"type", "cryptosuite", "verificationMethod", "proofPurpose", "proofValue"}
)
_SIGNATURE_BYTES: Final = 64
_MULTIHASH: Final = re.compile(r"z[1-9A-HJ-NP-Za-km-z]{46}", re.ASCII)
_FIRST_MULTIHASH: Final = multibase_encode(b"\x12\x20" + bytes(32))
_LAST_MULTIHASH: Final = multibase_encode(b"\x12\x20" + b"\xff" * 32)


class EntryType(StrEnum):
    """What an entry may be about; every other type is refused."""

    DID_OP = "did.op"
    CONSENT_GRANT = "consent.grant"
    CONSENT_REVOKE = "consent.revoke"
    ACCREDIT_GRANT = "accredit.grant"
    ACCREDIT_REVOKE = "accredit.revoke"
    STATUS_PUBLISH = "status.publish"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a log, read but not checked: its proof and its place are other questions."""

    raw: bytes
    members: JsonObject
    type: EntryType
    log: str
    leaf: bytes

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read canonical bytes of a known version and type, within that type's size."""
        members = profile.parse(raw, max_bytes=MAX_DID_OP_BYTES)
        if as_integer(members.get("v"), at="/v") != VERSION:
            raise MalformedError("the entry is of another version", at="/v")
        try:
            kind = EntryType(as_text(members.get("t"), at="/t"))
        except ValueError:
            raise MalformedError("the entry is of an unknown type", at="/t") from None
        if kind is not EntryType.DID_OP and len(raw) > MAX_BYTES:
            raise MalformedError("the entry is larger than its type allows")
        log = as_text(members.get("log"), at="/log")
        require_name(log)
        return cls(raw, members, kind, log, leaf_hash(raw))

    @property
    def digest(self) -> str:
        """The multihash of the entry's bytes: what the next in its chain names as `prev`."""
        return multibase_encode(sha256_multihash(self.raw))

    def require_members(self, names: Collection[str]) -> None:
        """Return if the entry has exactly `names` beside those that all entries have."""
        if self.members.keys() - {"v", "t", "log"} != set(names):
            raise MalformedError("the entry does not have exactly the members of its type")

    def require_inception_id(self) -> str:
        """Return the id of an entry that begins a history: the multihash of its own content."""
        given = as_text(self.members.get("id"), at="/id")
        if given != inception_id(self.members):
            raise MalformedError("the id is not the hash of the entry", at="/id")
        return given

    def verification_method(self) -> str:
        """Return the DID URL of the key that the proof claims to be made with."""
        return as_text(self._proof().get("verificationMethod"), at="/proof/verificationMethod")

    def require_proof(self, key: PublicKey) -> None:
        """Return if `key` made the proof, in the one form that proofs have here."""
        proof = self._proof()
        if proof.keys() != _PROOF:
            raise MalformedError("a proof has exactly its five members", at="/proof")
        if proof["type"] != "DataIntegrityProof" or proof["cryptosuite"] != _CRYPTOSUITE:
            raise ProofError("the proof is not eddsa-jcs-2022", at="/proof/cryptosuite")
        if proof["proofPurpose"] != PURPOSE:
            raise ProofError("the proof was made for another purpose", at="/proof/proofPurpose")
        value = as_text(proof["proofValue"], at="/proof/proofValue")
        signature = multibase_decode(value, at="/proof/proofValue")
        if len(signature) != _SIGNATURE_BYTES:
            raise MalformedError("an Ed25519 signature has 64 bytes", at="/proof/proofValue")
        strict_key(key).verify(signature, _hash_data(self.members, proof))

    def _proof(self) -> JsonObject:
        return as_object(self.members.get("proof"), at="/proof")


def inception_id(members: JsonObject) -> str:
    """Return the id of a history that begins with these members: without `id` and `proof`."""
    return multibase_encode(sha256_multihash(_without(members, {"id", "proof"})))


def key_hash(key: PublicKey) -> str:
    """Return the commitment to a key that an entry holds: the multihash of its Multikey."""
    return multikey_hash(key.multikey)


def multikey_hash(multikey: str) -> str:
    """Return the same commitment to a key that is given as its Multikey."""
    return multibase_encode(sha256_multihash(multikey.encode()))


def multihash_at(members: JsonObject, name: str) -> str:
    """Return the member `name` if it is a SHA2-256 multihash in base58btc."""
    text = as_text(members.get(name), at=f"/{name}")
    # Base58 keeps the order of numbers, so the two ends of the range bound all spellings between.
    if _MULTIHASH.fullmatch(text) is None or not _FIRST_MULTIHASH <= text <= _LAST_MULTIHASH:
        raise MalformedError("not a SHA2-256 multihash in base58btc", at=f"/{name}")
    return text


def integer_at(members: JsonObject, name: str) -> int:
    """Return the member `name` if it is an integer that is not negative."""
    number = as_integer(members.get(name), at=f"/{name}")
    if number < 0:
        raise MalformedError("must not be negative", at=f"/{name}")
    return number


def text_at(members: JsonObject, name: str) -> str:
    """Return the member `name` if it is a string that is not empty."""
    return as_text(members.get(name), at=f"/{name}")


def _hash_data(members: JsonObject, proof: JsonObject) -> bytes:
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    return _sha256(profile.render_checked(options)) + _sha256(_without(members, {"proof"}))


def _without(members: Mapping[str, JsonValue], names: Collection[str]) -> bytes:
    kept = {name: value for name, value in members.items() if name not in names}
    return profile.render_checked(kept)


def _sha256(data: bytes) -> bytes:
    return sha256(data).digest()
