"""A FHIR R4 resource by its metadata, for decisions about it."""

from collections.abc import Iterable, Mapping
from typing import Final

from consent_contracts.access import AccessLevel
from consent_contracts.health_record import HealthRecord, require_texts
from consent_contracts.release.elements import codings, objects, token, when
from consent_contracts.release.labelling import Labelling
from consent_contracts.release.moments import Moment, whole_years
from consent_contracts.release.rules import Rules
from consent_contracts.wire import require_name
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import Period
from ssi_core.strict_json import as_text

_CODES: Final = ("code", "vaccineCode", "medicationCodeableConcept")
# Who wrote it, or answers for what it says (W5 "who.author" and "who.actor" of FHIR R4).
_AUTHORS: Final = ("author", "performer", "recorder", "asserter", "requester", "informationSource")
_INNER: Final = {"performer": "actor", "participant": "individual"}


def describe(resource: JsonObject, labelling: Labelling) -> HealthRecord:
    """Return what is known about a resource; what it does not say stays `None`.

    `MalformedError` if it lacks its type or its id.
    """
    return _describe(resource, labelling, _period(resource))


def describe_coarsely(
    resource: JsonObject, labelling: Labelling, *, access: AccessLevel, rules: Rules
) -> HealthRecord:
    """Describe a resource as no more exact in time than what `access` lets out of it.

    Where a grant ends within the month, or within the block of years, that an answer is about,
    being in the answer would tell on which side of that end the record lies.
    """
    return _describe(resource, labelling, _period(resource, access, rules))


def year_of(resource: JsonObject) -> int | None:
    """Return the year, as it is written, in which what a resource is about began."""
    found = when(resource)
    return None if found is None else found.first.year


def _describe(resource: JsonObject, labelling: Labelling, period: Period | None) -> HealthRecord:
    return HealthRecord(
        resource_type=as_text(resource.get("resourceType"), at="/resourceType"),
        id=as_text(resource.get("id"), at="/id"),
        categories=_coded(codings(resource.get("category"))),
        codes=_coded(coding for name in _CODES for coding in codings(resource.get(name))),
        labels=_known(labelling.label(resource), coded=True),
        authors=_authors(resource),
        care_contexts=_care_contexts(resource),
        period=period,
    )


def _period(
    resource: JsonObject, access: AccessLevel = AccessLevel.FULL, rules: Rules | None = None
) -> Period | None:
    """Return the span that a resource is about, as exact as `access` lets it out."""
    found = when(resource)
    if found is None:
        return None

    def span(moment: Moment) -> Period:
        if access is AccessLevel.FULL or rules is None:
            return moment.span
        if access is AccessLevel.SAMPLE:
            return moment.coarse
        return whole_years(*rules.block(moment.year))

    start = span(found.first).start
    end = None if found.last is None else span(found.last).end
    return None if start is not None and end is not None and start >= end else Period(start, end)


def _coded(found: Iterable[JsonObject]) -> frozenset[str] | None:
    tokens = [token(coding) for coding in found]
    if None in tokens:
        # One that cannot be named could be any.
        return None
    return _known(frozenset("|".join(each) for each in tokens if each), coded=True)


def _known(texts: frozenset[str] | None, *, coded: bool) -> frozenset[str] | None:
    """Return `texts` if there are any and a record can hold them all."""
    try:
        require_texts(texts or (), coded=coded, at="")
    except MalformedError:
        return None
    return texts or None


def _authors(resource: JsonObject) -> frozenset[str] | None:
    found = [each for name in _AUTHORS for each in objects(resource.get(name))]
    found += [
        inner
        for name, member in _INNER.items()
        for each in objects(resource.get(name))
        for inner in objects(each.get(member))
    ]
    return _known(frozenset(filter(None, map(_reference, found))), coded=False)


def _care_contexts(resource: JsonObject) -> frozenset[str] | None:
    if resource.get("resourceType") == "Encounter":
        return _known(frozenset({f"Encounter/{resource.get('id')}"}), coded=False)
    context = resource.get("context")
    places: list[JsonValue] = [resource.get("encounter")]
    places += [context.get("encounter")] if isinstance(context, Mapping) else []
    places += [item.get("encounter") for item in objects(resource.get("item"))]
    found = (_reference(each) for place in places for each in objects(place))
    return _known(frozenset(filter(None, found)), coded=False)


def _reference(value: JsonObject) -> str | None:
    text = value.get("reference")
    try:
        return require_name(text, at="", maximum=512) if isinstance(text, str) else None
    except MalformedError:
        return None
