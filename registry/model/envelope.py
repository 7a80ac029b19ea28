"""What all entries have in common: canonical bytes, a type, a log, an id and a proof.

Design: one JSON object in the profile of `registry.model.profile`; its leaf is the hash of exactly
its bytes; its proof is eddsa-jcs-2022 over everything else.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from registry.model import profile
from registry.model.entry_proof import CRYPTOSUITE, PURPOSE, hash_data
from registry.model.merkle import leaf_hash
from registry.model.signed_note import require_name
from registry.model.strict_keys import (
    raw_multikey,
    strict_key,
    strict_signature,
    verify_strictly,
)
from ssi_core.encoding import multibase_decode, multibase_encode, sha256_multihash
from ssi_core.errors import MalformedError, ProofError, SsiError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import PublicKey
from ssi_core.period import from_timestamp
from ssi_core.strict_json import as_array, as_integer, as_object, as_text

VERSION: Final = 1
MAX_BYTES: Final = 4_096
# A did:webvh line carries a whole DID document with its services and keys; many sign a policy.
MAX_DID_OP_BYTES: Final = 16_384
MAX_PROOFS: Final = 16
_PROOF: Final = frozenset(
    {"type", "cryptosuite", "verificationMethod", "proofPurpose", "proofValue"}
)
# 32 bytes in base64url, whose last character has only four bits to say.
_DIGEST: Final = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]", re.ASCII)
_MULTIHASH: Final = re.compile(r"z[1-9A-HJ-NP-Za-km-z]{46}", re.ASCII)
FIRST_MULTIHASH: Final = multibase_encode(b"\x12\x20" + bytes(32))
LAST_MULTIHASH: Final = multibase_encode(b"\x12\x20" + b"\xff" * 32)


class EntryType(StrEnum):
    """What an entry may be about; every other type is refused."""

    DID_OP = "did.op"
    CONSENT_GRANT = "consent.grant"
    CONSENT_REVOKE = "consent.revoke"
    CONSENT_SUPERSEDE = "consent.supersede"
    CONSENT_SUSPEND = "consent.suspend"
    CONSENT_RESUME = "consent.resume"
    CONSENT_REDACT = "consent.redact"
    ACCREDIT_GRANT = "accredit.grant"
    ACCREDIT_REVOKE = "accredit.revoke"
    ACCREDIT_SUSPEND = "accredit.suspend"
    ACCREDIT_RESUME = "accredit.resume"
    STATUS_PUBLISH = "status.publish"
    STATE_SNAPSHOT = "state.snapshot"
    LOG_POLICY = "log.policy"
    LOG_HANDOVER = "log.handover"
    ACCESS_BREAKGLASS = "access.breakglass"


# Entries that many sign, and lines with a document in them.
_LARGE: Final = frozenset({EntryType.DID_OP, EntryType.LOG_POLICY, EntryType.LOG_HANDOVER})


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof as it stands in an entry: the key it names, its value, and the data it is over."""

    verification_method: str
    value: str
    data: bytes

    def require(self, key: PublicKey) -> None:
        """Return if `key` made the proof; raise `ProofError` or `MalformedError` if not."""
        verify_strictly(strict_key(key).raw, self._signature(), self.data)

    def require_own(self) -> None:
        """Return if the did:key that the proof names made it."""
        key = raw_multikey(self.own_key(), at="/proof/verificationMethod")
        verify_strictly(key, self._signature(), self.data)

    def own_signature(self) -> bytes:
        """Return the did:key's key, the signature and its data, of 160 bytes, still to be verified.

        Everything that the log's rule says beside the equation has been checked.
        """
        key = raw_multikey(self.own_key(), at="/proof/verificationMethod")
        return key + strict_signature(self._signature()) + self.data

    def failure(self) -> SsiError | None:
        """Return why the did:key that the proof names did not make it; nothing if it did."""
        try:
            self.require_own()
        except SsiError as error:
            return error
        return None

    def own_key(self) -> str:
        """Return the Multikey of the did:key that the proof names."""
        multikey = self.verification_method.removeprefix("did:key:").partition("#")[0]
        if self.verification_method != f"did:key:{multikey}#{multikey}":
            raise ProofError("the proof names no did:key", at="/proof/verificationMethod")
        return multikey

    def _signature(self) -> bytes:
        return multibase_decode(self.value, at="/proof/proofValue")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a log, read but not checked: its proof and its place are other questions.

    `unsigned` is the canonical form of everything but the proof.
    """

    raw: bytes
    unsigned: bytes
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
        if kind not in _LARGE and len(raw) > MAX_BYTES:
            raise MalformedError("the entry is larger than its type allows")
        log = as_text(members.get("log"), at="/log")
        require_name(log)
        unsigned = _cut(raw, members, "proof") if "proof" in members else raw
        return cls(raw, unsigned, members, kind, log, leaf_hash(raw))

    @property
    def digest(self) -> str:
        """The multihash of the entry's bytes: what the next in its chain names as `prev`."""
        return multibase_encode(sha256_multihash(self.raw))

    def require_members(self, names: Collection[str]) -> None:
        """Return if the entry has exactly `names` beside those that all entries have."""
        if self.members.keys() - {"v", "t", "log"} != set(names):
            raise MalformedError("the entry does not have exactly the members of its type")

    def require_changed(self, *names: str) -> str:
        """Return the id of the history that the entry changes.

        Beside that it has exactly `names`, the moment when this was said, and a proof.
        """
        self.require_members({"id", "ts", "proof", *names})
        moment_at(self.members, "ts")
        return multihash_at(self.members, "id")

    def require_inception_id(self) -> str:
        """Return the id of an entry that begins a history: the multihash of its own content."""
        given = multihash_at(self.members, "id")
        content = sha256_multihash(_cut(self.unsigned, self.members, "id"))
        # Base58 has one spelling, and reading it is quicker than writing it.
        if multibase_decode(given, at="/id") != content:
            raise MalformedError("the id is not the hash of the entry", at="/id")
        return given

    def proof(self) -> Proof:
        """Return the entry's proof, which has the one form that proofs have here."""
        return self._proof(as_object(self.members.get("proof"), at="/proof"))

    def proofs(self) -> tuple[Proof, ...]:
        """Return the proofs of an entry that several sign, each over the same; at least one."""
        items = as_array(self.members.get("proof"), at="/proof")
        if not 0 < len(items) <= MAX_PROOFS:
            raise MalformedError("an entry has between one and sixteen proofs", at="/proof")
        return tuple(self._proof(as_object(item, at="/proof")) for item in items)

    def _proof(self, proof: JsonObject) -> Proof:
        if proof.keys() != _PROOF:
            raise MalformedError("a proof has exactly its five members", at="/proof")
        if proof["type"] != "DataIntegrityProof" or proof["cryptosuite"] != CRYPTOSUITE:
            raise ProofError("the proof is not eddsa-jcs-2022", at="/proof/cryptosuite")
        if proof["proofPurpose"] != PURPOSE:
            raise ProofError("the proof was made for another purpose", at="/proof/proofPurpose")
        value = as_text(proof["proofValue"], at="/proof/proofValue")
        method = as_text(proof["verificationMethod"], at="/proof/verificationMethod")
        return Proof(method, value, hash_data(self.unsigned, method))


