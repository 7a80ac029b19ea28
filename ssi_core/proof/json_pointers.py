"""Choose parts of a JSON-LD document with JSON pointers (RFC 6901), as vc-di-ecdsa 3.4 has it."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, Self, TypeAlias, final

from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_object

# Where a value is: the member names and array indexes that lead to it.
Path: TypeAlias = tuple[str | int, ...]
# What is chosen below a value: everything (`None`), or some members or elements.
_Tree: TypeAlias = dict[str | int, "_Tree"] | None

MAX_POINTERS: Final = 1_000
_MAX_LENGTH: Final = 4_096
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)
# A bad escape, or half a surrogate pair, which has no place in text.
_NO_POINTER: Final = re.compile(r"~(?![01])|[\ud800-\udfff]")
# What a chosen part is always shown with: who and of what type each object on the way to it is.
_ALWAYS: Final = ("@context", "id", "@id", "type", "@type")
_CONTEXT: Final = "@context"


@final
class Selection:
    """What some pointers choose from one document."""

    def __init__(self, paths: Collection[Path]) -> None:
        self._paths = tuple(paths)
        self._tree = _grow(self._paths)

    @classmethod
    def parse(cls, document: JsonObject, pointers: Sequence[JsonValue], *, at: str) -> Self:
        """Follow each pointer; one that leads to nothing is refused with `MalformedError`.

        `at` is where the list of pointers came from, for error messages.
        """
        if len(pointers) > MAX_POINTERS:
            raise MalformedError("more pointers than allowed", at=at)
        return cls(
            [_resolve(document, pointer, at=f"{at}/{n}") for n, pointer in enumerate(pointers)]
        )

    def __or__(self, other: "Selection") -> "Selection":
        """Return what either chooses."""
        return Selection((*self._paths, *other._paths))

    @property
    def is_empty(self) -> bool:
        """Say whether nothing is chosen, not even what is always shown."""
        return not self._paths

    def part_of(self, document: JsonObject) -> JsonObject:
        """Return the part of `document` that is chosen (`selectJsonLd`)."""
        return as_object(_part(document, self._tree), at="")

    def objects_in(self, document: JsonObject) -> Iterator[tuple[Path, JsonObject]]:
        """Return every object that is chosen whole or in part, and where it is."""
        return _objects(document, self._tree, ())


def _grow(paths: Iterable[Path]) -> _Tree:
    root: _Tree = {}
    for path in paths:
        if not path:
            return None
        tree: _Tree = root
        for step in path[:-1]:
            tree = None if tree is None else tree.setdefault(step, {})
        if tree is not None:
            tree[path[-1]] = None
    return root


def _resolve(document: JsonObject, pointer: JsonValue, *, at: str) -> Path:
    """Return the path that `pointer` names in `document` (`jsonPointerToPaths`)."""
    if not isinstance(pointer, str) or len(pointer) > _MAX_LENGTH:
        raise MalformedError("not a JSON pointer", at=at)
    first, *tokens = pointer.split("/")
    if first or _NO_POINTER.search(pointer):
        raise MalformedError("not a JSON pointer", at=at)
    path: list[str | int] = []
    value: JsonValue = document
    for token in tokens:
        name = token.replace("~1", "/").replace("~0", "~")
        step, value = _step(value, name, at)
        path.append(step)
    return tuple(path)


def _step(value: JsonValue, name: str, at: str) -> tuple[str | int, JsonValue]:
    if isinstance(value, Mapping) and name in value:
        return name, value[name]
    if isinstance(value, Sequence) and not isinstance(value, str) and _INDEX.fullmatch(name):
        index = int(name)
        if index < len(value):
            return index, value[index]
    raise MalformedError("a JSON pointer leads to nothing", at=at)


def _part(value: JsonValue, tree: _Tree) -> JsonValue:
    if tree is None:
        return value
    if isinstance(value, Mapping):
        return {
            name: member if name in _ALWAYS else _part(member, tree[name])
            for name, member in value.items()
            if name in _ALWAYS or name in tree
        }
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_part(item, tree[index]) for index, item in enumerate(value) if index in tree]
    return value


def _objects(value: JsonValue, tree: _Tree, path: Path) -> Iterator[tuple[Path, JsonObject]]:
    if isinstance(value, Mapping):
        yield path, value
        steps: Sequence[tuple[str | int, JsonValue]] = list(value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        steps = list(enumerate(value))
    else:
        return
    for step, below in steps:
        if step != _CONTEXT and (tree is None or step in tree):
            yield from _objects(below, None if tree is None else tree[step], (*path, step))
