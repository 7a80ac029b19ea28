"""The GA4GH Data Use Ontology (DUO): what a grant for research allows, in 25 terms.

https://github.com/EBISPOT/DUO. The table is closed: a term that is not in it is refused, and so are
the two that only stand above others.
"""

from collections.abc import Mapping
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Final, Self

from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonValue


class TermKind(Enum):
    """What a term does: says what for, narrows it, or only stands above others."""

    PERMISSION = "data use permission"
    MODIFIER = "data use modifier"
    ABSTRACT = "class of terms"


class Values(Enum):
    """What has to stand beside a term."""

    NOTHING = "nothing"
    TEXTS = "texts"
    """One or more codes or identifiers: diseases, places, people, projects."""
    MONTHS = "months"
    """A number of months, counted from the beginning of the grant."""
    MOMENT = "moment"


class DataUse(StrEnum):
    """A DUO term; each line is id, shorthand, kind and what stands beside it."""

    shorthand: str
    kind: TermKind
    values: Values

    def __new__(
        cls, term: str, shorthand: str, kind: TermKind, values: Values = Values.NOTHING
    ) -> Self:
        """Make a member; only the table below does."""
        data_use = str.__new__(cls, term)
        data_use._value_ = term
        data_use.shorthand, data_use.kind, data_use.values = shorthand, kind, values
        return data_use

    PERMISSION = "DUO:0000001", "permission", TermKind.ABSTRACT
    NRES = "DUO:0000004", "NRES", TermKind.PERMISSION
    HMB = "DUO:0000006", "HMB", TermKind.PERMISSION
    DS = "DUO:0000007", "DS", TermKind.PERMISSION, Values.TEXTS
    POA = "DUO:0000011", "POA", TermKind.PERMISSION
    GRU = "DUO:0000042", "GRU", TermKind.PERMISSION

    MODIFIER = "DUO:0000017", "modifier", TermKind.ABSTRACT
    RS = "DUO:0000012", "RS", TermKind.MODIFIER, Values.TEXTS
    NMDS = "DUO:0000015", "NMDS", TermKind.MODIFIER
    GSO = "DUO:0000016", "GSO", TermKind.MODIFIER
    NPUNCU = "DUO:0000018", "NPUNCU", TermKind.MODIFIER
    PUB = "DUO:0000019", "PUB", TermKind.MODIFIER
    COL = "DUO:0000020", "COL", TermKind.MODIFIER
    IRB = "DUO:0000021", "IRB", TermKind.MODIFIER
    GS = "DUO:0000022", "GS", TermKind.MODIFIER, Values.TEXTS
    MOR = "DUO:0000024", "MOR", TermKind.MODIFIER, Values.MOMENT
    TS = "DUO:0000025", "TS", TermKind.MODIFIER, Values.MONTHS
    US = "DUO:0000026", "US", TermKind.MODIFIER, Values.TEXTS
    PS = "DUO:0000027", "PS", TermKind.MODIFIER, Values.TEXTS
    IS = "DUO:0000028", "IS", TermKind.MODIFIER, Values.TEXTS
    RTN = "DUO:0000029", "RTN", TermKind.MODIFIER
    CC = "DUO:0000043", "CC", TermKind.MODIFIER
    NPOA = "DUO:0000044", "NPOA", TermKind.MODIFIER
    NPU = "DUO:0000045", "NPU", TermKind.MODIFIER
    NCU = "DUO:0000046", "NCU", TermKind.MODIFIER

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> "DataUse":
        """Read a term by its id; an unknown one, and one that only classifies, is refused."""
        found = _BY_ID.get(value) if isinstance(value, str) else None
        if found is None:
            raise MalformedError("not a DUO term", at=at)
        if found.kind is TermKind.ABSTRACT:
            raise MalformedError("a DUO term that only stands above others says nothing", at=at)
        return found


_BY_ID: Final[Mapping[str, DataUse]] = MappingProxyType({each.value: each for each in DataUse})