def inception_id(members: JsonObject) -> str:
    """Return the id of a history that begins with these members: without `id` and `proof`."""
    content = {name: value for name, value in members.items() if name not in ("id", "proof")}
    return multibase_encode(sha256_multihash(profile.render_checked(content)))


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
    if _MULTIHASH.fullmatch(text) is None or not FIRST_MULTIHASH <= text <= LAST_MULTIHASH:
        raise MalformedError("not a SHA2-256 multihash in base58btc", at=f"/{name}")
    return text


def integer_at(members: JsonObject, name: str) -> int:
    """Return the member `name` if it is an integer that is not negative."""
    number = as_integer(members.get(name), at=f"/{name}")
    if number < 0:
        raise MalformedError("must not be negative", at=f"/{name}")
    return number


def moment_at(members: JsonObject, name: str) -> int:
    """Return the member `name` if it is a NumericDate of a moment that there is."""
    seconds = integer_at(members, name)
    from_timestamp(seconds, at=f"/{name}")
    return seconds


def digest_at(members: JsonObject, name: str) -> str:
    """Return the member `name` if it is 32 bytes in base64url."""
    text = members.get(name)
    if not isinstance(text, str) or _DIGEST.fullmatch(text) is None:
        raise MalformedError("must be 32 bytes in base64url", at=f"/{name}")
    return text


def text_at(members: JsonObject, name: str) -> str:
    """Return the member `name` if it is a string that is not empty."""
    return as_text(members.get(name), at=f"/{name}")


def optional_text(body: JsonObject, name: str) -> str | None:
    """Return the member `name` if it is there."""
    value = body.get(name)
    return None if value is None else as_text(value, at=f"/{name}")


def optional_integer(body: JsonObject, name: str) -> int | None:
    """Return the member `name` if it is there."""
    value = body.get(name)
    return None if value is None else as_integer(value, at=f"/{name}")


def _cut(text: bytes, members: JsonObject, name: str) -> bytes:
    """Return the canonical `text` of an object without the member `name`, which is not its last.

    There is one spelling for everything, so its text can be cut out instead of written anew.
    """
    part = b'"%s":%s,' % (name.encode(), _render(members[name]))
    if text.count(part) == 1:
        return text.replace(part, b"")
    kept = {key: value for key, value in profile.reread(text).items() if key != name}
    return profile.render_checked(kept)


def _render(value: JsonValue) -> bytes:
    if isinstance(value, str):
        return profile.render_text(value)
    if isinstance(value, dict):
        texts = {name: text for name, text in value.items() if isinstance(text, str)}
        if len(texts) == len(value):
            return profile.render_texts(texts)
    return profile.render_checked(value)
