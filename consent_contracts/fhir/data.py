"""The records that a provision's `data` and `class` name, as sets of a record scope.

https://hl7.org/fhir/R4/valueset-consent-data-meaning.html.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from consent_contracts.fhir.conditions import Sets
from consent_contracts.fhir.element import Element
from consent_contracts.fhir.vocabulary import (
    CONTEXT_TYPES,
    RECORD_SYSTEM,
    RESOURCE_TYPE_SYSTEMS,
    Own,
)
from ssi_core.errors import DataLossError, MalformedError

REFERENCE: Final = re.compile(r"([A-Z][A-Za-z]{1,63})/([A-Za-z0-9.-]{1,64})", re.ASCII)
"""A relative reference to a resource, of whatever version."""
_MEANINGS: Final = frozenset({"instance", "related", "dependents", "authoredby"})


def read_resource_types(element: Element, name: str) -> frozenset[str] | None:
    """Return the resource types that are listed under `name`, if there are any."""
    types: set[str] = set()
    for place, token in enumerate(element.codings(name)):
        system, _, code = token.rpartition("|")
        if system not in RESOURCE_TYPE_SYSTEMS:
            at = f"{element.at}/{name}/{place}"
            raise DataLossError("a class that is no type of resource", at=at)
        types.add(code)
    return frozenset(types) or None


def read_data(element: Element, *, bases: frozenset[str]) -> tuple[Sets, ...] | None:
    """Return what `data` names, as alternatives; `None` if it names nothing.

    What is related to an encounter, or the like, is what took place in it, and the encounter
    itself. The relations between other resources are not known here, and refused.
    """
    members = element.children("data", ("meaning", "reference"), (Own.CONTEXT_ONLY,))
    found: defaultdict[str, set[str]] = defaultdict(set)
    for member in members:
        _note(found, member, bases)
    if not found:
        return None
    alternatives = [_sets(name, texts) for name, texts in found.items()]
    if not element.flag(Own.EVERY_MEANING):
        return tuple(alternatives)
    return (_together(alternatives, at=f"{element.at}/data"),)


def _note(found: defaultdict[str, set[str]], member: Element, bases: frozenset[str]) -> None:
    meaning, key = member.required("meaning"), _relative(member.reference("reference"), bases)
    match = REFERENCE.fullmatch(key)
    at = f"{member.at}/reference"
    if meaning not in _MEANINGS:
        raise MalformedError("not a meaning that FHIR has", at=f"{member.at}/meaning")
    if meaning == "authoredby" and (match or key.startswith("did:")):
        found["authors"].add(key)
    elif meaning == "instance" and key.startswith(f"{RECORD_SYSTEM}|"):
        found["instances"].add(key.removeprefix(f"{RECORD_SYSTEM}|"))
    elif meaning == "instance" and match:
        found[f"{match[1]}/"].add(match[2])
    elif meaning == "related" and member.flag(Own.CONTEXT_ONLY) and (match or "did:" in key[:4]):
        found["care_contexts"].add(key)
    elif meaning in ("related", "dependents") and match and match[1] in CONTEXT_TYPES:
        found["care_contexts"].add(key)
        found[f"{match[1]}/"].add(match[2])
    else:
        raise DataLossError("a reference that has no counterpart here", at=at)


def _sets(name: str, texts: set[str]) -> Sets:
    if name.endswith("/"):
        return {"resource_types": frozenset({name[:-1]}), "instances": frozenset(texts)}
    return {name: frozenset(texts)}


def _together(alternatives: Sequence[Sets], *, at: str) -> Sets:
    together: dict[str, frozenset[str]] = {}
    for each in alternatives:
        if not each.keys().isdisjoint(together):
            raise DataLossError("a record is not of two types", at=at)
        together |= each
    return together


def _relative(key: str, bases: frozenset[str]) -> str:
    for base in bases:
        if key.startswith(prefix := base.removesuffix("/") + "/"):
            return key.removeprefix(prefix)
    return key
