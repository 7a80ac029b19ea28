"""Import a bundle: seal what can be certified, and say what cannot and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, final

from issuer.configurations import Configuration, certify
from issuer.fhir import Patient, Resource, Skipped, read_bundle
from issuer.model.record import SealedResource, StoredRecord
from issuer.ports import RecordStore
from issuer.service.secrets import Secrets, new_id
from ssi_core import strict_json
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject

# Larger ones no wallet would take.
MAX_CLAIMS: Final = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedResource:
    """A credential that can be offered, and where in the bundle its resource stands."""

    id: str
    configuration: str
    at: str
    date: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedRecord:
    """What became of a bundle."""

    id: str
    resources: tuple[ImportedResource, ...]
    skipped: tuple[Skipped, ...]


@final
class Records:
    """Takes in bundles."""

    def __init__(self, *, store: RecordStore, secrets: Secrets) -> None:
        self._store = store
        self._secrets = secrets

    def import_bundle(self, text: bytes, *, at: datetime) -> ImportedRecord:
        """Read a FHIR bundle and keep its claims sealed; see `read_bundle` for what is refused."""
        read = read_bundle(text)
        skipped = list(read.skipped)
        imported: list[ImportedResource] = []
        sealed: list[SealedResource] = []
        for place, resource in read.resources:
            one = self._seal(read.patient, resource)
            if one is None:
                skipped.append(Skipped(type(resource).__name__, place, "too_large"))
                continue
            sealed.append(one)
            imported.append(
                ImportedResource(
                    id=one.id, configuration=one.configuration, at=place, date=_day(resource.date)
                )
            )
        record = StoredRecord(id=new_id(), created_at=at, resources=tuple(sealed))
        self._store.add_record(record)
        return ImportedRecord(id=record.id, resources=tuple(imported), skipped=tuple(skipped))

    def keep(
        self, configuration: Configuration, claims: JsonObject, *, at: datetime
    ) -> ImportedRecord:
        """Keep claims that are in no bundle sealed, as a record of one resource.

        Claims of more than 64 KiB are a `MalformedError`.
        """
        one = self._sealed(configuration, claims)
        if one is None:
            raise MalformedError("the claims are larger than allowed")
        record = StoredRecord(id=new_id(), created_at=at, resources=(one,))
        self._store.add_record(record)
        kept = ImportedResource(id=one.id, configuration=configuration.id, at="", date=None)
        return ImportedRecord(id=record.id, resources=(kept,), skipped=())

    def _seal(self, patient: Patient, resource: Resource) -> SealedResource | None:
        return self._sealed(*certify(patient, resource))

    def _sealed(self, configuration: Configuration, claims: JsonObject) -> SealedResource | None:
        if len(strict_json.render(claims)) > MAX_CLAIMS:
            return None
        identifier = new_id()
        sealed = self._secrets.seal(claims, resource=identifier, configuration=configuration.id)
        return SealedResource(id=identifier, configuration=configuration.id, sealed=sealed)


def _day(moment: str | None) -> str | None:
    return None if moment is None else moment.partition("T")[0]
