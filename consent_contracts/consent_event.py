"""Events in the life of a given consent, as a receipt lists them, and the state they lead to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Self, TypeVar

from consent_contracts import lifecycle
from consent_contracts.grant import Grant
from consent_contracts.lifecycle import Consent, EndedConsent, GivenConsent, LiveConsent
from consent_contracts.wire import MAX_LIST, require_known, require_name, require_whole_seconds
from ssi_core.errors import ConflictError, MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import from_rfc3339, to_rfc3339
from ssi_core.strict_json import as_object, as_text

_E = TypeVar("_E", bound=StrEnum)


class EventKind(StrEnum):
    """What happened to a consent; the list is closed."""

    GIVEN = "given"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"


class EventParty(StrEnum):
    """Who made it happen: the person, or whoever acts for the person."""

    DATA_SUBJECT = "data_subject"
    REPRESENTATIVE = "representative"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEvent:
    """One event. Time alone expires a consent, so nobody is named there; `by_grant` supersedes."""

    kind: EventKind
    at: datetime
    party: EventParty | None = None
    by_grant: str | None = None

    def __post_init__(self) -> None:
        require_whole_seconds(self.at, at="/events/at")
        if (self.party is None) != (self.kind is EventKind.EXPIRED):
            raise MalformedError("somebody makes it happen, or time alone does", at="/events/party")
        if (self.by_grant is None) != (self.kind is not EventKind.SUPERSEDED):
            raise MalformedError(
                "another grant supersedes, and nothing else", at="/events/by_grant"
            )
        if self.by_grant is not None:
            require_name(self.by_grant, at="/events/by_grant")

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "/events") -> Self:
        """Read `{"event", "at", "party"?, "by_grant"?}`; `at` is an RFC 3339 date-time."""
        source = as_object(value, at=at)
        require_known(source, ("event", "at", "party", "by_grant"), at=at)
        return cls(
            kind=_member(EventKind, source.get("event"), at=f"{at}/event"),
            at=from_rfc3339(as_text(source.get("at"), at=f"{at}/at"), at=f"{at}/at"),
            party=_member(EventParty, source["party"], at=f"{at}/party")
            if "party" in source
            else None,
            by_grant=as_text(source["by_grant"], at=f"{at}/by_grant")
            if "by_grant" in source
            else None,
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads."""
        members: dict[str, JsonValue] = {"event": self.kind.value, "at": to_rfc3339(self.at)}
        if self.party is not None:
            members["party"] = self.party.value
        if self.by_grant is not None:
            members["by_grant"] = self.by_grant
        return members


def replay(grant: Grant, events: Sequence[ConsentEvent]) -> LiveConsent | EndedConsent:
    """Return the consent that `events`, in their order, lead to.

    `MalformedError` unless they begin with giving, whoever gave is whom the grant says, and each
    leads on from the one before, as `lifecycle` has it.
    """
    if not 0 < len(events) <= MAX_LIST:
        raise MalformedError("must have between 1 and 256 elements", at="/events")
    first, *others = events
    party = EventParty.DATA_SUBJECT if grant.grantor is None else EventParty.REPRESENTATIVE
    if first.kind is not EventKind.GIVEN or first.party is not party:
        raise MalformedError("a consent begins with whoever gave it", at="/events/0")
    if grant.period.end is not None and first.at >= grant.period.end:
        raise MalformedError("the time of this grant was over", at="/events/0/at")
    consent: LiveConsent | EndedConsent = GivenConsent(grant, first.at)
    for place, event in enumerate(others, 1):
        try:
            consent = _next(consent, event)
        except ConflictError:
            raise MalformedError(
                "does not follow from what came before", at=f"/events/{place}"
            ) from None
    return consent


def _next(consent: Consent, event: ConsentEvent) -> LiveConsent | EndedConsent:
    if event.kind is EventKind.GIVEN:
        raise ConflictError("a consent is given once")
    if event.kind is EventKind.SUPERSEDED:
        return lifecycle.supersede(consent, by=event.by_grant or "", at=event.at)
    return _TRANSITIONS[event.kind](consent, at=event.at)


_TRANSITIONS: Final[MappingProxyType[EventKind, Callable[..., LiveConsent | EndedConsent]]] = (
    MappingProxyType(
        {
            EventKind.SUSPENDED: lifecycle.suspend,
            EventKind.RESUMED: lifecycle.resume,
            EventKind.WITHDRAWN: lifecycle.withdraw,
            EventKind.EXPIRED: lifecycle.expire,
        }
    )
)


def _member(kind: type[_E], value: JsonValue, *, at: str) -> _E:
    for member in kind:
        if member.value == value:
            return member
    raise MalformedError("not a word that is known here", at=at)
