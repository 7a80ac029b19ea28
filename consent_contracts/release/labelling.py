"""A small security labelling service: from the codes in a resource to its sensitivity labels.

After the one that IHE Privacy Consent on FHIR sketches (ITI TF Privacy Consent on FHIR, Security
Labeling Service): what a code of a value set stands in is labelled with that set's sensitivity, and
is restricted; what is not sensitive is normal. `labels.json` holds the codes, and says whence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, Self

from consent_contracts.health_record import CONFIDENTIALITY
from consent_contracts.release.elements import codings, every_coding, token
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_array, as_object, as_text, parse_object

_FILE: Final = "labels.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelling:
    """Codes by the label that they call for.

    A labelling that is not `complete` says nothing of what it does not find. Only whoever vouches
    for a complete one may have records called normal because nothing in them was found.
    """

    by_code: Mapping[tuple[str, str], frozenset[str]]
    by_prefix: Mapping[str, Mapping[str, frozenset[str]]]
    restricted: str
    normal: str
    complete: bool = False

    @classmethod
    def parse(cls, source: JsonObject, *, complete: bool = False) -> Self:
        """Read the form of `labels.json`."""
        system = as_text(source.get("system"), at="/system")
        systems = as_object(source.get("systems"), at="/systems")
        by_code: dict[tuple[str, str], frozenset[str]] = {}
        prefixes: dict[str, frozenset[str]] = {}
        for name, value in as_object(source.get("labels"), at="/labels").items():
            labels = frozenset(f"{system}|{each}" for each in _with_wider(name, source))
            for kind, codes in as_object(value, at="/labels").items():
                if kind == "prefixes":
                    prefixes |= {
                        code: prefixes.get(code, labels) | labels for code in _texts(codes)
                    }
                elif kind in systems:
                    for each in _texts(systems[kind]):
                        for code in _texts(codes):
                            by_code[each, code] = by_code.get((each, code), labels) | labels
        levels = as_object(source.get("confidentiality"), at="/confidentiality")
        return cls(
            by_code=by_code,
            by_prefix=dict.fromkeys(_texts(systems.get("prefixes")), prefixes),
            restricted=f"{CONFIDENTIALITY}|{as_text(levels.get('sensitive'), at='/')}",
            normal=f"{CONFIDENTIALITY}|{as_text(levels.get('otherwise'), at='/')}",
            complete=complete,
        )

    def label(self, resource: JsonObject) -> frozenset[str] | None:
        """Return the labels of a resource: its own, and those that its codes call for.

        `None` if that is not known: one of its own cannot be read, or there is none and this
        labelling is not complete.
        """
        meta = resource.get("meta")
        said = codings(meta.get("security") if isinstance(meta, Mapping) else None)
        own = frozenset("|".join(found) for coding in said if (found := token(coding)))
        if any(token(coding) is None for coding in said):
            return None
        sensitive = frozenset[str]().union(
            *(self._of(system, code) for system, code in every_coding(resource))
        )
        labels = own | sensitive
        if not any(label.startswith(f"{CONFIDENTIALITY}|") for label in own):
            if sensitive:
                labels |= {self.restricted}
            elif self.complete:
                labels |= {self.normal}
        return labels or None

    def _of(self, system: str, code: str) -> frozenset[str]:
        found = self.by_code.get((system, code), frozenset())
        if prefixes := self.by_prefix.get(system):
            for length in range(1, min(len(code), 8) + 1):
                found |= prefixes.get(code[:length], frozenset())
        return found


@cache
def bundled_labelling(*, complete: bool = False) -> Labelling:
    """Return the labelling that comes with the product; its selection of codes is small."""
    source = resources.files("consent_contracts.release").joinpath(_FILE).read_bytes()
    return Labelling.parse(parse_object(source), complete=complete)


def _with_wider(name: str, source: JsonObject) -> tuple[str, ...]:
    includes = as_object(source.get("includes"), at="/includes")
    return (name, *(wide for wide, narrow in includes.items() if name in _texts(narrow)))


def _texts(value: JsonValue) -> tuple[str, ...]:
    return tuple(as_text(item, at="/labels") for item in as_array(value, at="/labels"))
