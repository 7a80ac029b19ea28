"""What may go into a JSON-LD processor: bounded, plain JSON, with contexts that play no tricks."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, final

from ssi_core.errors import ContextError, DataLossError, MalformedError, WorkLimitError
from ssi_core.json_types import JsonObject
from ssi_core.rdf import work

_MAX_DEPTH: Final = 64
# Every value costs the processor some ten microseconds.
_MAX_VALUES: Final = 20_000
# Term definitions in inline contexts, all together.
_MAX_INLINE_DEFINITIONS: Final = 1_000
_KEYWORD_LIKE: Final = re.compile(r"@[A-Za-z]+")
_CONTEXT_KEYWORDS: Final = frozenset(
    {"@base", "@direction", "@language", "@propagate", "@protected", "@type", "@version", "@vocab"}
)
# `@graph` is left out: in a graph, a processor drops plain values without a word.
_ALIASED_KEYWORDS: Final = frozenset(
    {"@id", "@included", "@index", "@json", "@language", "@direction", "@list", "@nest", "@none",
     "@reverse", "@set", "@type", "@value", "@vocab"}
)  # fmt: skip


@final
class JsonLdInput:
    """A copy of one document, in the types that the processor knows, checked on the way."""

    def __init__(self, document: JsonObject) -> None:
        # RDF knows nulls in JSON literals only, and empty arrays there and as empty lists.
        self.nulls = 0
        self.empty_arrays = 0
        self._definitions_left = _MAX_INLINE_DEFINITIONS
        shared = work.left()
        allowed = self._values_left = min(_MAX_VALUES, shared.values)
        try:
            self.document: dict[str, Any] = self._object(document, 0)
        finally:
            shared.values -= allowed - self._values_left

    def _copy(self, value: Any, depth: int) -> Any:
        self._values_left -= 1
        if self._values_left < 0:
            raise WorkLimitError("the document has more values than allowed")
        if isinstance(value, str | bool | int | float):
            return value
        if value is None:
            self.nulls += 1
            return None
        if depth > _MAX_DEPTH:
            raise WorkLimitError("the document is nested deeper than allowed")
        if isinstance(value, Mapping):
            return self._object(value, depth)
        if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
            self.empty_arrays += not value
            return [self._copy(item, depth + 1) for item in value]
        raise MalformedError("the document is not JSON")

    def _object(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, member in value.items():
            if not isinstance(name, str):
                raise MalformedError("the document is not JSON")
            if name == "@context":
                found[name] = self._context(member, depth + 1)
            else:
                found[name] = self._copy(member, depth + 1)
        if "@graph" in found:
            _require_nodes(found["@graph"])
        return found

    def _context(self, value: Any, depth: int, *, scoped: bool = False) -> Any:
        if depth > _MAX_DEPTH:
            raise WorkLimitError("the document is nested deeper than allowed")
        if isinstance(value, Mapping):
            return self._inline(value, depth)
        if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
            self._spend(len(value))
            return [self._context(item, depth + 1, scoped=scoped) for item in value]
        if scoped and isinstance(value, str):
            # A property-scoped context may redefine protected terms, so it must not be shared
            # with the one of the same URL that may not.
            raise ContextError("an inline context may not scope another by its URL", at="/@context")
        if value is None or isinstance(value, str):
            return value
        raise ContextError("a context is a URL, an object or null", at="/@context")

    def _inline(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        self._spend(len(value))
        if "@context" in value:
            if len(value) > 1:
                raise ContextError("a context may not redefine a keyword", at="/@context")
            return {"@context": self._context(value["@context"], depth + 1)}
        return {name: self._definition(name, item, depth) for name, item in value.items()}

    def _definition(self, name: str, value: Any, depth: int) -> Any:
        if _KEYWORD_LIKE.fullmatch(name) and name not in _CONTEXT_KEYWORDS:
            raise ContextError("a context uses a keyword that is not allowed there", at="/@context")
        if isinstance(value, str) and name not in _CONTEXT_KEYWORDS:
            _require_meaning(value)
        if not isinstance(value, Mapping):
            return self._copy_plain(value)
        self._spend(len(value))
        for keyword in ("@id", "@reverse"):
            if isinstance(target := value.get(keyword), str):
                _require_meaning(target)
        return {
            member: self._context(item, depth + 1, scoped=True)
            if member == "@context"
            else self._copy_plain(item)
            for member, item in value.items()
        }

    def _copy_plain(self, value: Any) -> Any:
        if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
            self._spend(len(value))
            return list(value)
        if isinstance(value, Mapping):
            raise ContextError("a term definition does not nest", at="/@context")
        return value

    def _spend(self, definitions: int) -> None:
        self._definitions_left -= definitions
        if self._definitions_left < 0:
            raise WorkLimitError("inline contexts define more terms than allowed", at="/@context")


def _require_meaning(target: str) -> None:
    if _KEYWORD_LIKE.fullmatch(target) and target not in _ALIASED_KEYWORDS:
        raise ContextError("a term stands for a keyword that is not allowed here", at="/@context")


def _require_nodes(graph: Any) -> None:
    for item in graph if isinstance(graph, list) else [graph]:
        if not isinstance(item, dict):
            raise DataLossError("a graph holds objects only", at="/@graph")
