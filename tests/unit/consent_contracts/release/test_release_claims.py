from typing import Any

import pytest

from consent_contracts.access import AccessLevel
from consent_contracts.access_request import RequestedItem
from consent_contracts.decision import Permit, decide, require
from consent_contracts.release.documents import Release, release_claims
from consent_contracts.release.keyed import ReleaseKey
from consent_contracts.release.permitted import PermittedClaims
from ssi_core.claim_path import WITHHELD
from ssi_core.errors import ConsentError
from tests.support.consent import (
    AT,
    DIAGNOSIS,
    LABORATORY,
    make_access_request,
    make_grant,
    make_record,
    requested_item,
    scope_item,
)
from tests.support.released import FULL, INFORMATION, KEY, SAMPLE, UCUM, cells_of, records_of

ICD_10 = "http://hl7.org/fhir/sid/icd-10"
CLAIMS: Any = {
    "given_name": "Erika",
    "birth_date": "1964-08-12",
    "code": {"system": ICD_10, "code": "E11.9", "display": "Diabetes"},
    "additional_codings": [{"system": "http://snomed.info/sct", "code": "44054006"}],
    "clinical_status": "active",
    "onset": "2016-05-17",
}
ALL = ("given_name", "birth_date", "code", "additional_codings", "clinical_status", "onset")


def claims_at(
    access: AccessLevel,
    *names: str,
    claims: Any = CLAIMS,
    granted: Any = None,
    credential: str = "one",
) -> PermittedClaims:
    item = requested_item(*(names or ALL), access=str(access))
    grant = make_grant(scope=(granted or scope_item(*ALL, access="full"),))
    return PermittedClaims(
        id=credential,
        claims=claims,
        item=item,
        permit=Permit((grant,), grant.obligations, grant.limits),
    )


def released(access: AccessLevel, *names: str, claims: Any = CLAIMS) -> Release:
    return release_claims([claims_at(access, *names, claims=claims)], access=access, key=KEY)


def test_at_full_the_claims_that_were_asked_for_leave_as_they_are() -> None:
    assert released(FULL, "code.code", "onset").records == (
        {"code": {"code": "E11.9"}, "onset": "2016-05-17"},
    )


def test_at_sample_claims_leave_coarser_or_not_at_all() -> None:
    assert released(SAMPLE).records == (
        {
            "birth_date": "1964",
            "code": {"system": ICD_10, "code": "E11"},
            "clinical_status": "active",
            "onset": "2016-05",
        },
    )


def test_a_claim_that_was_not_asked_for_does_not_leave() -> None:
    assert released(SAMPLE, "onset").records == ({"onset": "2016-05"},)


def test_an_element_that_the_holder_withheld_is_not_there() -> None:
    claims = CLAIMS | {"additional_codings": [WITHHELD, {"code": "1"}]}

    assert released(FULL, "additional_codings", claims=claims).records == (
        {"additional_codings": [{"code": "1"}]},
    )


def test_a_value_of_a_laboratory_result_is_put_on_the_grid() -> None:
    code = {"system": "http://loinc.org", "code": "718-7", "display": "Hemoglobin"}
    value = {"value": 13.37, "unit": "g/dL", "system": UCUM, "code": "g/dL"}
    part = {"code": code, "value": value}
    claims: Any = part | {"values": [part]}
    item = requested_item("code", "value", "values", vct=LABORATORY, access="sample")
    grant = make_grant(scope=(scope_item("code", "value", "values", vct=LABORATORY),))

    document = release_claims(
        [
            PermittedClaims(
                id="one",
                claims=claims,
                item=item,
                permit=Permit((grant,), grant.obligations, grant.limits),
            )
        ],
        access=SAMPLE,
        key=KEY,
    )

    (left,) = records_of(document)
    numbers = [left["value"], left["values"][0]["value"]]
    assert numbers[0] == numbers[1]
    assert abs(numbers[0]["value"] - 13.37) <= 0.5
    assert numbers[0]["value"] != 13.37


def test_at_information_one_credential_is_too_few_to_describe() -> None:
    document = released(INFORMATION)

    assert document.to_json() == {
        "access": "information",
        "rules": 1,
        "descriptors": {"cells": [], "any_other": "fewer than 8"},
    }


