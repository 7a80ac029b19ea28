"""Publications of status lists: the digest of each version, so that all verifiers see one list."""

import re
from dataclasses import dataclass
from typing import Final, Self

from registry.model.accreditations import organisation_at
from registry.model.envelope import (
    Entry,
    digest_at,
    integer_at,
    moment_at,
    multihash_at,
    text_at,
)
from ssi_core.did.syntax import Did
from ssi_core.errors import ConflictError, MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.strict_json import as_integer, as_text

_MEMBERS: Final = frozenset({"id", "seq", "prev", "iss", "uri", "dig", "ttl", "n", "ts", "proof"})
_URI: Final = re.compile(
    r"(?:https://[A-Za-z0-9.-]+|http://(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\]))(?::[0-9]{1,5})?"
    r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?",
    re.ASCII,
)
_MAX_URI: Final = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPublish:
    """What a `status.publish` entry says. `digest` is of the list's JCS form, `ttl` in seconds."""

    id: str
    sequence: int
    previous: str | None
    issuer: Did
    uri: str
    digest: str
    ttl: int
    published_at: int

    @classmethod
    def parse(cls, entry: Entry) -> Self:
        """Read the members; the proof needs the issuer's keys, which the log prefix holds."""
        members = entry.members
        entry.require_members(_MEMBERS)
        sequence = integer_at(members, "seq")
        if (sequence == 0) != (members["prev"] is None):
            raise MalformedError("the first publication, and no other, has no prev", at="/prev")
        digest_at(members, "n")
        return cls(
            id=multihash_at(members, "id") if sequence else entry.require_inception_id(),
            sequence=sequence,
            previous=multihash_at(members, "prev") if sequence else None,
            issuer=organisation_at(members, "iss"),
            uri=_uri(members),
            digest=digest_at(members, "dig"),
            ttl=integer_at(members, "ttl"),
            published_at=moment_at(members, "ts"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusListRecord:
    """What a log prefix makes true of one issuer's list: its latest publication."""

    id: str
    issuer: Did
    uri: str
    sequence: int
    digest: str
    latest: int
    latest_digest: str

    @property
    def entries(self) -> tuple[int, ...]:
        """The index of the latest publication."""
        return (self.latest,)

    def to_json(self) -> JsonObject:
        """Return what a store keeps of this record."""
        return {
            "id": self.id,
            "iss": str(self.issuer),
            "uri": self.uri,
            "seq": self.sequence,
            "dig": self.digest,
            "latest": self.latest,
            "latest_digest": self.latest_digest,
        }

    @classmethod
    def from_json(cls, body: JsonObject) -> Self:
        """Read what `to_json` wrote."""
        return cls(
            id=text_at(body, "id"),
            issuer=organisation_at(body, "iss"),
            uri=text_at(body, "uri"),
            sequence=integer_at(body, "seq"),
            digest=text_at(body, "dig"),
            latest=as_integer(body.get("latest"), at="/latest"),
            latest_digest=as_text(body.get("latest_digest"), at="/latest_digest"),
        )


def publish(
    content: StatusPublish, found: StatusListRecord | None, *, index: int, entry_digest: str
) -> StatusListRecord:
    """Return the record after the publication at `index`: one more than the last, and after it."""
    expected = 0 if found is None else found.sequence + 1
    winner = None if found is None else found.latest
    if content.sequence != expected:
        raise ConflictError(
            "the publication does not follow the last one", at="/seq", winner=winner
        )
    if found is not None and (content.id, content.previous) != (found.id, found.latest_digest):
        raise ConflictError("the publication follows another one", at="/prev", winner=winner)
    return StatusListRecord(
        id=content.id,
        issuer=content.issuer,
        uri=content.uri,
        sequence=content.sequence,
        digest=content.digest,
        latest=index,
        latest_digest=entry_digest,
    )


def _uri(members: JsonObject) -> str:
    uri = text_at(members, "uri")
    if len(uri) > _MAX_URI or _URI.fullmatch(uri) is None:
        raise MalformedError("a status list's URI is https, without query", at="/uri")
    return uri
