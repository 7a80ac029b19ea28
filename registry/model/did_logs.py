"""Organisations' did:webvh logs, line by line, with the first in the log winning."""

from dataclasses import dataclass
from typing import Final, Self

from registry.model.envelope import Entry
from ssi_core.did.document import VerificationRelationship
from ssi_core.did.syntax import Did
from ssi_core.did.webvh import WebvhState, log_url
from ssi_core.errors import ConflictError, DeactivatedError, MalformedError, RejectedError
from ssi_core.json_types import JsonObject
from ssi_core.keys import PublicKey
from ssi_core.strict_json import as_array, as_integer, as_object, as_text

# Whoever reads a DID verifies all of its versions, so a stranger must not add them without end.
MAX_VERSIONS: Final = 256
_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class DidOp:
    """What a `did.op` entry says: one more line of a DID's own log, which proves itself."""

    did: Did
    line: JsonObject

    @classmethod
    def parse(cls, entry: Entry) -> Self:
        """Read the line as far as the DID it is about; it is verified against those before it."""
        entry.require_members({"line"})
        line = as_object(entry.members["line"], at="/line")
        state = as_object(line.get("state"), at="/line/state")
        did = Did.parse(as_text(state.get("id"), at="/line/state/id"), at="/line/state/id")
        if did.method != "webvh":
            raise MalformedError("only did:webvh logs stand in the log", at="/line/state/id")
        return cls(did, line)


@dataclass(frozen=True, slots=True, kw_only=True)
class DidLogRecord:
    """What a log prefix makes true of one DID: the state after all of its lines."""

    entries: tuple[int, ...]
    state: WebvhState

    @property
    def did(self) -> Did:
        """Whose log this is."""
        return self.state.did

    @property
    def location(self) -> str:
        """The URL at which the DID says its log is published; no two DIDs share one."""
        return log_url(self.state.did)

    def signing_key(self, method_id: str) -> PublicKey:
        """Return the key `method_id` if the DID is active and makes assertions with it."""
        if self.state.deactivated:
            raise DeactivatedError("the issuer's DID has been deactivated", at="/iss")
        return self.state.document.key_for(method_id, VerificationRelationship.ASSERTION_METHOD)

    def to_json(self) -> JsonObject:
        """Return what a store keeps: the rest is in the entries."""
        return {"entries": list(self.entries)}


def entries_from_json(body: JsonObject) -> tuple[int, ...]:
    """Return the indexes that `DidLogRecord.to_json` wrote."""
    return tuple(
        as_integer(index, at="/entries") for index in as_array(body.get("entries"), at="/entries")
    )


def extend(
    content: DidOp, found: DidLogRecord | None, occupant: DidLogRecord | None, *, index: int
) -> DidLogRecord:
    """Return the record after the line at `index`; the first line for a version wins.

    After 256 versions a DID can only be deactivated.

    `occupant` is the DID that lives at the location of `content.did`, if any.
    """
    if found is None:
        state = WebvhState.first(content.line)
        if occupant is not None:
            first = occupant.entries[0]
            raise ConflictError(
                "another DID lives at that location", at="/line/state/id", winner=first
            )
        return DidLogRecord(entries=(index,), state=state)
    state = _then(found, content.line)
    if state.did != found.did:
        raise RejectedError("a DID does not move while its log is kept here", at="/line/state/id")
    if len(found.entries) >= MAX_VERSIONS and not state.deactivated:
        raise RejectedError("the DID has as many versions as it may have here", at="/line")
    return DidLogRecord(entries=(*found.entries, index), state=state)


def _then(found: DidLogRecord, line: JsonObject) -> WebvhState:
    """Return the state after `line`; where it lost to another, the error names that entry."""
    number = version_of(line)
    known = number is not None and number <= len(found.entries)
    try:
        return found.state.then(line)
    except ConflictError as error:
        winner = found.entries[number - 1] if number and known else found.entries[-1]
        raise ConflictError(error.reason, at=error.at, winner=winner) from None
    except DeactivatedError as error:
        if number is None or not known:
            raise
        # The deactivation, or a version before it, was there first: that is a race like any other.
        raise ConflictError(
            error.reason, at="/versionId", winner=found.entries[number - 1]
        ) from None


def version_of(line: JsonObject) -> int | None:
    """Return the number of the version that `line` says it is; nothing if it says none."""
    version = line.get("versionId")
    number = version.partition("-")[0] if isinstance(version, str) else ""
    if not (number.isascii() and number.isdecimal() and len(number) <= _DIGITS):
        return None
    return int(number) or None
