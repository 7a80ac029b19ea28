"""Which records of a type may leave at `sample`, where not all of them may.

What is selected depends on the records that are held and on the release key, and on nothing that a
recipient can choose: asked for in another window, every second one would be every one in the end.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeAlias

from consent_contracts.release.elements import codings, token, when
from consent_contracts.release.keyed import ReleaseKey
from consent_contracts.release.rules import Rules, Selection, TypeRules
from ssi_core.json_types import JsonObject, JsonValue

Series: TypeAlias = tuple[str, tuple[tuple[str, str], ...] | str]
"""A resource type, and the codes of the series, or the record's own id where it has none."""


def is_selected(
    resource: JsonObject,
    type_rules: TypeRules,
    last: Mapping[Series, JsonValue],
    *,
    key: ReleaseKey,
) -> bool:
    """Say whether `resource` is among those of its type that may leave."""
    match type_rules.select:
        case Selection.ALL:
            return True
        case Selection.HALF:
            about = (str(resource.get("resourceType")), str(resource.get("id")))
            return key.number("half", *about, below=2) == 0
        case Selection.LAST:
            return last.get(_series(resource)) == resource.get("id")


def last_of_each(held: Iterable[JsonObject], rules: Rules) -> Mapping[Series, JsonValue]:
    """Return the id of the last record of each series, where the table asks for the last only."""
    latest: dict[Series, tuple[datetime, str]] = {}
    for resource in held:
        type_rules = rules.types.get(str(resource.get("resourceType")))
        if type_rules is None or type_rules.select is not Selection.LAST:
            continue
        found = when(resource)
        if found is None or found.first.span.start is None:
            continue
        series, place = _series(resource), (found.first.span.start, str(resource.get("id")))
        latest[series] = max(latest.get(series, place), place)
    return {series: resource_id for series, (_, resource_id) in latest.items()}


def _series(resource: JsonObject) -> Series:
    found = tuple(sorted(filter(None, map(token, codings(resource.get("code"))))))
    return str(resource.get("resourceType")), found or str(resource.get("id"))
