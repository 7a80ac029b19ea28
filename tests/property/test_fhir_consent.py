from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent_contracts.access import AccessLevel
from consent_contracts.fhir import Correspondence, FhirVersion, read_consent, write_consent
from consent_contracts.grant import Grant
from ssi_core import strict_json
from ssi_core.errors import DataLossError
from tests.support.random_grants import grants

NOTHING_ELSE = Correspondence()


def _in_order(grant: Grant) -> Grant:
    """Return the grant with its records in one order, for their order means nothing."""
    return replace(grant, records=tuple(sorted(grant.records, key=repr)))


def _withholds_everything(grant: Grant) -> bool:
    nothing = type(grant.records[0])(access=AccessLevel.NONE) if grant.records else None
    return nothing in grant.records


@pytest.mark.spec("FHIR R4", "Consent")
@pytest.mark.spec("FHIR R5", "Consent")
@settings(max_examples=80)
@given(grant=grants(), version=st.sampled_from(FhirVersion))
def test_a_grant_comes_back_from_fhir_as_it_went(grant: Grant, version: FhirVersion) -> None:
    if _withholds_everything(grant):
        with pytest.raises(DataLossError):
            write_consent(grant, version=version)
        return

    written = strict_json.render(write_consent(grant, version=version))
    read = read_consent(strict_json.parse_object(written), NOTHING_ELSE, version=version)

    assert [_in_order(each) for each in read.grants] == [_in_order(grant)]
