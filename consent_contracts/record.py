"""A grant together with what is known about its state, and since when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from consent_contracts.grant import Grant
from consent_contracts.lifecycle import GrantState
from consent_contracts.wire import as_moment, require_known
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import to_timestamp
from ssi_core.strict_json import as_integer, as_object

ANY_AGE: Final = timedelta.max
"""What a policy without a limit of its own accepts as the age of evidence; grants have theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRecord:
    """A grant and the evidence about it.

    `state` is what the log said at `known_at`; both are `None` when that could not be found out.
    `uses` and `last_used_at` are the recipient's own count, for limits on use.
    """

    grant: Grant
    state: GrantState | None
    known_at: datetime | None
    uses: int = 0
    last_used_at: datetime | None = None

    def __post_init__(self) -> None:
        if (self.state is None) != (self.known_at is None):
            raise MalformedError("a state is known since some moment", at="/known_at")
        for moment in (self.known_at, self.last_used_at):
            if moment is not None and moment.utcoffset() is None:
                raise MalformedError("a moment needs a time zone")
        if self.uses < 0 or (self.uses > 0) != (self.last_used_at is not None):
            raise MalformedError("a use has happened at some moment", at="/last_used_at")

    @classmethod
    def unknown(cls, grant: Grant) -> Self:
        """Return the record of a grant whose state could not be found out."""
        return cls(grant=grant, state=None, known_at=None)

    @classmethod
    def parse(cls, value: JsonValue) -> Self:
        """Read `{"grant", "state", "known_at", "uses"?, "last_used_at"?}`."""
        source = as_object(value, at="")
        require_known(source, ("grant", "state", "known_at", "uses", "last_used_at"), at="")
        state = source.get("state")
        return cls(
            grant=Grant.parse(as_object(source.get("grant"), at="/grant")),
            state=None if state is None else GrantState.parse(state),
            known_at=_moment(source, "known_at"),
            uses=as_integer(source.get("uses", 0), at="/uses"),
            last_used_at=_moment(source, "last_used_at"),
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads; fractions of seconds are cut off."""
        members: dict[str, JsonValue] = {
            "grant": self.grant.to_json(),
            "state": None if self.state is None else self.state.value,
            "known_at": None if self.known_at is None else to_timestamp(self.known_at),
        }
        if self.last_used_at is not None:
            members |= {"uses": self.uses, "last_used_at": to_timestamp(self.last_used_at)}
        return members


def _moment(source: JsonObject, name: str) -> datetime | None:
    value = source.get(name)
    return None if value is None else as_moment(value, at=f"/{name}")
