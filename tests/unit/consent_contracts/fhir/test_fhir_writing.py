from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consent_contracts.access import AccessLevel
from consent_contracts.fhir import Correspondence, FhirVersion, read_consent, write_consent
from consent_contracts.grantor import Grantor
from consent_contracts.lifecycle import GrantState
from consent_contracts.purpose import Purpose
from consent_contracts.recipient import Recipient
from consent_contracts.record_scope import RecordScope
from consent_contracts.terms import Effect
from ssi_core.errors import DataLossError, MalformedError
from ssi_core.period import Period
from tests.support.consent import digest, make_grant
from tests.support.fhir_consents import CLINIC, COMMUNITY, DOCTOR, NURSE

pytestmark = [pytest.mark.spec("FHIR R4", "Consent"), pytest.mark.spec("FHIR R5", "Consent")]
OBSERVATIONS = RecordScope(access=AccessLevel.FULL, resource_types=frozenset({"Observation"}))
PLAIN = make_grant(recipient=CLINIC, scope=(), records=(OBSERVATIONS,))
VERSIONS = pytest.mark.parametrize("version", FhirVersion)


def _extensions(value: Any, name: str) -> list[str]:
    """Return the URLs of all extensions that stand under `name`, anywhere in `value`."""
    if isinstance(value, dict):
        here = [each["url"] for each in value.get(name, [])]
        return here + [url for inner in value.values() for url in _extensions(inner, name)]
    if isinstance(value, list):
        return [url for each in value for url in _extensions(each, name)]
    return []


def _short(urls: list[str]) -> set[str]:
    return {url.removeprefix("urn:consentry:fhir:") for url in urls}


LIMITED = [
    {"scope": make_grant().scope},
    {"records": (replace(OBSERVATIONS, access=AccessLevel.SAMPLE),)},
    {"records": (replace(OBSERVATIONS, categories=frozenset({"urn:c|laboratory"})),)},
    {"records": (replace(OBSERVATIONS, care_contexts=frozenset({"Encounter/3"})),)},
    {"grantor": Grantor(keys=frozenset({digest("mother")}), delegation="zDelegation")},
    {"recipient": NURSE},
]


@VERSIONS
@pytest.mark.parametrize("change", LIMITED)
def test_what_narrows_a_permission_is_nothing_to_be_overlooked(
    change: dict[str, Any], version: FhirVersion
) -> None:
    plain = _short(_extensions(write_consent(PLAIN, version=version), "modifierExtension"))

    written = write_consent(replace(PLAIN, **change), version=version)

    assert plain == {"terms"}
    assert _short(_extensions(written, "modifierExtension")) > plain


@VERSIONS
@pytest.mark.parametrize("change", LIMITED)
def test_what_narrows_an_objection_may_be_overlooked(
    change: dict[str, Any], version: FhirVersion
) -> None:
    objection = replace(PLAIN, effect=Effect.DENY, **change)

    written = write_consent(objection, version=version)

    modifiers = _short(_extensions(written, "modifierExtension"))
    assert modifiers <= {"objection", "alone"}
    assert read_consent(written, Correspondence(), version=version).grants == (objection,)


@VERSIONS
def test_a_plain_grant_of_records_needs_no_extension_in_its_provisions(
    version: FhirVersion,
) -> None:
    provision = write_consent(PLAIN, version=version)["provision"]

    assert _extensions(provision, "extension") == []
    assert _extensions(provision, "modifierExtension") == []


@VERSIONS
def test_an_objection_to_all_but_some_comes_back(version: FhirVersion) -> None:
    objection = replace(
        PLAIN,
        effect=Effect.DENY,
        recipient=Recipient(None, excepted=frozenset({DOCTOR, NURSE, COMMUNITY})),
        except_purposes=frozenset({Purpose.COVERAGE}),
        records=(
            replace(OBSERVATIONS, access=AccessLevel.INFORMATION),
            replace(OBSERVATIONS, access=AccessLevel.NONE, authors=frozenset({"Practitioner/7"})),
        ),
    )

    written = write_consent(objection, version=version)

    assert read_consent(written, Correspondence(), version=version).grants == (objection,)


@VERSIONS
@pytest.mark.parametrize(
    ("change", "element"),
    [
        ({"authors": frozenset({"Dr. Who"})}, "/scope/records/authors"),
        ({"care_contexts": frozenset({"the ward"})}, "/scope/records/care_contexts"),
        (
            {"data_period": Period(datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC), None)},
            "/scope/records/data_period",
        ),
        (
            {
                "data_period": Period(
                    datetime(2026, 1, 1, tzinfo=UTC),
                    datetime(2026, 1, 1, 0, 0, 0, 500, tzinfo=UTC),
                )
            },
            "/scope/records/data_period",
        ),
    ],
)
def test_what_fhir_cannot_say_is_named(
    change: dict[str, Any], element: str, version: FhirVersion
) -> None:
    grant = replace(PLAIN, records=(replace(OBSERVATIONS, **change),))

    with pytest.raises(DataLossError) as refused:
        write_consent(grant, version=version)

    assert refused.value.at == element


@VERSIONS
def test_a_suspended_grant_has_no_counterpart(version: FhirVersion) -> None:
    with pytest.raises(DataLossError) as refused:
        write_consent(PLAIN, version=version, state=GrantState.SUSPENDED)

    assert refused.value.at == "/status"


@VERSIONS
@pytest.mark.parametrize(
    ("state", "read"),
    [
        (GrantState.ACTIVE, GrantState.ACTIVE),
        (GrantState.WITHDRAWN, GrantState.WITHDRAWN),
        (GrantState.SUPERSEDED, GrantState.WITHDRAWN),
    ],
)
def test_the_state_goes_with_the_grant(
    state: GrantState, read: GrantState, version: FhirVersion
) -> None:
    written = write_consent(PLAIN, version=version, state=state)

    assert read_consent(written, Correspondence(), version=version).state is read


@VERSIONS
def test_a_grant_of_no_records_is_not_written(version: FhirVersion) -> None:
    nothing = replace(PLAIN, records=(OBSERVATIONS, RecordScope(access=AccessLevel.NONE)))

    with pytest.raises(DataLossError) as refused:
        write_consent(nothing, version=version)

    assert refused.value.at == "/scope"


def test_an_objection_in_r5_that_permits_by_default_is_none() -> None:
    written = dict(write_consent(replace(PLAIN, effect=Effect.DENY), version=FhirVersion.R5))

    with pytest.raises(MalformedError) as refused:
        read_consent({**written, "decision": "permit"}, Correspondence(), version=FhirVersion.R5)

    assert refused.value.at == "/decision"


def test_a_period_of_one_second_comes_back() -> None:
    start = datetime(2026, 12, 1, tzinfo=UTC)
    short = replace(PLAIN, period=Period(start, start + timedelta(seconds=1)))

    written = write_consent(short, version=FhirVersion.R4)

    assert read_consent(written, Correspondence(), version=FhirVersion.R4).grants == (short,)
