"""A grant as a custodian holds it: what is known of it, and what may end it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Self

from consent_contracts.lifecycle import GrantState
from consent_contracts.record import GrantRecord
from ssi_core.errors import ConflictError, MalformedError
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
        if self.record.grant.id is None or _ID.fullmatch(self.record.grant.id) is None:
            raise MalformedError("a grant that is kept has a plain id", at="/grant/grant_id")

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
        if record.state is not None and record.state.is_terminal:
            if state is not record.state:
                raise ConflictError("this consent has ended, and stays so")
            return self
        # An end that is told late is an end all the same.
        if record.known_at is not None and known_at < record.known_at and not state.is_terminal:
            raise ConflictError("something newer is known already")
        latest = max(known_at, record.known_at or known_at)
        return replace(self, record=replace(record, state=state, known_at=latest))

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
    for name, moment in (("/known_at", record.known_at), ("/last_used_at", record.last_used_at)):
        if moment is not None and moment > now + _SKEW:
            raise MalformedError("lies in the future", at=name)
    return record
