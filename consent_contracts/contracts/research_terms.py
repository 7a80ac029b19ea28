"""The terms of research access, and the people it asks about."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from consent_contracts.access_request import AccessRequest, RequestedItem
from consent_contracts.contracts.facts import Consents
from consent_contracts.contracts.members import parse_items, parse_period
from consent_contracts.purpose import Purpose
from consent_contracts.recipient import parse_did
from consent_contracts.research_use import ResearchUse
from consent_contracts.wire import as_digest, as_list, require_known, require_name
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import Period
from ssi_core.strict_json import as_array, as_integer, as_object, as_text

MAX_PARTICIPANTS: Final = 10_000
_MEMBERS: Final = (
    "study", "researcher", "custodian", "period", "purpose", "items", "research",
    "minimum_group_size", "accredited_by",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ResearchTerms:
    """A study: by whom, on whose data, for how long, for which use, on groups of at least how many.

    `research` is the use that each person's DUO terms are held against.
    """

    study: str
    researcher: Did
    custodian: Did
    period: Period
    purpose: Purpose
    items: tuple[RequestedItem, ...]
    research: ResearchUse
    minimum_group_size: int
    accredited_by: frozenset[Did]

    def __post_init__(self) -> None:
        if self.purpose not in Purpose.HRESCH.covered:
            raise MalformedError("must be a purpose of research", at="/terms/purpose")
        if not 1 <= self.minimum_group_size <= MAX_PARTICIPANTS:
            raise MalformedError("must be between 1 and 10,000", at="/terms/minimum_group_size")

    def request(self, keys: frozenset[str]) -> AccessRequest:
        """Return what is asked of the person who holds `keys`."""
        return AccessRequest(
            recipient=self.researcher,
            purpose=self.purpose,
            items=self.items,
            holder_keys=keys,
            research=self.research,
        )

    @classmethod
    def parse(cls, terms: JsonObject) -> Self:
        """Read the terms; a member that is not known could restrict them, so it is refused."""
        require_known(terms, _MEMBERS, at="/terms")
        size = as_integer(terms.get("minimum_group_size"), at="/terms/minimum_group_size")
        return cls(
            study=require_name(as_text(terms.get("study"), at="/terms/study"), at="/terms/study"),
            researcher=parse_did(terms.get("researcher"), at="/terms/researcher"),
            custodian=parse_did(terms.get("custodian"), at="/terms/custodian"),
            period=parse_period(terms.get("period"), at="/terms/period"),
            purpose=Purpose.parse(terms.get("purpose")),
            items=parse_items(terms.get("items"), at="/terms/items"),
            research=ResearchUse.parse(terms.get("research"), at="/terms/research"),
            minimum_group_size=size,
            accredited_by=frozenset(
                parse_did(each, at=at)
                for each, at in as_list(terms.get("accredited_by"), at="/terms/accredited_by")
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """One person of whom the study asks, by a pseudonym of this study alone (a digest)."""

    member: str
    holder_keys: frozenset[str]
    consents: Consents = field(hash=False)

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> Self:
        """Read `{"member", "holder_keys", "consent"}`."""
        source = as_object(value, at=at)
        require_known(source, ("member", "holder_keys", "consent"), at=at)
        keys = as_list(source.get("holder_keys"), at=f"{at}/holder_keys")
        return cls(
            member=as_digest(source.get("member"), at=f"{at}/member"),
            holder_keys=frozenset(as_digest(key, at=where) for key, where in keys),
            consents=Consents.parse(source.get("consent"), at=f"{at}/consent"),
        )


def parse_participants(value: JsonValue, *, at: str) -> tuple[Participant, ...]:
    """Read an array, which may be empty, in which neither a member nor a key stands twice."""
    values: Sequence[JsonValue] = as_array(value, at=at)
    if len(values) > MAX_PARTICIPANTS:
        raise MalformedError("has more elements than allowed", at=at)
    found = tuple(Participant.parse(each, at=f"{at}/{place}") for place, each in enumerate(values))
    keys = [key for each in found for key in each.holder_keys]
    if len({each.member for each in found}) != len(found) or len(set(keys)) != len(keys):
        raise MalformedError("one person counts once", at=at)
    return found
