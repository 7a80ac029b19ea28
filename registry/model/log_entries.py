"""What a log says of its own governance: who speaks for it, and where it goes on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from registry.model.envelope import (
    MAX_PROOFS,
    Entry,
    EntryType,
    Proof,
    digest_at,
    integer_at,
    moment_at,
    multihash_at,
    text_at,
)
from registry.model.signed_note import require_name
from registry.model.strict_keys import strict_multikey
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_array, as_object, as_text, as_texts

MAX_KEYS: Final = 8
MAX_MEMBERS: Final = 32
ENDINGS: Final = frozenset(
    {
        EntryType.CONSENT_REVOKE,
        EntryType.CONSENT_SUSPEND,
        EntryType.CONSENT_REDACT,
        EntryType.ACCREDIT_REVOKE,
        EntryType.ACCREDIT_SUSPEND,
    }
)
"""What a handover may still allow: entries that end or suspend, and nothing that gives more."""
_POLICY: Final = frozenset({"id", "seq", "prev", "keys", "members", "quorum", "n", "ts", "proof"})
_MEMBER: Final = frozenset({"name", "key"})
_HANDOVER: Final = frozenset({"next", "allows", "n", "ts", "proof"})
_NEXT: Final = frozenset({"origin", "key"})


@dataclass(frozen=True, slots=True)
class Member:
    """Who has a say about a log: a name, and the Multikey that it signs with."""

    name: str
    key: str

    def to_json(self) -> JsonObject:
        """Return the member as entries write it."""
        return {"name": self.name, "key": self.key}

    @classmethod
    def from_json(cls, value: JsonValue) -> Self:
        """Read what `to_json` wrote."""
        body = as_object(value, at="/members")
        if body.keys() != _MEMBER:
            raise MalformedError("a member has a name and a key", at="/members")
        name = text_at(body, "name")
        require_name(name)
        return cls(name, key_at(body, "key"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """What a `log.policy` entry says: the log's own keys, and how many of whom speak for it."""

    id: str
    sequence: int
    previous: str | None
    keys: tuple[str, ...]
    members: tuple[Member, ...]
    quorum: int
    proofs: tuple[Proof, ...]

    @classmethod
    def parse(cls, entry: Entry) -> Self:
        """Read the members; who must have signed it stands in the policy before."""
        body = entry.members
        entry.require_members(_POLICY)
        sequence = integer_at(body, "seq")
        if (sequence == 0) != (body["prev"] is None):
            raise MalformedError("the first policy, and no other, has no prev", at="/prev")
        digest_at(body, "n")
        moment_at(body, "ts")
        members = _members(body)
        quorum = integer_at(body, "quorum")
        if not 0 < quorum <= min(len(members), MAX_PROOFS):
            raise MalformedError("a quorum is some of the members, or all", at="/quorum")
        return cls(
            id=multihash_at(body, "id") if sequence else entry.require_inception_id(),
            sequence=sequence,
            previous=multihash_at(body, "prev") if sequence else None,
            keys=_keys(body),
            members=members,
            quorum=quorum,
            proofs=entry.proofs(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What a `log.handover` entry says: which log goes on, and what may still come in this one.

    `next_key` is the Multikey that the next log signs with.
    """

    next_origin: str
    next_key: str
    allows: tuple[EntryType, ...]
    proofs: tuple[Proof, ...]

    @classmethod
    def parse(cls, entry: Entry) -> Self:
        """Read the members; who must have signed it stands in the log's policy."""
        body = entry.members
        entry.require_members(_HANDOVER)
        digest_at(body, "n")
        moment_at(body, "ts")
        following = as_object(body["next"], at="/next")
        if following.keys() != _NEXT:
            raise MalformedError("the next log has an origin and a key", at="/next")
        origin = as_text(following["origin"], at="/next/origin")
        require_name(origin)
        if origin == entry.log:
            raise MalformedError("a log is not handed over to itself", at="/next/origin")
        return cls(
            next_origin=origin,
            next_key=key_at(following, "key"),
            allows=allowed_at(body, "allows"),
            proofs=entry.proofs(),
        )


def key_at(body: JsonObject, name: str) -> str:
    """Return the member `name` if it is the Multikey of an Ed25519 key that all treat alike."""
    text = text_at(body, name)
    strict_multikey(text, at=f"/{name}")
    return text


def allowed_at(body: JsonObject, name: str) -> tuple[EntryType, ...]:
    """Return the member `name` if it lists types that end something, sorted, each once."""
    texts = [as_text(item, at=f"/{name}") for item in as_array(body.get(name), at=f"/{name}")]
    known = {kind.value: kind for kind in ENDINGS}
    if texts != sorted(set(texts)) or not known.keys() >= set(texts):
        raise MalformedError("only what ends or suspends may follow a handover", at=f"/{name}")
    return tuple(known[text] for text in texts)


def _keys(body: JsonObject) -> tuple[str, ...]:
    keys = as_texts(body["keys"], at="/keys")
    _require_some(keys, most=MAX_KEYS, at="/keys")
    for key in keys:
        strict_multikey(key, at="/keys")
    return keys


def _members(body: JsonObject) -> tuple[Member, ...]:
    items = as_array(body["members"], at="/members")
    if len(items) > MAX_MEMBERS:
        raise MalformedError("too many, or not sorted, or one twice", at="/members")
    members = tuple(Member.from_json(item) for item in items)
    _require_some([member.name for member in members], most=MAX_MEMBERS, at="/members")
    if len({member.key for member in members}) != len(members):
        raise MalformedError("no two members have one key", at="/members")
    return members


def _require_some(names: Sequence[str], *, most: int, at: str) -> None:
    if not 0 < len(names) <= most or list(names) != sorted(set(names)):
        raise MalformedError("none, too many, not sorted, or one twice", at=at)