def test_at_information_many_credentials_are_described_by_what_their_claims_tell() -> None:
    sinusitis = {"system": "http://snomed.info/sct", "code": "444814009"}
    many = [
        claims_at(INFORMATION, claims=CLAIMS | {"code": sinusitis}, credential=str(number))
        for number in range(9)
    ]

    document = release_claims(many, access=INFORMATION, key=KEY)

    assert cells_of(document) == [
        {
            "type": DIAGNOSIS,
            "kind": "respiratory-infection",
            "from": 2015,
            "through": 2019,
            "at_least": 5,
        }
    ]


def test_copies_of_one_credential_are_one() -> None:
    copies = [claims_at(INFORMATION) for _ in range(30)]

    assert cells_of(release_claims(copies, access=INFORMATION, key=KEY)) == []


@pytest.mark.parametrize("number", range(12))
def test_asking_for_other_claims_does_not_show_another_part_of_the_credentials(
    number: int,
) -> None:
    key = ReleaseKey(bytes([number]) * 32)
    grant = make_grant(scope=(scope_item("code", "value", "effective", "issued", vct=LABORATORY),))
    permit = Permit((grant,), grant.obligations, grant.limits)
    parts = (("code", "value", "effective"), ("code", "value", "effective", "issued"))

    seen = [
        release_claims(
            [
                PermittedClaims(
                    id=f"credential {place}",
                    claims=_haemoglobin(10 + place % 2 * 4),
                    item=requested_item(*names, vct=LABORATORY, access="information"),
                    permit=permit,
                )
                for place in range(12)
            ],
            access=INFORMATION,
            key=key,
        ).to_json()
        for names in parts
    ]

    # Six lie in either bucket; which of them are left out decides whether five are left there.
    assert seen[0] == seen[1]
    assert "haemoglobin" in repr(seen[0])


def _haemoglobin(value: int) -> Any:
    return {
        "code": {"system": "http://loinc.org", "code": "718-7"},
        "value": {"value": value, "unit": "g/dL", "system": UCUM, "code": "g/dL"},
        "effective": "2016-05-17",
        "issued": "2016-05-18",
    }


def test_a_credential_of_a_type_without_rules_leaves_at_full_only() -> None:
    vct = "urn:example:other:1"
    grant = make_grant(scope=(scope_item("a", vct=vct),))
    permit = Permit((grant,), grant.obligations, grant.limits)

    for access, records in ((SAMPLE, ()), (FULL, ({"a": 1},))):
        item = RequestedItem(vct=vct, claims=frozenset({("a",)}), access=access)
        claims = PermittedClaims(id="one", claims={"a": 1}, item=item, permit=permit)
        assert release_claims([claims], access=access, key=KEY).records == records


@pytest.mark.parametrize("level", ["none", "information", "sample"])
def test_a_permit_that_does_not_give_the_level_cannot_be_used(level: str) -> None:
    with pytest.raises(ConsentError):
        claims_at(FULL, granted=scope_item(*ALL, access=level))


def test_a_permit_that_leaves_out_one_of_the_claims_cannot_be_used() -> None:
    with pytest.raises(ConsentError):
        claims_at(FULL, "code", "onset", granted=scope_item("code"))


def test_claims_permitted_at_one_level_are_not_released_at_another() -> None:
    for access in (FULL, AccessLevel.NONE):
        with pytest.raises(ConsentError):
            release_claims([claims_at(SAMPLE)], access=access, key=KEY)


def test_no_claims_are_no_release() -> None:
    with pytest.raises(ConsentError):
        release_claims([], access=FULL, key=KEY)


def test_the_permit_of_a_decision_is_what_releases() -> None:
    item = requested_item("code", access="sample")
    permit = require(decide(make_access_request(items=(item,)), [make_record()], at=AT))

    document = release_claims(
        [PermittedClaims(id="one", claims=CLAIMS, item=item, permit=permit)], access=SAMPLE, key=KEY
    )

    assert document.records == ({"code": {"system": ICD_10, "code": "E11"}},)
