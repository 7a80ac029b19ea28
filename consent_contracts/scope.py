"""What a grant is about: claims of credential types, each at an access level."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Self

from consent_contracts.access import AccessLevel
from consent_contracts.wire import MAX_LIST, as_list, require_known, require_name
from ssi_core import claim_path
from ssi_core.claim_path import ClaimPath, covers
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_object, as_text


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeItem:
    """Claims of one credential type at one level; a path stands for all that lies below it.

    At level `none` an item gives nothing and takes its claims out of the rest of its grant's scope:
    "everything about the encounter, but not where it was".
    """

    vct: str
    claims: frozenset[ClaimPath]
    access: AccessLevel

    def __post_init__(self) -> None:
        require_name(self.vct, at="/vct", maximum=1024)
        if not 0 < len(self.claims) <= MAX_LIST:
            raise MalformedError("a scope item names between 1 and 256 claims", at="/claims")
        for path in self.claims:
            claim_path.parse(path, at="/claims")

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "/scope") -> Self:
        """Read `{"vct", "claims": [path, ...], "access"}`."""
        source = as_object(value, at=at)
        require_known(source, ("vct", "claims", "access"), at=at)
        return cls(
            vct=as_text(source.get("vct"), at=f"{at}/vct"),
            claims=parse_claims(source.get("claims"), at=f"{at}/claims"),
            access=AccessLevel.parse(source.get("access"), at=f"{at}/access"),
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads, with the claims in one fixed order."""
        return {"vct": self.vct, "claims": render_claims(self.claims), "access": str(self.access)}


Scope = tuple[ScopeItem, ...]


def level_of(scope: Iterable[ScopeItem], vct: str, path: ClaimPath) -> AccessLevel | None:
    """Return the level at which `scope` gives the claim, or nothing if it does not speak of it.

    The highest level wins, except that `none` wins over all of them, also when it is said of only
    a part of the claim (or of more than the claim).
    """
    items = [item for item in scope if item.vct == vct]
    levels = [
        item.access for item in items if any(covers(pattern, path) for pattern in item.claims)
    ]
    if levels and any(_withholds(item, path) for item in items):
        return AccessLevel.NONE
    return max(levels, default=None)


def denies(
    scope: Sequence[ScopeItem], vct: str, claims: Iterable[ClaimPath], access: AccessLevel
) -> bool:
    """Say whether the scope of a denial takes any of `claims` away at level `access`.

    An item denies its level and those above, also when it speaks of only a part of a claim; at
    level `none` it spares what it covers.
    """
    items = [item for item in scope if item.vct == vct]
    spared = [path for item in items if item.access is AccessLevel.NONE for path in item.claims]
    denying = [item for item in items if AccessLevel.NONE < item.access <= access]
    return any(
        not any(covers(pattern, common) for pattern in spared)
        for path in claims
        for item in denying
        for denied in item.claims
        if (common := _common(denied, path)) is not None
    )


def is_within(inner: Sequence[ScopeItem], outer: Sequence[ScopeItem]) -> bool:
    """Say whether `outer` gives everything that `inner` gives, at the same level or more.

    What `outer` takes out of a claim, `inner` has to take out too.
    """
    return all(
        _reaches(outer, item, path) and _takes_out(inner, outer, item.vct, path)
        for item in inner
        for path in item.claims
        if item.access is not AccessLevel.NONE
    )


def parse_claims(value: JsonValue, *, at: str) -> frozenset[ClaimPath]:
    """Read an array of claims paths in which none stands twice."""
    items = as_list(value, at=at)
    paths = frozenset(claim_path.parse(item, at=pointer) for item, pointer in items)
    if len(paths) != len(items):
        raise MalformedError("a claim stands here twice", at=at)
    return paths


def render_claims(claims: Iterable[ClaimPath]) -> list[JsonValue]:
    """Return paths as arrays, ordered by their JSON text."""
    return sorted((claim_path.render(path) for path in claims), key=json.dumps)


def _reaches(outer: Sequence[ScopeItem], item: ScopeItem, path: ClaimPath) -> bool:
    return any(
        other.vct == item.vct
        and other.access >= item.access
        and any(covers(pattern, path) for pattern in other.claims)
        for other in outer
    )


def _takes_out(
    inner: Sequence[ScopeItem], outer: Sequence[ScopeItem], vct: str, path: ClaimPath
) -> bool:
    """Say whether `inner` withholds whatever `outer` withholds at or below `path`."""
    return all(
        any(covers(own, common) for own in _withheld(inner, vct))
        for withheld in _withheld(outer, vct)
        if (common := _common(withheld, path)) is not None
    )


def _withheld(scope: Sequence[ScopeItem], vct: str) -> list[ClaimPath]:
    items = [item for item in scope if item.vct == vct and item.access is AccessLevel.NONE]
    return [path for item in items for path in item.claims]


def _withholds(item: ScopeItem, path: ClaimPath) -> bool:
    return item.access is AccessLevel.NONE and any(_touch(other, path) for other in item.claims)


def _touch(one: ClaimPath, other: ClaimPath) -> bool:
    """Say whether the paths can lead to a common value: one lies below the other, null is any."""
    return all(
        left == right
        or (left is None and not isinstance(right, str))
        or (right is None and not isinstance(left, str))
        for left, right in zip(one, other, strict=False)
    )


def _common(one: ClaimPath, other: ClaimPath) -> ClaimPath | None:
    """Return the path to all that lies below both, if there is anything."""
    if not _touch(one, other):
        return None
    pairs = zip_longest(one, other)
    return tuple(right if left is None else left for left, right in pairs)
