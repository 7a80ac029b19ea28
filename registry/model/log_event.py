"""What a log tells those who listen: what ended, was suspended or came back since they last heard.

An event holds nothing that the log does not say, and is the same for everybody who has heard as
much. It can only take a permission away: whoever wants to rely on a grant still asks for evidence.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from registry.model import signed_message
from registry.model.signed_note import VerifierKey
from ssi_core import strict_json
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import MalformedError, ProofError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import Signer
from ssi_core.strict_json import as_array, as_integer, as_object, as_text

EVENT_TYPE: Final = "consent-log-event+jwt"
MAX_CHANGES: Final = 1_000
_MAX_INDEX: Final = 2**53 - 1
_MAX_NAME: Final = 128
_MAX_PATH: Final = 128
_MEMBERS: Final = frozenset({"log", "from", "to", "checkpoint", "consistency", "changed"})


class Standing(StrEnum):
    """What an entry makes of a grant or an accreditation: the four states of the status map."""

    IN_FORCE = "in_force"
    SUSPENDED = "suspended"
    ENDED = "ended"
    SUPERSEDED = "superseded"


# By the type's name, because a log may have entries of types that a listener has never heard of.
CHANGING: Final[Mapping[str, Standing]] = {
    "consent.revoke": Standing.ENDED,
    "consent.supersede": Standing.SUPERSEDED,
    "consent.suspend": Standing.SUSPENDED,
    "consent.resume": Standing.IN_FORCE,
    "accredit.revoke": Standing.ENDED,
    "accredit.suspend": Standing.SUSPENDED,
    "accredit.resume": Standing.IN_FORCE,
}
"""What an entry of each type makes of the grant or accreditation that it is about."""
# Canonical form has no spaces, so this finds candidates without parsing every entry of the log.
_CANDIDATES: Final = tuple(f'"t":"{name}"'.encode() for name in CHANGING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The grant or accreditation `id` has this standing since the entry at `index`."""

    id: str
    index: int
    standing: Standing

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read one element of `changed`."""
        if source.keys() != {"id", "index", "status"}:
            raise MalformedError("a change has id, index and status", at="/changed")
        name = as_text(source["id"], at="/changed/id")
        if not name.isascii() or not 0 < len(name) <= _MAX_NAME:
            raise MalformedError("not the id of a history", at="/changed/id")
        try:
            standing = Standing(as_text(source["status"], at="/changed/status"))
        except ValueError:
            raise MalformedError("not a status that is known", at="/changed/status") from None
        return cls(
            id=name, index=log_index(source["index"], at="/changed/index"), standing=standing
        )

    def to_json(self) -> JsonObject:
        """Return what `parse` reads."""
        return {"id": self.id, "index": self.index, "status": self.standing.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEvent:
    """Everything that changed standing in the entries from `start` up to `end`, which is outside.

    `checkpoint` is the log's note, cosigned, of a tree that has all these entries. `consistency`
    proves that this tree begins with the one of `start` entries, for whoever has seen that one.
    """

    log: str
    start: int
    end: int
    checkpoint: str
    consistency: tuple[bytes, ...]
    changed: tuple[Change, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise MalformedError("an event is about at least one entry", at="/to")
        indexes = [change.index for change in self.changed]
        if len(indexes) > MAX_CHANGES or indexes != sorted(indexes):
            raise MalformedError("changes are bounded, and in the log's order", at="/changed")
        if indexes and not self.start <= indexes[0] <= indexes[-1] < self.end:
            raise MalformedError("a change is within the event", at="/changed")

    @classmethod
    def parse(cls, claims: JsonObject) -> Self:
        """Read the claims of an event, unverified."""
        if claims.keys() != _MEMBERS:
            raise MalformedError("an event has six members, and no others", at="")
        items = as_array(claims["changed"], at="/changed")
        if len(items) > MAX_CHANGES:
            raise MalformedError("an event has more changes than allowed", at="/changed")
        return cls(
            log=as_text(claims["log"], at="/log"),
            start=log_index(claims["from"], at="/from"),
            end=log_index(claims["to"], at="/to"),
            checkpoint=as_text(claims["checkpoint"], at="/checkpoint"),
            consistency=_hashes(claims["consistency"]),
            changed=tuple(Change.parse(as_object(item, at="/changed")) for item in items),
        )

    def to_json(self) -> JsonObject:
        """Return the claims that `parse` reads."""
        return {
            "log": self.log,
            "from": self.start,
            "to": self.end,
            "checkpoint": self.checkpoint,
            "consistency": [base64url_encode(node) for node in self.consistency],
            "changed": [change.to_json() for change in self.changed],
        }


def changes_in(entries: Iterable[bytes | None], *, start: int) -> list[Change]:
    """Return what `entries` change, the first of which is at `start`; gaps change nothing."""
    found: list[Change] = []
    for index, raw in enumerate(entries, start=start):
        if raw is not None and any(candidate in raw for candidate in _CANDIDATES):
            members = strict_json.parse_object(raw, max_bytes=len(raw))
            standing = CHANGING.get(as_text(members.get("t"), at="/t"))
            # What only quotes such a type, within a document, changes nothing.
            if standing is not None:
                name = as_text(members.get("id"), at="/id")
                found.append(Change(id=name, index=index, standing=standing))
    return found


def sign_event(event: LogEvent, *, signer: Signer) -> str:
    """Sign an event with the log's own key."""
    return signed_message.sign(event.to_json(), typ=EVENT_TYPE, signer=signer)


def verify_event(text: str, *, log_key: VerifierKey) -> LogEvent:
    """Return the event if the log with this key signed it; its checkpoint is for a policy."""
    signer = signed_message.did_of(log_key.public_key)
    event = LogEvent.parse(signed_message.verify(text, typ=EVENT_TYPE, signer=signer))
    if event.log != log_key.name:
        raise ProofError("the event is of another log", at="/log")
    return event


def _hashes(value: JsonValue) -> tuple[bytes, ...]:
    at = "/consistency"
    items = as_array(value, at=at)
    if len(items) > _MAX_PATH:
        raise MalformedError("a proof is not as long as this", at=at)
    return tuple(base64url_decode(as_text(item, at=at), at=at) for item in items)


def log_index(value: JsonValue, *, at: str) -> int:
    """Read an index of a log, or the size of one."""
    number = as_integer(value, at=at)
    if not 0 <= number <= _MAX_INDEX:
        raise MalformedError("not an index of a log", at=at)
    return number
