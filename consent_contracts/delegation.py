"""A delegation: who may act for a person, how many of them together, in what, and until when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from consent_contracts.basis import Basis, parse_basis, render_basis
from consent_contracts.extent import Claimed, Extent
from consent_contracts.grant import parse_purposes, parse_scope
from consent_contracts.lifecycle import GrantState
from consent_contracts.purpose import Purpose, covered_by
from consent_contracts.wire import (
    MAX_LIST,
    as_digest,
    as_distinct,
    as_duration,
    as_moment,
    require_digest,
    require_duration,
    require_known,
    require_name,
    require_whole_seconds,
    seconds,
)
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import Period, to_timestamp
from ssi_core.strict_json import as_integer, as_object, as_text

MAX_DELEGATION: Final = timedelta(days=9132)
"""25 years: from birth to the latest majority there is, and some more."""
EVERYTHING: Final = "all"

_MEMBERS: Final = (
    "delegation_id", "log", "nbf", "exp", "subject", "basis", "representatives", "acts",
    "purposes", "scope", "max_staleness",
)  # fmt: skip


class RepresentativeKind(StrEnum):
    """What a representative is to the person; the list is closed."""

    GUARDIAN = "guardian"
    FAMILY_DOCTOR = "family_doctor"
    ADDITIONAL = "additional"
    """Somebody beside the others: HealthyBlock's "custodian"."""
    PROXY = "proxy"

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> "RepresentativeKind":
        """Read a kind as it stands on the wire; an unknown one is refused."""
        for kind in cls:
            if kind.value == value:
                return kind
        raise MalformedError("not a kind of representative that is known here", at=at)


