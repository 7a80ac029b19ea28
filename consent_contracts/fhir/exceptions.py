"""What a provision leaves out of another: purposes, records, or some records for some purposes."""

from collections.abc import Iterable
from dataclasses import dataclass

from consent_contracts.access import AccessLevel
from consent_contracts.fhir.conditions import Conditions
from consent_contracts.fhir.purposes import Purposes
from consent_contracts.record_scope import RecordScope
from ssi_core.errors import DataLossError


@dataclass(frozen=True, slots=True)
class Exemption:
    """The conditions of an exception, as they stand beside those of what it is one to."""

    conditions: Conditions
    at: str

    def __post_init__(self) -> None:
        if self.conditions.claims is not None or self.conditions.access is not None:
            raise DataLossError("an exception is about whole records", at=self.at)

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left."""
        return self.conditions.purposes is None and not self.conditions.speaks_of_records

    @property
    def is_mixed(self) -> bool:
        """Whether it takes some records out, for some purposes only."""
        return self.conditions.purposes is not None and self.conditions.speaks_of_records

    def records(self) -> tuple[RecordScope, ...]:
        """Return the records that are left out, at level `none`."""
        return self.conditions.records(AccessLevel.NONE, at=self.at)


def purposes_left_out(exemptions: Iterable[Exemption]) -> Purposes:
    """Return the purposes that are left out whatever is asked for."""
    found = (each.conditions for each in exemptions)
    return Purposes().union(*(each.purposes or () for each in found if not each.speaks_of_records))


def records_left_out(exemptions: Iterable[Exemption]) -> tuple[RecordScope, ...]:
    """Return the records that are left out whatever it is asked for."""
    every = (each for each in exemptions if each.conditions.purposes is None)
    return tuple(item for each in every for item in each.records())
