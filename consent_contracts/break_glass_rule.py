"""Break-glass: what counts as a reason and as a second factor, and what a jurisdiction allows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Final, Self

from consent_contracts.recipient import parse_did
from consent_contracts.terms import require_country
from consent_contracts.wire import (
    as_distinct,
    as_duration,
    as_moment,
    require_duration,
    require_known,
    require_name,
    seconds,
)
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import to_timestamp
from ssi_core.strict_json import as_boolean, as_object, as_text

MAX_SESSION: Final = timedelta(minutes=60)
MAX_STALENESS: Final = timedelta(hours=72)
"""How long the log may have been away, at most, where an entry can only be queued."""
MAX_FACTOR_AGE: Final = timedelta(minutes=5)
"""How long ago the second factor was shown, at most."""

_DURATIONS: Final = ("longest", "notice_within", "review_within")
_OPTIONAL: Final = ("roles", "max_staleness")


class EmergencyReason(StrEnum):
    """Why somebody overrides what the person wanted: HL7 ActConsentInformationAccessOverrideReason.

    https://terminology.hl7.org/ValueSet-v3-ActConsentInformationAccessOverrideReason.html, codes of
    v3-ActReason. The list is closed.
    """

    EMERGENCY_TREATMENT = "OVRER"
    PATIENT_INCOMPETENT = "OVRINCOMP"
    PROFESSIONAL_JUDGMENT = "OVRPJ"
    PUBLIC_SAFETY = "OVRPS"
    THIRD_PARTY_SAFETY = "OVRTPS"

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "/reason") -> "EmergencyReason":
        """Read a code as it stands on the wire; an unknown one is refused."""
        for reason in cls:
            if reason.value == value:
                return reason
        raise MalformedError("not a reason to break the glass", at=at)


class FactorKind(Enum):
    """What a means of authentication shows."""

    KNOWLEDGE = "something known"
    POSSESSION = "something held"
    INHERENCE = "something one is"


FACTORS: Final[Mapping[str, FactorKind]] = MappingProxyType(
    {
        "pwd": FactorKind.KNOWLEDGE,
        "pin": FactorKind.KNOWLEDGE,
        "hwk": FactorKind.POSSESSION,
        "swk": FactorKind.POSSESSION,
        "pop": FactorKind.POSSESSION,
        "sc": FactorKind.POSSESSION,
        "otp": FactorKind.POSSESSION,
        "face": FactorKind.INHERENCE,
        "fpt": FactorKind.INHERENCE,
        "iris": FactorKind.INHERENCE,
        "retina": FactorKind.INHERENCE,
        "vbm": FactorKind.INHERENCE,
    }
)
"""Authentication methods of RFC 8176 that count; those that do not are left out (`sms`, `kba`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    """That somebody was authenticated, how (RFC 8176 `amr`), and when; established, not claimed."""

    actor: Did
    methods: frozenset[str]
    verified_at: datetime

    def __post_init__(self) -> None:
        if not self.methods <= FACTORS.keys():
            raise MalformedError("not a method that counts here", at="/second_factor/methods")
        if self.verified_at.utcoffset() is None:
            raise MalformedError("a moment needs a time zone", at="/second_factor/verified_at")

    @property
    def kinds(self) -> frozenset[FactorKind]:
        """What the methods show: it takes two different kinds."""
        return frozenset(FACTORS[method] for method in self.methods)

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "/second_factor") -> Self:
        """Read `{"actor", "methods", "verified_at"}`."""
        source = as_object(value, at=at)
        require_known(source, ("actor", "methods", "verified_at"), at=at)
        return cls(
            actor=parse_did(source.get("actor"), at=f"{at}/actor"),
            methods=as_distinct(source.get("methods"), as_text, at=f"{at}/methods"),
            verified_at=as_moment(source.get("verified_at"), at=f"{at}/verified_at"),
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads."""
        return {
            "actor": str(self.actor),
            "methods": sorted(self.methods),
            "verified_at": to_timestamp(self.verified_at),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyRule:
    """What one jurisdiction (ISO 3166-1 alpha-2) says about overriding a person's will.

    With `absolute_opt_out` nobody overrides an objection there. `longest` is at most 60 minutes;
    `notice_within` and `review_within` are counted from the opening. `roles` are those in which a
    person may do it, any if it does not say; while the log is away, it must have been known for
    `max_staleness`, at most 72 hours.
    """

    jurisdiction: str
    absolute_opt_out: bool
    reasons: frozenset[EmergencyReason]
    longest: timedelta = MAX_SESSION
    notice_within: timedelta
    review_within: timedelta
    roles: frozenset[str] | None = None
    max_staleness: timedelta = MAX_STALENESS

    def __post_init__(self) -> None:
        require_country(self.jurisdiction, at="/rule/jurisdiction")
        if self.roles is not None and not self.roles:
            raise MalformedError("must not be empty", at="/rule/roles")
        if not self.reasons:
            raise MalformedError("must not be empty", at="/rule/reasons")
        for name in (*_DURATIONS, "max_staleness"):
            require_duration(getattr(self, name), at=f"/rule/{name}")
        if self.longest > MAX_SESSION:
            raise MalformedError("lasts an hour at most", at="/rule/longest")
        if self.max_staleness > MAX_STALENESS:
            raise MalformedError("is 72 hours at most", at="/rule/max_staleness")

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "/rule") -> Self:
        """Read the members of this class by their names; durations are in seconds.

        `roles` and `max_staleness` may be missing.
        """
        source = as_object(value, at=at)
        names = ("jurisdiction", "absolute_opt_out", "reasons", *_DURATIONS, *_OPTIONAL)
        require_known(source, names, at=at)
        spans = {name: as_duration(source.get(name), at=f"{at}/{name}") for name in _DURATIONS}
        return cls(
            jurisdiction=as_text(source.get("jurisdiction"), at=f"{at}/jurisdiction"),
            absolute_opt_out=as_boolean(
                source.get("absolute_opt_out"), at=f"{at}/absolute_opt_out"
            ),
            reasons=as_distinct(source.get("reasons"), EmergencyReason.parse, at=f"{at}/reasons"),
            roles=as_distinct(source["roles"], _role, at=f"{at}/roles")
            if "roles" in source
            else None,
            max_staleness=as_duration(source["max_staleness"], at=f"{at}/max_staleness")
            if "max_staleness" in source
            else MAX_STALENESS,
            **spans,
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads."""
        members: dict[str, JsonValue] = {
            "jurisdiction": self.jurisdiction,
            "absolute_opt_out": self.absolute_opt_out,
            "reasons": sorted(reason.value for reason in self.reasons),
            **{name: seconds(getattr(self, name)) for name in _DURATIONS},
        }
        if self.roles is not None:
            members["roles"] = sorted(self.roles)
        if self.max_staleness != MAX_STALENESS:
            members["max_staleness"] = seconds(self.max_staleness)
        return members


def _role(value: JsonValue, *, at: str) -> str:
    return require_name(as_text(value, at=at), at=at)
