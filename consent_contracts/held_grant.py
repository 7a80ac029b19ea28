"""A grant as a custodian holds it: what is known of it, and what may end it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Self

from consent_contracts.lifecycle import GrantState
from consent_contracts.record import GrantRecord
from consent_contracts.state_evidence import newest
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.strict_json import as_object, as_text

_SECOND: Final = timedelta(seconds=1)
_SKEW: Final = timedelta(minutes=1)
# What can stand in a path, and in a shell.
_ID: Final = re.compile(r"[A-Za-z0-9_.:~-]{1,128}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldGrant:
    """A record, and the credential that it was read from; without one nobody has signed it here.

    `control_key` is the grant's own key (a Multikey): what it signs may end the grant.
    """

    record: GrantRecord
    credential: str | None = None
    control_key: str | None = None

    def __post_init__(self) -> None:
        require_plain_id(self.record.grant.id, at="/grant/grant_id")

    @property
    def id(self) -> str:
        """The grant's id."""
        return self.record.grant.id or ""

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read what `to_json` wrote."""
        credential, key = source.get("credential"), source.get("control_key")
        return cls(
            record=GrantRecord.parse(as_object(source.get("record"), at="/record")),
            credential=None if credential is None else as_text(credential, at="/credential"),
            control_key=None if key is None else as_text(key, at="/control_key"),
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads."""
        return {
            "record": self.record.to_json(),
            "credential": self.credential,
            "control_key": self.control_key,
        }

    def found_by(self) -> Iterator[str]:
        """Yield what it is looked up by: holder keys, and the grant that it takes the place of."""
        yield from (f"key:{key}" for key in self.record.grant.holder_keys)
        if self.record.grant.supersedes is not None:
            yield superseding(self.record.grant.supersedes)

    def observed(self, state: GrantState, known_at: datetime) -> Self:
        """Return the grant with newer evidence; what has ended stays so, and time runs forwards."""
        record = self.record
        after, since = newest(record.state, record.known_at, told=state, told_at=known_at)
        return replace(self, record=replace(record, state=after, known_at=since))

    def used(self, *, at: datetime) -> Self:
        """Return the grant after one more use, which is kept as a whole second, the next one."""
        moment = at if not at.microsecond else at.replace(microsecond=0) + _SECOND
        record = replace(self.record, uses=self.record.uses + 1, last_used_at=moment)
        return replace(self, record=record)

    @property
    def has_ended(self) -> bool:
        """Whether it is known to have ended; nothing brings it back."""
        return self.record.state is not None and self.record.state.is_terminal

    @property
    def counts_uses(self) -> bool:
        """Whether a use changes what the grant permits later."""
        limits = self.record.grant.limits
        return limits.uses is not None or limits.interval is not None


def superseding(grant_id: str) -> str:
    """Return what grants are found by that take the place of `grant_id`."""
    return f"supersedes:{grant_id}"


def require_past(record: GrantRecord, *, now: datetime) -> GrantRecord:
    """Return the record unless it says to be known in the future, where nothing gets too old."""
    require_known_by(record.known_at, now=now)
    require_known_by(record.last_used_at, now=now, at="/last_used_at")
    return record


def require_known_by(moment: datetime | None, *, now: datetime, at: str = "/known_at") -> None:
    """Refuse a moment that lies in the future, but for a minute between two clocks."""
    if moment is not None and moment > now + _SKEW:
        raise MalformedError("lies in the future", at=at)


def require_plain_id(text: str | None, *, at: str) -> str:
    """Return the id of what is kept, if it can stand in a path: 1 to 128 letters, digits, _.:~-."""
    if text is None or _ID.fullmatch(text) is None:
        raise MalformedError("what is kept has a plain id", at=at)
    return text
