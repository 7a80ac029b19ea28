"""Codes that a contract covers: one by one, or in ICD-10 with all that stand below them."""

from dataclasses import dataclass
from typing import Final, Self

from consent_contracts.health_record import require_texts
from consent_contracts.wire import require_known
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_boolean, as_object, as_text

# The systems in which a code begins with the code above it.
_HIERARCHICAL: Final = frozenset(
    {
        "http://hl7.org/fhir/sid/icd-10",
        "http://hl7.org/fhir/sid/icd-10-cm",
        "http://fhir.de/CodeSystem/bfarm/icd-10-gm",
    }
)


@dataclass(frozen=True, slots=True)
class CodePattern:
    """A coding, `system|code`; with `below` also the codes below it, which only ICD-10 tells."""

    coding: str
    below: bool = False

    def __post_init__(self) -> None:
        require_texts(frozenset({self.coding}), coded=True, at="/coding")
        if self.below and self.coding.partition("|")[0] not in _HIERARCHICAL:
            raise MalformedError("nothing is known below the codes of this system", at="/below")

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> Self:
        """Read `{"coding", "below"?}`."""
        source = as_object(value, at=at)
        require_known(source, ("coding", "below"), at=at)
        return cls(
            as_text(source.get("coding"), at=f"{at}/coding"),
            as_boolean(source.get("below", False), at=f"{at}/below"),
        )

    def covers(self, coding: str) -> bool:
        """Say whether a coding is this one, or one below it if that is meant."""
        if coding == self.coding:
            return True
        # E11 has E11.9 below it and not E110; E11.3 has E11.31 below it.
        above = self.coding if "." in self.coding.partition("|")[2] else f"{self.coding}."
        return self.below and coding.startswith(above)


def as_coding(value: JsonValue, *, at: str) -> str:
    """Return the `system|code` of `{"system", "code", "display"?}`."""
    source: JsonObject = as_object(value, at=at)
    system, code = as_text(source.get("system"), at=at), as_text(source.get("code"), at=at)
    coding = f"{system}|{code}"
    require_texts(frozenset({coding}), coded=True, at=at)
    return coding
