"""The records of a scope item, and our extensions, as elements of a provision."""

from collections.abc import Iterable
from typing import Final

from consent_contracts.fhir.data import REFERENCE
from consent_contracts.fhir.moment import write_period
from consent_contracts.fhir.vocabulary import (
    RECORD_SYSTEM,
    RESOURCE_TYPES,
    URI_SYSTEM,
    FhirVersion,
    Own,
)
from consent_contracts.record_scope import RecordScope
from ssi_core.errors import DataLossError
from ssi_core.json_types import JsonObject, JsonValue

_DATA: Final = ("instances", "authors", "care_contexts")


def extended(
    members: dict[str, JsonValue],
    extension: Own,
    *,
    value: JsonValue = True,
    name: str = "extension",
) -> None:
    """Add one of our extensions to the members of an element; the flags are only ever true."""
    before = members.get(name)
    others = before if isinstance(before, list) else []
    members[name] = [*others, {"url": extension.value, extension.member: value}]


def write_records(
    item: RecordScope, *, version: FhirVersion, limiting: str
) -> dict[str, JsonValue]:
    """Return the elements that state the conditions of `item`, but not its level.

    `limiting` is where an extension goes without which more records would be meant.
    """
    members: dict[str, JsonValue] = {}
    types = item.resource_types
    if item.instances and len(types) == 1 and _are_ids(item.instances, types):
        # The references name the type.
        types = frozenset()
    if types:
        name = "class" if version is FhirVersion.R4 else "resourceType"
        members[name] = [{"system": RESOURCE_TYPES, "code": each} for each in sorted(types)]
    if item.labels:
        members["securityLabel"] = [coding(each) for each in sorted(item.labels)]
    if item.codes:
        members["code"] = [{"coding": [coding(each)]} for each in sorted(item.codes)]
    if item.data_period is not None:
        members["dataPeriod"] = write_period(item.data_period, at="/scope/records/data_period")
    for category in sorted(item.categories):
        extended(members, Own.CATEGORY, value=coding(category), name=limiting)
    if data := _data(item, typed=item.resource_types - types, limiting=limiting):
        members["data"] = data
        if sum(bool(getattr(item, name)) for name in _DATA) > 1:
            extended(members, Own.EVERY_MEANING, name=limiting)
    return members


def coding(token: str) -> JsonObject:
    """Return the coding that is `system|code`."""
    system, _, code = token.rpartition("|")
    return {"system": system, "code": code}


def _data(item: RecordScope, *, typed: frozenset[str], limiting: str) -> list[JsonValue]:
    found: list[JsonValue] = []
    for each in sorted(item.instances):
        if typed:
            reference: JsonObject = {"reference": f"{next(iter(typed))}/{each}"}
        else:
            reference = {"identifier": {"system": RECORD_SYSTEM, "value": each}}
        found.append({"meaning": "instance", "reference": reference})
    found.extend(
        {"meaning": "authoredby", "reference": _reference(each, "authors")}
        for each in sorted(item.authors)
    )
    for each in sorted(item.care_contexts):
        reference = _reference(each, "care_contexts")
        member: dict[str, JsonValue] = {"meaning": "related", "reference": reference}
        extended(member, Own.CONTEXT_ONLY, name=limiting)
        found.append(member)
    return found


def _reference(text: str, name: str) -> JsonObject:
    if text.startswith("did:"):
        return {"identifier": {"system": URI_SYSTEM, "value": text}}
    if REFERENCE.fullmatch(text) is None:
        raise DataLossError("neither a FHIR reference nor a DID", at=f"/scope/records/{name}")
    return {"reference": text}


def _are_ids(texts: Iterable[str], types: frozenset[str]) -> bool:
    return all(REFERENCE.fullmatch(f"{kind}/{text}") for text in texts for kind in types)
