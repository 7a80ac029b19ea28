"""The table of what each level lets out: closed, versioned, and data.

`table.json` has for each kind of resource or credential the elements that may leave at `sample` and
how coarse, and the words, codes and quantities that may be named. What the table does not know is
dropped at `information` and `sample`. docs/reference/access-levels.md shows it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final, Self, TypeAlias

from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_array, as_integer, as_object, as_text, parse_object

_FILE: Final = "table.json"
_WORD: Final = "word:"
_RULES: Final = frozenset({"month", "year", "coding", "quantity", "postal", "flag"})
KIND_SYSTEM: Final = "urn:consentry:record-kind"
"""The code system of the kinds into which codes are grouped."""


class Selection(StrEnum):
    """Which records of a type may leave at `sample`."""

    ALL = "all"
    HALF = "half"
    """About every second, by the release key: always the same ones, whatever is asked for."""
    LAST = "last"
    """The last of all that are held with the same code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """What may be said of a quantity in one unit: its grid at `sample`, its buckets below that."""

    name: str
    unit: str
    step: Decimal
    low: Decimal
    high: Decimal
    edges: tuple[float, ...]

    def __post_init__(self) -> None:
        if not (self.step > 0 and self.low < self.high and len(self.edges) > 1):
            raise MalformedError("a quantity has a step, bounds and buckets", at="/quantities")
        if list(self.edges) != sorted(set(self.edges)):
            raise MalformedError("edges rise", at="/quantities/edges")

    @classmethod
    def parse(cls, value: JsonValue) -> Self:
        """Read one entry of the table's `quantities`."""
        source = as_object(value, at="/quantities")
        return cls(
            name=as_text(source.get("name"), at="/quantities/name"),
            unit=as_text(source.get("unit"), at="/quantities/unit"),
            step=_decimal(source.get("step")),
            low=_decimal(source.get("low")),
            high=_decimal(source.get("high")),
            edges=tuple(_number(edge) for edge in as_array(source.get("edges"), at="/edges")),
        )


Elements: TypeAlias = Mapping[str, "str | Elements"]
"""The rule of each element, or those of the elements in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeRules:
    """The rules of one resource type or credential type."""

    when: tuple[str, ...]
    """Where the time of a credential stands: the first that is there counts. None for resources."""
    kind: str | None
    """Where the code stands that says what kind of record it is."""
    select: Selection
    elements: Elements


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The whole table."""

    version: int
    smallest_cell: int
    """Of fewer records nothing is described."""
    cell_noise: int
    """Up to how many records are left out of a cell, by the release key, before it is described."""
    block_years: int
    """Descriptors are about so many years together, counted from year 0."""
    counts: tuple[int, ...]
    cut: Mapping[str, int]
    words: Mapping[str, frozenset[str]]
    kept: Mapping[str, frozenset[str]]
    kinds: Mapping[tuple[str, str], str]
    quantities: Mapping[tuple[str, str], Quantity]
    types: Mapping[str, TypeRules]

    def __post_init__(self) -> None:
        too_fine = min(self.smallest_cell, self.block_years) < 2 or self.cell_noise < 1  # noqa: PLR2004
        if too_fine or min(self.counts, default=0) != self.smallest_cell:
            raise MalformedError("cells and blocks have to be coarse", at="/smallest_cell")
        by_name = {each.name: each for each in self.quantities.values()}
        if any(by_name[each.name] != each for each in self.quantities.values()):
            raise MalformedError("codes of one quantity have one grid", at="/quantities")

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read the form of `table.json`; a rule that is not known here is refused."""
        words = _sets(source, "words")
        return cls(
            version=as_integer(source.get("version"), at="/version"),
            smallest_cell=as_integer(source.get("smallest_cell"), at="/smallest_cell"),
            cell_noise=as_integer(source.get("cell_noise"), at="/cell_noise"),
            block_years=as_integer(source.get("block_years"), at="/block_years"),
            counts=tuple(
                as_integer(step, at="/counts")
                for step in as_array(source.get("counts"), at="/counts")
            ),
            cut={
                system: as_integer(length, at="/cut")
                for system, length in as_object(source.get("cut"), at="/cut").items()
            },
            words=words,
            kept=_sets(source, "kept"),
            kinds={
                key: as_text(kind, at="/kinds") for key, kind in _by_code(source, "kinds").items()
            },
            quantities={
                key: Quantity.parse(value) for key, value in _by_code(source, "quantities").items()
            },
            types=MappingProxyType(
                {
                    name: _type_rules(value, words)
                    for name, value in as_object(source.get("types"), at="/types").items()
                }
            ),
        )

    @property
    def kind_names(self) -> frozenset[str]:
        """Every name that codes are grouped under."""
        return frozenset(self.kinds.values())

    @property
    def few(self) -> str:
        """What is said of any cell that is not described, whether there is anything in it or not.

        It is true of each: from some that are a little larger, records are left out.
        """
        return f"fewer than {self.smallest_cell + self.cell_noise}"

    def block(self, year: int) -> tuple[int, int]:
        """Return the first and the last year of the block that `year` lies in."""
        first = year - year % self.block_years
        return first, first + self.block_years - 1


@cache
def bundled_rules() -> Rules:
    """Return the table that comes with the product."""
    source = resources.files("consent_contracts.release").joinpath(_FILE).read_bytes()
    return Rules.parse(parse_object(source))


def _type_rules(value: JsonValue, words: Mapping[str, frozenset[str]]) -> TypeRules:
    source = as_object(value, at="/types")
    kind = source.get("kind")
    select = as_text(source.get("select"), at="/types/select")
    if select not in set(Selection):
        raise MalformedError("not a selection that is known here", at="/types/select")
    return TypeRules(
        when=tuple(
            as_text(name, at="/when") for name in as_array(source.get("when", []), at="/when")
        ),
        kind=None if kind is None else as_text(kind, at="/types/kind"),
        select=Selection(select),
        elements=_elements(source.get("elements"), words),
    )


def _elements(value: JsonValue, words: Mapping[str, frozenset[str]]) -> Elements:
    elements: dict[str, str | Elements] = {}
    for name, rule in as_object(value, at="/types/elements").items():
        if isinstance(rule, Mapping):
            elements[name] = _elements(rule, words)
        elif isinstance(rule, str) and (rule in _RULES or rule.removeprefix(_WORD) in words):
            elements[name] = rule
        else:
            raise MalformedError("not a rule that is known here", at="/types/elements")
    return MappingProxyType(elements)


def _by_code(source: JsonObject, name: str) -> Mapping[tuple[str, str], JsonValue]:
    return {
        (system, code): value
        for system, codes in as_object(source.get(name), at=f"/{name}").items()
        for code, value in as_object(codes, at=f"/{name}").items()
    }


def _sets(source: JsonObject, name: str) -> Mapping[str, frozenset[str]]:
    return {
        key: frozenset(as_text(each, at=f"/{name}") for each in as_array(value, at=f"/{name}"))
        for key, value in as_object(source.get(name), at=f"/{name}").items()
    }


def _number(value: JsonValue) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MalformedError("must be a number", at="/quantities")
    return value


def _decimal(value: JsonValue) -> Decimal:
    return Decimal(str(_number(value)))
