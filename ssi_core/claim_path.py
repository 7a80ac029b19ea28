"""Claims path pointers: which claims a query, a grant or a display label speaks of.

https://openid.net/specs/openid-4-verifiable-presentations-1_0.html#name-claims-path-pointer
(OpenID4VP 1.0 section 7, and the same in SD-JWT VC Type Metadata).
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias

from ssi_core.errors import MalformedError, QueryError
from ssi_core.json_types import JsonObject, JsonValue

ClaimPath: TypeAlias = tuple[str | int | None, ...]

MAX_COMPONENTS: Final = 64

# Stands for an array element that the issuer signed and the holder did not disclose. Compared by
# identity: it is the one JSON value that no parser makes.
WITHHELD: Final[JsonObject] = MappingProxyType({})


def parse(value: JsonValue, *, at: str = "/path") -> ClaimPath:
    """Read a path: an array, not empty, of strings, nulls and integers from 0 up."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise MalformedError("a claims path is an array", at=at)
    if not 0 < len(value) <= MAX_COMPONENTS:
        raise MalformedError("a claims path is not empty, and not deeper than allowed", at=at)
    return tuple(_component(item, f"{at}/{index}") for index, item in enumerate(value))


def render(path: ClaimPath) -> list[JsonValue]:
    """Return the path as it stands in JSON."""
    return list(path)


def pointer(path: ClaimPath) -> str:
    """Return `path` as a JSON pointer (RFC 6901) for error messages; null becomes `*`."""
    parts = ("*" if part is None else str(part) for part in path)
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def covers(pattern: ClaimPath, path: ClaimPath) -> bool:
    """Say whether `path` is what `pattern` names, or lies below it; null names every index."""
    if len(pattern) > len(path):
        return False
    return all(map(_component_covers, pattern, path))


def select(claims: JsonObject, path: ClaimPath) -> Mapping[ClaimPath, JsonValue]:
    """Return what `path` selects in `claims`: each value under its path without nulls.

    Empty when nothing is there; `QueryError` when a component asks a value of another kind for a
    member or an element (section 7.1.1). `WITHHELD` elements are selected, and nothing below them.
    """
    selected: dict[ClaimPath, JsonValue] = {(): claims}
    for depth, component in enumerate(path):
        selected = {
            (*prefix, key): value
            for prefix, node in selected.items()
            for key, value in _step(node, component, path[: depth + 1])
        }
    return selected


def _component(value: JsonValue, at: str) -> str | int | None:
    if isinstance(value, bool):
        raise MalformedError("a claims path has strings, nulls and integers", at=at)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and 0 <= value < 2**53:
        return value
    raise MalformedError("a claims path has strings, nulls and integers", at=at)


def _component_covers(pattern: str | int | None, component: str | int | None) -> bool:
    if pattern is None:
        return not isinstance(component, str)
    return type(pattern) is type(component) and pattern == component


def _step(
    node: JsonValue, component: str | int | None, so_far: ClaimPath
) -> Iterator[tuple[str | int, JsonValue]]:
    if node is WITHHELD:
        return
    if isinstance(component, str):
        if not isinstance(node, Mapping):
            raise QueryError("a claims path expects an object", at=pointer(so_far))
        if component in node:
            yield component, node[component]
        return
    if not isinstance(node, Sequence) or isinstance(node, str):
        raise QueryError("a claims path expects an array", at=pointer(so_far))
    if component is None:
        yield from enumerate(node)
    elif component < len(node):
        yield component, node[component]
