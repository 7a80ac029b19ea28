from dataclasses import replace
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent_contracts.access import AccessLevel
from consent_contracts.fhir import Correspondence, FhirVersion, read_consent, write_consent
from consent_contracts.grant import Grant
from ssi_core import strict_json
from ssi_core.errors import DataLossError, SsiError
from tests.support.consent import make_grant
from tests.support.fhir_consents import (
    CORRESPONDENCE,
    actions,
    actors,
    labels,
    purposes,
    r4_consent,
    r5_consent,
)
from tests.support.junk import with_junk
from tests.support.random_grants import grants

NOTHING_ELSE = Correspondence()
ENCOUNTER: Final = {"meaning": "related", "reference": {"reference": "Encounter/3"}}
RULE: Final[dict[str, Any]] = {
    "period": {"start": "2027", "end": "2028-03-01"},
    "actor": actors("Organization/clinic", "Group/nurses"),
    "action": actions("access", "use"),
    "purpose": purposes("TREAT"),
    "securityLabel": labels("PSY"),
    "dataPeriod": {"end": "2026-12"},
    "data": [ENCOUNTER],
}
INNER: Final = {"type": "deny", "purpose": purposes("COC"), "securityLabel": labels("ETH")}
SOURCES: Final = {
    FhirVersion.R4: (
        r4_consent({"type": "permit", **RULE, "provision": [INNER]}),
        r4_consent({"type": "deny", "provision": [{"type": "permit", **RULE}]}),
        write_consent(make_grant(), version=FhirVersion.R4),
    ),
    FhirVersion.R5: (
        r5_consent("deny", RULE | {"provision": [{"securityLabel": labels("ETH")}]}),
        r5_consent("permit", {"securityLabel": labels("ETH")}),
        write_consent(make_grant(), version=FhirVersion.R5),
    ),
}


def _in_order(grant: Grant) -> Grant:
    """Return the grant with its records in one order, for their order means nothing."""
    # What a set prints depends on how it was made, so its JSON form is compared.
    return replace(
        grant, records=tuple(sorted(grant.records, key=lambda item: repr(item.to_json())))
    )


def _withholds_everything(grant: Grant) -> bool:
    nothing = type(grant.records[0])(access=AccessLevel.NONE) if grant.records else None
    return nothing in grant.records


@pytest.mark.spec("FHIR R4", "Consent")
@pytest.mark.spec("FHIR R5", "Consent")
@settings(max_examples=50)
@given(grant=grants(), version=st.sampled_from(FhirVersion))
def test_a_grant_comes_back_from_fhir_as_it_went(grant: Grant, version: FhirVersion) -> None:
    if _withholds_everything(grant):
        with pytest.raises(DataLossError):
            write_consent(grant, version=version)
        return

    written = strict_json.render(write_consent(grant, version=version))
    read = read_consent(strict_json.parse_object(written), NOTHING_ELSE, version=version)

    assert [_in_order(each) for each in read.grants] == [_in_order(grant)]


@given(seed=st.integers(0, 2**32), version=st.sampled_from(FhirVersion))
@settings(max_examples=150)
def test_a_consent_with_something_wrong_in_it_is_read_or_refused(
    seed: int, version: FhirVersion
) -> None:
    random = Random(seed)  # noqa: S311 - cases that can be repeated, not secrets
    source = random.choice(SOURCES[version])

    for _ in range(3):
        source = with_junk(random, source)
        if not isinstance(source, dict):
            return
        try:
            read = read_consent(source, CORRESPONDENCE, version=version)
        except SsiError:
            continue
        for grant in read.grants:
            Grant.parse(grant.to_json())
