"""Held records, grants over them, and the whole way from a question to what leaves."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from consent_contracts.access import AccessLevel
from consent_contracts.decision import ConsentIndex
from consent_contracts.grant import Grant
from consent_contracts.record_scope import RecordScope
from consent_contracts.release.documents import Release, release
from consent_contracts.release.keyed import ReleaseKey
from consent_contracts.release.labelling import Labelling, bundled_labelling
from consent_contracts.release.permitted import PermittedRecord, permitted_records
from consent_contracts.release.query import RecordQuery
from ssi_core.json_types import JsonObject
from tests.support.consent import AT, make_access_request, make_grant, make_record

KEY: Final = ReleaseKey(b"a key of the tests for releasing".ljust(32, b"."))
LABELLING: Final = bundled_labelling(complete=True)
INFORMATION: Final = AccessLevel.INFORMATION
SAMPLE: Final = AccessLevel.SAMPLE
FULL: Final = AccessLevel.FULL
UCUM: Final = "http://unitsofmeasure.org"


def all_at(access: AccessLevel = FULL, **conditions: Any) -> RecordScope:
    """Return a scope item over the records that meet `conditions`; over all without them."""
    return RecordScope(access=access, **conditions)


def record_grant(*items: RecordScope, **changes: Any) -> Grant:
    """Return a grant of records, at level `full` over everything if no items are given."""
    return make_grant(scope=(), records=items or (all_at(),), **changes)


def query_of(
    held: Sequence[JsonObject], access: AccessLevel, years: tuple[int, int] | None = None
) -> RecordQuery:
    """Return the question for all types that are held, and for all years if none are given."""
    first, last = years or (None, None)
    types = frozenset(str(each["resourceType"]) for each in held)
    return RecordQuery(resource_types=types, access=access, from_year=first, through_year=last)


def permit_all(
    held: Sequence[JsonObject],
    query: RecordQuery,
    *grants: Grant,
    labelling: Labelling = LABELLING,
) -> tuple[PermittedRecord, ...]:
    """Return the records that are permitted to leave under `grants`; one of everything if none."""
    return permitted_records(
        held,
        query,
        asked=make_access_request(),
        grants=ConsentIndex.of([make_record(grant) for grant in grants or (record_grant(),)]),
        at=AT,
        labelling=labelling,
    )


def answer(
    held: Sequence[JsonObject],
    access: AccessLevel,
    *grants: Grant,
    years: tuple[int, int] | None = None,
    key: ReleaseKey = KEY,
) -> Release:
    """Return what leaves when everything that is held is asked for, or all from some years."""
    query = query_of(held, access, years)
    return release(permit_all(held, query, *grants), query, held=held, key=key)


def observation(number: int, *, value: Any = 70.2, day: str = "2016-05-17", **more: Any) -> Any:
    """Return a body weight in kg."""
    return {
        "resourceType": "Observation",
        "id": f"weight-{number}",
        "status": "final",
        "code": {"coding": [coding("http://loinc.org", "29463-7")], "text": "Body Weight"},
        "effectiveDateTime": day,
        "valueQuantity": {"value": value, "unit": "kg", "system": UCUM, "code": "kg"},
        **more,
    }


def condition(number: int, *, day: str = "2016-05-17", code: str = "38341003", **more: Any) -> Any:
    """Return a condition by its SNOMED CT code."""
    return {
        "resourceType": "Condition",
        "id": f"condition-{number}",
        "code": {"coding": [coding("http://snomed.info/sct", code)], "text": "as it was said"},
        "onsetDateTime": day,
        "abatementDateTime": day,
        **more,
    }


def coding(system: str, code: str) -> dict[str, str]:
    """Return a coding with a display."""
    return {"system": system, "code": code, "display": f"display of {code}"}


def cells_of(document: Release) -> Any:
    """Return the cells that descriptors have."""
    assert document.descriptors is not None
    return document.descriptors["cells"]


def records_of(document: Release) -> Any:
    """Return the records that leave, for tests to look into."""
    return document.records


def leaves(value: Any) -> list[Any]:
    """Return every value in `value` that is no container, and the names of all members."""
    if isinstance(value, Mapping):
        return [each for name, item in value.items() for each in (name, *leaves(item))]
    if isinstance(value, list | tuple):
        return [each for item in value for each in leaves(item)]
    return [value]
