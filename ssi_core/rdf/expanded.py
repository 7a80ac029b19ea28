"""Expanded JSON-LD to RDF (JSON-LD 1.1 API section 8), refusing what that would lose or change."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import isfinite
from typing import Any, Final, TypeAlias, final

from ssi_core import jcs
from ssi_core.errors import DataLossError, MalformedError
from ssi_core.json_types import JsonValue
from ssi_core.rdf.n_quads import RDF, XSD, Quad, iri, language_literal, literal, require_language

_Expanded: TypeAlias = Mapping[str, Any]

_TYPE: Final = iri(f"{RDF}type")
_FIRST: Final = iri(f"{RDF}first")
_REST: Final = iri(f"{RDF}rest")
_NIL: Final = iri(f"{RDF}nil")
_JSON: Final = f"{RDF}JSON"
_BOOLEAN: Final = f"{XSD}boolean"
_INTEGER: Final = f"{XSD}integer"
_DOUBLE: Final = f"{XSD}double"
_STRING: Final = f"{XSD}string"
# The `i18n-datatype` form, the only one that keeps a base direction and that others use too.
_I18N: Final = "https://www.w3.org/ns/i18n#"
_DIRECTIONS: Final = frozenset({"ltr", "rtl"})
_VALUE_MEMBERS: Final = frozenset({"@value", "@type", "@language", "@direction"})
# Beyond this, readers of JSON disagree about an integer (RFC 7493 section 2.2).
_MAX_EXACT: Final = 2**53
# From here on, JSON-LD writes even whole numbers as doubles.
_ALWAYS_DOUBLE: Final = 1e21


@final
class Statements:
    """The quads that an expanded document states."""

    def __init__(self, expanded: Sequence[_Expanded]) -> None:
        self._quads: dict[Quad, None] = {}
        self._blank: dict[str, str] = {}
        self._blanks = 0
        # What is stated of nulls and empty arrays: all others have been dropped.
        self.nulls = 0
        self.empty_arrays = 0
        for node in expanded:
            self._free_node(node, "")
        if not self._quads:
            raise DataLossError("the document states nothing")

    @property
    def quads(self) -> tuple[Quad, ...]:
        """Every quad once, in the order of the document."""
        return tuple(self._quads)

    def _free_node(self, node: _Expanded, graph: str) -> None:
        """State a node that is nobody's value, so that it must say something itself."""
        if not (node.keys() - {"@id"}):
            raise DataLossError("a node states nothing")
        if "@value" in node or "@list" in node:
            raise DataLossError("a value belongs to nothing")
        self._node(node, graph)

    def _node(self, node: _Expanded, graph: str) -> str:
        subject = self._resource(node["@id"]) if "@id" in node else self._new_blank()
        for name, values in node.items():
            if not name.startswith("@"):
                self._property(subject, name, values, graph)
            elif name == "@type":
                self._types(subject, values, graph)
            elif name == "@graph":
                self._free_nodes(values, subject)
            elif name == "@included":
                self._free_nodes(values, graph)
            elif name == "@reverse":
                self._reverse(subject, values, graph)
            elif name != "@id":
                raise DataLossError("RDF has nothing for this keyword")
        return subject

    def _free_nodes(self, nodes: Sequence[_Expanded], graph: str) -> None:
        for node in nodes:
            self._free_node(node, graph)

    def _types(self, subject: str, types: Sequence[str], graph: str) -> None:
        if len(set(types)) != len(types):
            raise DataLossError("a repeated type would be lost")
        for name in types:
            self._state(subject, _TYPE, self._resource(name), graph)

    def _property(self, subject: str, name: str, values: Sequence[Any], graph: str) -> None:
        predicate = _predicate(name)
        if len(values) == 1:
            self._state(subject, predicate, self._value(values[0], graph), graph)
            return
        said: set[str] = set()
        for value in values:
            term = self._value(value, graph)
            if "@value" in value or value.keys() == {"@id"}:
                if term in said:
                    raise DataLossError("a repeated value would be lost")
                said.add(term)
            self._state(subject, predicate, term, graph)

    def _reverse(self, target: str, properties: _Expanded, graph: str) -> None:
        for name, nodes in properties.items():
            predicate = _predicate(name)
            for node in nodes:
                self._state(self._node(node, graph), predicate, target, graph)

    def _value(self, value: _Expanded, graph: str) -> str:
        if "@value" in value:
            return self._literal(value)
        if "@list" in value:
            if value.keys() != {"@list"}:
                raise DataLossError("RDF has nothing for this keyword")
            return self._list(value["@list"], graph)
        return self._node(value, graph)

    def _list(self, items: Sequence[_Expanded], graph: str) -> str:
        self.empty_arrays += not items
        cells = [*(self._new_blank() for _ in items), _NIL]
        for item, (cell, rest) in zip(items, pairwise(cells), strict=True):
            self._state(cell, _FIRST, self._value(item, graph), graph)
            self._state(cell, _REST, rest, graph)
        return cells[0]

    def _literal(self, value: _Expanded) -> str:
        content, datatype = value["@value"], value.get("@type")
        if len(value) == 1 and isinstance(content, str):
            return literal(content)
        if value.keys() - _VALUE_MEMBERS:
            raise DataLossError("RDF has nothing for this keyword")
        if datatype == "@json":
            self._count(content)
            return literal(jcs.canonicalize(content).decode(), datatype=_JSON)
        if isinstance(content, str):
            return _text(content, value)
        if "@language" in value or "@direction" in value:
            raise MalformedError("only text has a language or a direction")
        if isinstance(content, bool):
            return literal("true" if content else "false", datatype=datatype or _BOOLEAN)
        if isinstance(content, int | float):
            return _number(content, datatype)
        raise MalformedError("a value is text, a number or a boolean")

    def _count(self, content: JsonValue) -> None:
        if content is None:
            self.nulls += 1
        elif isinstance(content, Mapping):
            for member in content.values():
                self._count(member)
        elif isinstance(content, Sequence) and not isinstance(content, str):
            self.empty_arrays += not content
            for item in content:
                self._count(item)

    def _state(self, subject: str, predicate: str, target: str, graph: str) -> None:
        # As `Quad(...)` would, in half the time.
        self._quads[tuple.__new__(Quad, (subject, predicate, target, graph))] = None

    def _resource(self, identifier: Any) -> str:
        if not isinstance(identifier, str):
            raise MalformedError("an identifier is text")
        if not identifier.startswith("_:"):
            return _absolute(identifier)
        if identifier not in self._blank:
            self._blank[identifier] = self._new_blank()
        return self._blank[identifier]

    def _new_blank(self) -> str:
        self._blanks += 1
        return f"_:b{self._blanks}"