class Act(StrEnum):
    """What representatives can be let do; the list is closed."""

    GIVE = "give"
    """Give grants, object, and let grants permit again."""
    WITHDRAW = "withdraw"
    """Refuse, suspend and withdraw."""
    SEE = "see"
    """See the data themselves."""
    DELEGATE = "delegate"
    """Pass on a part of this."""

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> "Act":
        """Read an act as it stands on the wire; an unknown one is refused."""
        for act in cls:
            if act.value == value:
                return act
        raise MalformedError("not an act that is known here", at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """What a log records about representatives; complete only with the state the log gives it.

    `id` is the log entry's. `holder_keys` are those of the person who is represented (thumbprints,
    RFC 7638), `representatives` the thumbprints of the representatives' own, of whom `threshold`
    have to agree. Without a `scope` it is about all data. Nothing lasts longer than 25 years.
    """

    id: str | None = None
    log: str
    holder_keys: frozenset[str]
    basis: Basis
    kind: RepresentativeKind
    representatives: frozenset[str]
    threshold: int = 1
    acts: frozenset[Act]
    purposes: frozenset[Purpose]
    scope: Claimed | None = None
    period: Period
    max_staleness: timedelta

    def __post_init__(self) -> None:
        given = () if self.scope is None else (*self.scope.claims, *self.scope.records)
        for name, items in (
            ("/subject/keys", self.holder_keys),
            ("/representatives/keys", self.representatives),
            ("/acts", self.acts),
            ("/purposes", self.purposes),
            ("/scope", (EVERYTHING,) if self.scope is None else given),
        ):
            if not 0 < len(items) <= MAX_LIST:
                raise MalformedError("must have between 1 and 256 elements", at=name)
        if self.id is not None:
            require_name(self.id, at="/delegation_id")
        require_name(self.log, at="/log")
        for key in self.holder_keys | self.representatives:
            require_digest(key, at="/representatives/keys")
        self._require_sense()

    def _require_sense(self) -> None:
        if not 1 <= self.threshold <= len(self.representatives):
            raise MalformedError("asks for none, or for more than there are", at="/representatives")
        if self.holder_keys & self.representatives:
            raise MalformedError("nobody represents themselves", at="/representatives/keys")
        if self.period.start is None or self.period.end is None:
            raise MalformedError("a delegation has a beginning and an end", at="/exp")
        require_whole_seconds(self.period.start, at="/nbf")
        require_whole_seconds(self.period.end, at="/exp")
        if self.period.end - self.period.start > MAX_DELEGATION:
            raise MalformedError("a delegation lasts 25 years at most", at="/exp")
        require_duration(self.max_staleness, at="/max_staleness")

    @property
    def extent(self) -> Extent:
        """How far it reaches."""
        return Extent(
            holder_keys=self.holder_keys,
            purposes=covered_by(self.purposes),
            scope=self.scope,
            period=self.period,
        )

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "") -> Self:
        """Read a delegation as JSON; a member that is not known here is refused."""
        source = as_object(value, at=at)
        require_known(source, _MEMBERS, at=at)
        found_id, scope = source.get("delegation_id"), source.get("scope")
        subject = as_object(source.get("subject"), at="/subject")
        require_known(subject, ("keys",), at="/subject")
        people = as_object(source.get("representatives"), at="/representatives")
        require_known(people, ("kind", "keys", "threshold"), at="/representatives")
        return cls(
            id=None if found_id is None else as_text(found_id, at="/delegation_id"),
            log=as_text(source.get("log"), at="/log"),
            holder_keys=as_distinct(subject.get("keys"), as_digest, at="/subject/keys"),
            basis=parse_basis(source.get("basis")),
            kind=RepresentativeKind.parse(people.get("kind"), at="/representatives/kind"),
            representatives=as_distinct(people.get("keys"), as_digest, at="/representatives/keys"),
            threshold=as_integer(people.get("threshold"), at="/representatives/threshold"),
            acts=as_distinct(source.get("acts"), Act.parse, at="/acts"),
            purposes=parse_purposes(source.get("purposes"), at="/purposes"),
            scope=None if scope == EVERYTHING else Claimed(*parse_scope(scope)),
            period=Period(
                as_moment(source.get("nbf"), at="/nbf"), as_moment(source.get("exp"), at="/exp")
            ),
            max_staleness=as_duration(source.get("max_staleness"), at="/max_staleness"),
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads."""
        named = {} if self.id is None else {"delegation_id": self.id}
        start, end = self.period.start, self.period.end
        return {
            **named,
            "log": self.log,
            "nbf": None if start is None else to_timestamp(start),
            "exp": None if end is None else to_timestamp(end),
            "subject": {"keys": sorted(self.holder_keys)},
            "basis": render_basis(self.basis),
            "representatives": {
                "kind": self.kind.value,
                "keys": sorted(self.representatives),
                "threshold": self.threshold,
            },
            "acts": sorted(act.value for act in self.acts),
            "purposes": sorted(purpose.value for purpose in self.purposes),
            "scope": EVERYTHING if self.scope is None else self.scope.to_json(),
            "max_staleness": seconds(self.max_staleness),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationRecord:
    """A delegation and what the log said of it at `known_at`; both `None` if not found out.

    Whoever makes the record has verified the delegation: signed by those whom `basis` names, and an
    appointment by an authority that the caller accepts.
    """

    delegation: Delegation
    state: GrantState | None
    known_at: datetime | None

    def __post_init__(self) -> None:
        if self.delegation.id is None:
            raise MalformedError("a delegation counts once it is logged", at="/delegation_id")
        if (self.state is None) != (self.known_at is None):
            raise MalformedError("a state is known since some moment", at="/known_at")
        if self.known_at is not None and self.known_at.utcoffset() is None:
            raise MalformedError("a moment needs a time zone", at="/known_at")

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "") -> Self:
        """Read `{"delegation", "state", "known_at"}`."""
        source = as_object(value, at=at)
        require_known(source, ("delegation", "state", "known_at"), at=at)
        state, known_at = source.get("state"), source.get("known_at")
        return cls(
            delegation=Delegation.parse(source.get("delegation"), at=f"{at}/delegation"),
            state=None if state is None else GrantState.parse(state, at=f"{at}/state"),
            known_at=None if known_at is None else as_moment(known_at, at=f"{at}/known_at"),
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads; fractions of seconds are cut off."""
        return {
            "delegation": self.delegation.to_json(),
            "state": None if self.state is None else self.state.value,
            "known_at": None if self.known_at is None else to_timestamp(self.known_at),
        }
