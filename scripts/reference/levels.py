"""docs/reference/access-levels.md: the table of what each level lets out."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Final

from consent_contracts.release.rules import Elements, Quantity, Rules, bundled_rules
from scripts.reference.page import require_same, table

RULES: Final[Mapping[str, str]] = {
    "coding": "a code that the table names, the kind that it belongs to, or its category of three "
    "characters (ICD-10, ATC); without display and text",
    "flag": "true or false",
    "month": "year and month; the year if no month was said",
    "postal": "the first two characters",
    "quantity": "the number put on a grid, in a unit of the table; nothing beyond its bounds, in "
    "another unit, or with a comparator",
    "year": "the year",
}
SELECTIONS: Final[Mapping[str, str]] = {
    "all": "all",
    "half": "about every second",
    "last": "the last of each series",
}


def render() -> str:
    """Return the rules by type, the rules by name, the quantities and the kinds."""
    rules = bundled_rules()
    used = {
        rule
        for each in rules.types.values()
        for _, rule in _flat(each.elements)
        if not rule.startswith("word:")
    }
    require_same("rules of access levels", in_code=used, in_words=RULES)
    return "\n".join(
        (
            (
                f"Version {rules.version} of the table. Cells hold at least {rules.smallest_cell} "
                f"records after up to {rules.cell_noise} were left out, blocks {rules.block_years} "
                f"years; counts are told as at least {', '.join(map(str, rules.counts))}.\n"
            ),
            "## Elements at `sample`\n",
            table(("Type", "How many", "Elements"), _types(rules)),
            "## Rules\n",
            table(("Rule", "What leaves"), sorted(RULES.items())),
            "A list of words lets out a code that is in it:\n",
            table(("List", "Words"), _lists(rules.words)),
            "## Quantities\n",
            table(
                ("Quantity", "Unit", "LOINC", "Grid", "Bounds", "Buckets begin at"),
                _quantities(rules),
            ),
            "## Kinds\n",
            table(("Kind", "Codes of"), _kinds(rules)),
            "Codes that may be named as they are:\n",
            table(("Code system", "Codes"), _lists(rules.kept)),
        )
    )


def _types(rules: Rules) -> Iterator[tuple[str, str, str]]:
    for name, each in rules.types.items():
        elements = (f"`{element}` ({rule})" for element, rule in _flat(each.elements))
        yield f"`{name}`", SELECTIONS[each.select.value], ", ".join(elements)


def _flat(elements: Elements, prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, rule in elements.items():
        if isinstance(rule, str):
            yield prefix + name, rule
        else:
            yield from _flat(rule, f"{prefix}{name}.")


def _lists(lists: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, str]]:
    for name, words in sorted(lists.items()):
        yield f"`{name}`", ", ".join(sorted(words))


def _quantities(rules: Rules) -> Iterator[tuple[str, ...]]:
    def name(entry: tuple[tuple[str, str], Quantity]) -> str:
        return entry[1].name

    for _, entries in groupby(sorted(rules.quantities.items(), key=name), key=name):
        every = list(entries)
        quantity = every[0][1]
        yield (
            quantity.name,
            f"`{quantity.unit}`",
            ", ".join(code for (_, code), _ in every),
            str(quantity.step),
            f"{quantity.low} to {quantity.high}",
            ", ".join(map(str, quantity.edges[:-1])),
        )


def _kinds(rules: Rules) -> Iterator[tuple[str, str]]:
    for kind in sorted(rules.kind_names):
        codes = sorted(each for each, named in rules.kinds.items() if named == kind)
        systems = groupby(codes, key=lambda each: each[0])
        yield kind, "; ".join(f"`{name}` {', '.join(c for _, c in each)}" for name, each in systems)
