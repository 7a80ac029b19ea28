"""The profiles of IHE Privacy Consent on FHIR for explicit consents: basic, intermediate, advanced.

https://profiles.ihe.net/ITI/PCF. Each says which elements of an R4 Consent must be there and which
must not. The codes that it lists for purposes and labels may be extended, so they are not checked.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from consent_contracts.fhir.vocabulary import PARTICIPATION, PATIENT_PRIVACY
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_array, as_object

_ONE: Final = ("status", "scope", "patient", "dateTime", "provision")
_SOME: Final = ("category", "performer", "organization", "policy")
_RECIPIENT: Final = f"{PARTICIPATION}|IRCP"
_RELATED: Final = ("Encounter", "CarePlan", "EpisodeOfCare")
_AUTHORS: Final = (
    "Practitioner", "PractitionerRole", "Organization", "Device", "Group", "CareTeam", "Patient",
    "RelatedPerson",
)  # fmt: skip
_MEANINGS: Final[Mapping[str, tuple[str, ...] | None]] = MappingProxyType(
    {"instance": None, "related": _RELATED, "authoredby": _AUTHORS}
)


class PcfProfile(StrEnum):
    """A profile for explicit consents, by how much it lets a consent say."""

    BASIC = "basic"
    INTERMEDIATE = "intermediate"
    ADVANCED = "advanced"


_FORBIDDEN: Final = MappingProxyType(
    {
        PcfProfile.BASIC: ("securityLabel", "dataPeriod", "data", "provision"),
        PcfProfile.INTERMEDIATE: ("securityLabel",),
        PcfProfile.ADVANCED: (),
    }
)


def require_profile(consent: JsonObject, profile: PcfProfile) -> JsonObject:
    """Return an R4 Consent that keeps to `profile`, or name the element that does not."""
    _require_foundation(consent)
    provision = as_object(consent["provision"], at="/provision")
    _forbid(provision, _FORBIDDEN[profile], at="/provision")
    if profile is PcfProfile.INTERMEDIATE:
        _require_meanings(provision, at="/provision", once=False)
        for inner, at in _items(provision, "provision", at="/provision"):
            _require_meanings(inner, at=at, once=True)
    return consent


def _require_foundation(consent: JsonObject) -> None:
    if consent.get("resourceType") != "Consent":
        raise MalformedError("not a Consent", at="/resourceType")
    _ask(consent, (*_ONE, *_SOME), at="")
    if ("sourceAttachment" in consent) is ("sourceReference" in consent):
        raise MalformedError("the profile asks for one source", at="/source")
    if PATIENT_PRIVACY not in _codes(consent["scope"], at="/scope"):
        raise MalformedError("the profile is about privacy", at="/scope")
    for policy, at in _items(consent, "policy", at=""):
        _ask(policy, ("uri",), at=at)
    _forbid(consent, ("verification",), at="")
    _require_provision(as_object(consent["provision"], at="/provision"))


def _require_provision(provision: JsonObject) -> None:
    _ask(provision, ("type",), at="/provision")
    _forbid(provision, ("action", "class", "code"), at="/provision")
    for actor, at in _items(provision, "actor", at="/provision"):
        if _RECIPIENT not in _codes(actor.get("role"), at=f"{at}/role"):
            raise MalformedError("the profile knows actors that receive", at=f"{at}/role")
    for inner, at in _items(provision, "provision", at="/provision"):
        _forbid(inner, ("provision",), at=at)


def _require_meanings(provision: JsonObject, *, at: str, once: bool) -> None:
    seen: set[str] = set()
    for data, place in _items(provision, "data", at=at):
        meaning = data.get("meaning")
        if not isinstance(meaning, str) or meaning not in _MEANINGS:
            raise MalformedError("the profile does not know this", at=f"{place}/meaning")
        if once and meaning in seen:
            raise MalformedError("the profile allows one of each meaning", at=place)
        seen.add(meaning)
        _require_type(data, _MEANINGS[meaning], at=f"{place}/reference")


def _require_type(data: JsonObject, types: tuple[str, ...] | None, *, at: str) -> None:
    reference = as_object(data.get("reference"), at=at)
    kind = reference.get("type")
    if isinstance(target := reference.get("reference"), str):
        kind = target.split("/")[-2] if "/" in target else None
    if types is not None and kind not in types:
        raise MalformedError("the profile does not refer to this", at=at)


def _ask(source: JsonObject, names: tuple[str, ...], *, at: str) -> None:
    for name in names:
        if source.get(name) in (None, [], {}):
            raise MalformedError("the profile asks for this element", at=f"{at}/{name}")


def _forbid(source: JsonObject, names: tuple[str, ...], *, at: str) -> None:
    for name in names:
        if name in source:
            raise MalformedError("the profile forbids this element", at=f"{at}/{name}")


def _items(source: JsonObject, name: str, *, at: str) -> Iterator[tuple[JsonObject, str]]:
    for place, item in enumerate(as_array(source.get(name, []), at=f"{at}/{name}")):
        yield as_object(item, at=f"{at}/{name}/{place}"), f"{at}/{name}/{place}"


def _codes(concept: JsonValue, *, at: str) -> tuple[str, ...]:
    source = as_object(concept, at=at)
    return tuple(
        f"{coding.get('system')}|{coding.get('code')}"
        for coding, _ in _items(source, "coding", at=at)
    )
