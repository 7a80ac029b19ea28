"""The claims of a credential without those that were not asked for."""

from collections.abc import Iterable, Mapping, Sequence

from ssi_core import claim_path
from ssi_core.claim_path import WITHHELD, ClaimPath
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue


def pruned(claims: JsonObject, paths: Iterable[ClaimPath]) -> JsonObject:
    """Return what `paths` name of `claims`; elements that the holder withheld are not there."""
    found = _kept(claims, (), tuple(paths))
    if isinstance(found, Mapping):
        return found
    raise MalformedError("claims are an object")


def _kept(value: JsonValue, here: ClaimPath, paths: tuple[ClaimPath, ...]) -> JsonValue:
    """Return what of `value` lies on or below one of `paths`; empty containers do not stay."""
    if value is WITHHELD:
        return None
    if here and any(claim_path.covers(path, here) for path in paths):
        return _without_withheld(value)
    if isinstance(value, Mapping):
        members = {name: _kept(item, (*here, name), paths) for name, item in value.items()}
        return {name: item for name, item in members.items() if item is not None} or (
            None if here else {}
        )
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = [_kept(item, (*here, place), paths) for place, item in enumerate(value)]
        return [item for item in items if item is not None] or None
    return None


def _without_withheld(value: JsonValue) -> JsonValue:
    if isinstance(value, Mapping):
        return {
            name: _without_withheld(item) for name, item in value.items() if item is not WITHHELD
        }
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_without_withheld(item) for item in value if item is not WITHHELD]
    return value