def _predicate(name: str) -> str:
    if name.startswith("_:"):
        raise DataLossError("a property may not be a blank node")
    return _absolute(name)


def _absolute(text: str) -> str:
    try:
        return iri(text)
    except MalformedError:
        raise DataLossError("a term is not defined, or an identifier is relative") from None


def _text(content: str, value: _Expanded) -> str:
    language, direction, datatype = (
        value.get("@language"),
        value.get("@direction"),
        value.get("@type"),
    )
    if direction is not None:
        if direction not in _DIRECTIONS:
            raise MalformedError("a direction is ltr or rtl")
        tag = "" if language is None else require_language(language)
        return literal(content, datatype=f"{_I18N}{tag}_{direction}")
    if language is not None:
        return language_literal(content, language=language)
    if datatype == _DOUBLE:
        _require_canonical_double(content)
    return literal(content, datatype=datatype or _STRING)


def _number(value: float, datatype: str | None) -> str:
    if isinstance(value, float):
        if not isfinite(value):
            raise MalformedError("a number is finite")
        if value.is_integer() and abs(value) < _ALWAYS_DOUBLE:
            value = int(value)
    if isinstance(value, int):
        if abs(value) >= _MAX_EXACT:
            raise DataLossError("an integer beyond 2^53 would be changed")
        if datatype != _DOUBLE:
            return literal(str(value), datatype=datatype or _INTEGER)
    return literal(_double(value), datatype=datatype or _DOUBLE)


def _double(value: float) -> str:
    """Return the canonical form of a double: 16 digits, as JSON-LD has it, of up to 17."""
    mantissa, exponent = f"{value:.15E}".split("E")
    whole, fraction = mantissa.split(".")
    return f"{whole}.{fraction.rstrip('0') or '0'}E{int(exponent)}"


def _require_canonical_double(text: str) -> None:
    # Most processors write the canonical form whatever they find, and the specification does not.
    try:
        canonical = _double(float(text))
    except ValueError:
        return
    if canonical != text:
        raise DataLossError("the text of a double would be changed")
