from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consent_contracts.access import AccessLevel
from consent_contracts.fhir import Correspondence, FhirVersion, read_consent
from consent_contracts.grantor import Grantor
from consent_contracts.health_record import CONFIDENTIALITY
from consent_contracts.lifecycle import GrantState
from consent_contracts.purpose import Purpose
from consent_contracts.recipient import Recipient
from consent_contracts.record_scope import RecordScope
from consent_contracts.terms import Effect, Notice, Obligation
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_encode
from ssi_core.errors import DataLossError, MalformedError, RejectedError, SsiError, WorkLimitError
from ssi_core.period import Period
from tests.support.consent import HOLDER_KEY, LOG, digest
from tests.support.fhir_consents import (
    ACTCODE,
    CLINIC,
    COMMUNITY,
    CORRESPONDENCE,
    DOCTOR,
    NURSE,
    actions,
    actors,
    labels,
    purposes,
    r4_consent,
    read_r4,
    read_r5,
)

pytestmark = pytest.mark.spec("FHIR R4", "Consent")
DATED = datetime(2026, 12, 1, tzinfo=UTC)
WHO = ("Organization/clinic", "Practitioner/doctor", "Group/nurses")
TREAT = {"type": "permit", "purpose": purposes("TREAT")}
OBSERVATION = [{"system": "http://hl7.org/fhir/resource-types", "code": "Observation"}]
PSY = RecordScope(access=AccessLevel.NONE, labels=frozenset({f"{ACTCODE}|PSY"}))


def _data(meaning: str, reference: str) -> dict[str, Any]:
    return {"meaning": meaning, "reference": {"reference": reference}}


def _refused(provision: Any, /, **changes: Any) -> SsiError:
    with pytest.raises(SsiError) as refused:
        read_r4(provision, **changes)
    return refused.value


def test_everything_that_a_provision_says_stands_in_the_grant() -> None:
    provision = {
        "type": "permit",
        "period": {"start": "2027-01-01", "end": "2027-06"},
        "actor": actors("Organization/clinic"),
        "purpose": purposes("TREAT", "HPAYMT"),
        "action": actions("access", "use", "collect"),
        "class": OBSERVATION,
        "code": [{"coding": [{"system": "http://loinc.org", "code": "2339-0"}]}],
        "securityLabel": labels("N", system=CONFIDENTIALITY),
        "dataPeriod": {"start": "2020"},
        "data": [_data("authoredby", "Practitioner/doctor")],
    }

    read = read_r4(provision)

    (grant,) = read.grants
    assert read.state is GrantState.ACTIVE
    assert (grant.id, grant.log) == (None, LOG)
    assert grant.holder_keys == {HOLDER_KEY}
    assert (grant.recipient, grant.effect) == (CLINIC, Effect.PERMIT)
    assert grant.purposes == {Purpose.TREAT, Purpose.HPAYMT}
    assert grant.period == Period(
        datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 7, 1, tzinfo=UTC)
    )
    assert grant.records == (
        RecordScope(
            access=AccessLevel.FULL,
            resource_types=frozenset({"Observation"}),
            codes=frozenset({"http://loinc.org|2339-0"}),
            labels=frozenset({f"{CONFIDENTIALITY}|N"}),
            data_period=Period(datetime(2020, 1, 1, tzinfo=UTC), None),
            authors=frozenset({"Practitioner/doctor"}),
        ),
    )
    assert grant.notice == Notice("en", digest("notice"))
    assert grant.grantor is None


@pytest.mark.parametrize(
    ("change", "element"),
    [
        ({"actor": actors("Organization/other")}, "/provision/actor/0/reference"),
        ({"actor": [{"reference": {"reference": "Group/nurses"}}]}, "/provision/actor/0/role"),
        ({"purpose": [{"system": "http://else", "code": "x"}]}, "/provision/purpose/0"),
        ({"purpose": purposes("TREAT") + labels("NONE")}, "/provision/purpose/1"),
        ({"purpose": [{"code": "TREAT"}]}, "/provision/purpose/0/system"),
        ({"class": [{"system": "urn:ietf:bcp:13", "code": "text/plain"}]}, "/provision/class/0"),
        ({"code": [{"text": "blood sugar"}]}, "/provision/code/0"),
        ({"data": [_data("related", "Observation/1")]}, "/provision/data/0/reference"),
        ({"data": [_data("dependents", "Patient/1")]}, "/provision/data/0/reference"),
        ({"data": [_data("instance", "Observation/1/_history/2")]}, "/provision/data/0/reference"),
        ({"data": [_data("instance", "http://else/Observation/1")]}, "/provision/data/0/reference"),
        ({"data": [_data("instance", "#contained")]}, "/provision/data/0/reference"),
        ({"data": [_data("about", "Observation/1")]}, "/provision/data/0/meaning"),
        ({"data": [{"meaning": "instance", "reference": {"display": "x"}}]},
         "/provision/data/0/reference"),
        ({"action": actions("access")}, "/provision/action"),
        ({"action": actions("access", "use", "correct")}, "/provision/action"),
        ({"action": labels("use")}, "/provision/action/0/system"),
        ({"modifierExtension": [{"url": "http://example.org/harmless"}]},
         "/provision/modifierExtension/0"),
        ({"extension": [{"url": "http://example.org/other"}]}, "/provision/extension/0"),
        ({"_type": {"id": "1"}}, "/provision/_type"),
        ({"expression": {"language": "text/cql"}}, "/provision/expression"),
        ({"period": {"start": "2027", "end": "2026"}}, "/provision/period"),
        ({"period": {}}, "/provision/period"),
        ({"period": {"end": "2026-11-30"}}, "/provision/period"),
        ({"period": {"end": "2037"}}, "/provision/period"),
        ({"dataPeriod": {"end": "yesterday"}}, "/provision/dataPeriod/end"),
        ({"purpose": []}, "/provision/purpose"),
        ({"purpose": {}}, "/provision/purpose"),
        ({"actor": "everybody"}, "/provision/actor"),
        ({"type": "maybe"}, "/provision/type"),
        ({"type": None}, "/provision/type"),
        ({"provision": [{}]}, "/provision/provision/0"),
        ({"provision": [TREAT | {"securityLabel": [{"code": "R"}]}]},
         "/provision/provision/0/securityLabel/0/system"),
    ],
)  # fmt: skip
def test_what_a_provision_says_and_nothing_here_corresponds_to_is_named(change, element) -> None:
    assert _refused(TREAT | change).at == element


@pytest.mark.parametrize(
    ("change", "element"),
    [
        ({"resourceType": "Contract"}, "/resourceType"),
        ({"implicitRules": "http://example.org/rules"}, "/implicitRules"),
        ({"contained": [{"resourceType": "Patient"}]}, "/contained"),
        ({"status": "activ"}, "/status"),
        ({"status": "unknown"}, "/status"),
        ({"scope": {"coding": labels("research")}}, "/scope"),
        ({"scope": None}, "/scope"),
        ({"category": [{"coding": labels("dnr")}]}, "/category/0"),
        ({"patient": {"reference": "Patient/2"}}, "/patient"),
        ({"patient": None}, "/patient"),
        ({"performer": [{"reference": "RelatedPerson/stranger"}]}, "/performer/0"),
        ({"performer": [{"reference": "Patient/1"}, {"reference": "RelatedPerson/mother"}]},
         "/performer/0"),
        ({"performer": [{"reference": f"RelatedPerson/{name}"} for name in ("mother", "uncle")]},
         "/performer"),
        ({"organization": [{"reference": "Organization/other"}]}, "/organization/0"),
        ({"policy": [{"uri": "http://example.org/another"}]}, "/policy/0/uri"),
        ({"policy": [{"authority": "http://example.org/another"}]}, "/policy/0/authority"),
        ({"policyRule": {"coding": labels("OPTOUT")}}, "/policyRule"),
        ({"verification": [{"verified": False}]}, "/verification/0/verified"),
        ({"sourceReference": {"reference": "DocumentReference/other"}}, "/sourceReference"),
        ({"sourceReference": None}, "/source"),
        ({"sourceReference": None, "sourceAttachment": {"url": "urn:x"}}, "/sourceAttachment"),
        ({"sourceReference": None, "sourceAttachment": {"language": "en", "data": "?"}},
         "/sourceAttachment/data"),
        ({"dateTime": None}, "/provision/period"),
        ({"dateTime": "2026-13"}, "/dateTime"),
        ({"provision": None}, "/provision"),
        ({"provision": {}}, "/provision"),
        ({"provision": [TREAT]}, "/provision"),
    ],
)  # fmt: skip
def test_what_stands_around_the_provisions_is_understood_or_named(change, element) -> None:
    assert _refused(TREAT, **change).at == element


@pytest.mark.parametrize("status", ["draft", "proposed", "rejected", "entered-in-error"])
def test_a_consent_that_was_not_given_gives_no_grants(status: str) -> None:
    assert isinstance(_refused(TREAT, status=status), RejectedError)


def test_a_consent_that_is_inactive_is_withdrawn() -> None:
    assert read_r4(TREAT, status="inactive").state is GrantState.WITHDRAWN


def test_a_permission_without_actors_or_purposes_is_what_the_caller_says() -> None:
    (grant,) = read_r4({"type": "permit"}).grants

    assert grant.recipient == COMMUNITY
    assert grant.purposes == {Purpose.TREAT}


@pytest.mark.parametrize(
    "provision", [TREAT, {"type": "permit", "actor": actors("Organization/clinic")}]
)
def test_a_permission_without_actors_or_purposes_is_refused_if_the_caller_says_nothing(
    provision: Any,
) -> None:
    silent = Correspondence(
        log=LOG,
        subjects=CORRESPONDENCE.subjects,
        recipients=CORRESPONDENCE.recipients,
        policies=CORRESPONDENCE.policies,
        organizations=CORRESPONDENCE.organizations,
        notices=CORRESPONDENCE.notices,
        max_staleness=timedelta(hours=1),
    )

    with pytest.raises(DataLossError) as refused:
        read_consent(r4_consent(provision), silent, version=FhirVersion.R4)

    assert refused.value.at == "/provision"


def test_a_consent_without_an_end_ends_when_the_caller_says() -> None:
    (grant,) = read_r4(TREAT).grants

    assert grant.period == Period(DATED, DATED + timedelta(days=3652))


def test_each_actor_gets_a_grant() -> None:
    provision = TREAT | {"actor": actors("Organization/clinic", "Group/nurses", "Group/nurses")}

    grants = read_r4(provision).grants

    assert [each.recipient for each in grants] == [CLINIC, NURSE]


def test_an_actor_may_be_named_by_its_did() -> None:
    actor = actors("x")[0] | {
        "reference": {"identifier": {"system": "urn:ietf:rfc:3986", "value": "did:web:a.example"}}
    }

    (grant,) = read_r4(TREAT | {"actor": [actor]}).grants

    assert grant.recipient == Recipient(Did("web", "a.example"))


def test_a_purpose_of_another_code_system_is_what_the_caller_says() -> None:
    purpose = [{"system": "http://example.org/purposes", "code": "project"}]

    (grant,) = read_r4({"type": "permit", "purpose": purpose}).grants

    assert grant.purposes == {Purpose.DSRCH}


@pytest.mark.parametrize("meaning", ["related", "dependents"])
def test_what_is_related_to_an_encounter_took_place_in_it_or_is_it(meaning: str) -> None:
    (grant,) = read_r4(TREAT | {"data": [_data(meaning, "Encounter/3")]}).grants

    assert set(grant.records) == {
        RecordScope(access=AccessLevel.FULL, care_contexts=frozenset({"Encounter/3"})),
        RecordScope(
            access=AccessLevel.FULL,
            resource_types=frozenset({"Encounter"}),
            instances=frozenset({"3"}),
        ),
    }


def test_a_reference_to_a_server_of_the_callers_own_is_relative() -> None:
    (grant,) = read_r4(
        TREAT | {"data": [_data("instance", "https://fhir.example/r4/Observation/1")]}
    ).grants

    assert grant.records[0].instances == {"1"}


def test_an_instance_of_a_type_that_the_class_leaves_out_is_a_contradiction() -> None:
    provision = TREAT | {"class": OBSERVATION, "data": [_data("instance", "Condition/1")]}

    assert _refused(provision).at == "/provision/data"


def test_not_to_collect_is_to_erase_after_use_and_not_to_disclose_is_to_keep() -> None:
    (grant,) = read_r4(TREAT | {"action": actions("access", "use")}).grants

    assert grant.obligations == {Obligation.ERASE_AFTER_USE}
    assert not grant.limits.onward_sharing


def test_representatives_who_act_by_one_delegation_agree_together() -> None:
    both = [{"reference": f"RelatedPerson/{name}"} for name in ("mother", "father")]

    (grant,) = read_r4(TREAT, performer=both).grants

    assert grant.grantor == Grantor(
        keys=frozenset({digest("mother"), digest("father")}), delegation="zDelegation"
    )


def test_an_attached_text_is_the_notice_by_its_digest() -> None:
    attachment = {"contentType": "text/plain", "language": "de", "data": "w6Rh"}

    (grant,) = read_r4(TREAT, sourceReference=None, sourceAttachment=attachment).grants

    assert grant.notice == Notice("de", digest("äa"))


def test_a_grant_names_the_document_that_it_comes_from() -> None:
    one, another = read_r4(TREAT), read_r4(TREAT, dateTime="2026-12-02")

    assert len(base64url_encode(b"") + one.grants[0].request_digest) == 43
    assert one.grants[0].request_digest != another.grants[0].request_digest


def test_an_extension_that_the_caller_ignores_may_stand_anywhere() -> None:
    harmless = {"extension": [{"url": "http://example.org/harmless", "valueString": "x"}]}

    assert read_r4(TREAT | harmless, **harmless).grants


@pytest.mark.parametrize("count", [1_001, 10_000])
def test_more_provisions_than_anybody_means_are_refused(count: int) -> None:
    inner = [{"type": "deny", "securityLabel": labels("PSY")}] * count

    assert isinstance(_refused(TREAT | {"provision": inner}), MalformedError)


def test_more_grants_than_anybody_means_are_refused() -> None:
    inner = [
        {"type": "deny", "period": {"end": f"{2027 + n % 9}-{1 + n // 9:02}"}} for n in range(108)
    ]

    refused = _refused(TREAT | {"actor": actors(*WHO), "provision": inner})

    assert isinstance(refused, WorkLimitError)


def test_provisions_nested_without_end_are_refused() -> None:
    provision: dict[str, Any] = TREAT
    for _ in range(12):
        provision = TREAT | {"provision": [provision]}

    assert isinstance(_refused(provision), WorkLimitError)
    for _ in range(2_000):
        provision = {"type": "permit", "provision": [provision]}
    assert isinstance(_refused(provision), MalformedError)


@pytest.mark.spec("FHIR R5", "Consent")
@pytest.mark.parametrize(
    ("change", "element"),
    [
        ({"scope": {"coding": labels("x")}}, "/scope"),
        ({"decision": "maybe"}, "/decision"),
        ({"decision": None}, "/decision"),
        ({"subject": {"reference": "Patient/2"}}, "/subject"),
        ({"grantor": [{"reference": "RelatedPerson/stranger"}]}, "/grantor/0"),
        ({"grantee": [{"reference": "Organization/other"}]}, "/grantee/0"),
        ({"manager": [{"reference": "Organization/other"}]}, "/manager/0"),
        ({"controller": [{"reference": "Organization/other"}]}, "/controller/0"),
        ({"regulatoryBasis": [{"coding": labels("LAW")}]}, "/regulatoryBasis"),
        ({"policyBasis": {"url": "http://else"}}, "/policyBasis/url"),
        ({"policyBasis": {"reference": {"reference": "Basic/1"}}}, "/policyBasis/reference"),
        ({"policyText": [{"reference": "DocumentReference/1"}]}, "/policyText/0"),
        ({"period": {"start": "2027-01", "end": "2026"}}, "/period"),
        ({"status": "not-done"}, "/status"),
        ({"provision": [{"documentType": labels("x")}]}, "/provision/0/documentType"),
        ({"provision": [{"expression": {"expression": "true"}}]}, "/provision/0/expression"),
        ({"provision": [{"class": OBSERVATION}]}, "/provision/0/class"),
        ({"provision": [{"type": "permit"}]}, "/provision/0/type"),
    ],
)
def test_what_an_r5_consent_says_is_understood_or_named(change, element) -> None:
    with pytest.raises(SsiError) as refused:
        read_r5("deny", {"purpose": purposes("TREAT")}, **change)

    assert refused.value.at == element


@pytest.mark.spec("FHIR R5", "Consent")
def test_in_r5_the_grantee_receives_and_the_period_holds_for_all() -> None:
    read = read_r5(
        "deny",
        {"purpose": purposes("TREAT"), "resourceType": OBSERVATION},
        {"purpose": purposes("HPAYMT"), "actor": actors("Practitioner/doctor")},
        grantee=[{"reference": "Organization/clinic"}],
        period={"start": "2027-01-01", "end": "2027-12-31"},
        status="unknown",
    )

    assert read.state is None
    assert [each.recipient for each in read.grants] == [CLINIC, DOCTOR]
    assert {each.effect for each in read.grants} == {Effect.PERMIT}
    assert {each.period.end for each in read.grants} == {datetime(2028, 1, 1, tzinfo=UTC)}
    assert read.grants[0].records[0].resource_types == {"Observation"}


@pytest.mark.spec("FHIR R5", "Consent")
def test_in_r5_each_level_turns_round_the_one_above() -> None:
    (grant,) = read_r5(
        "deny",
        {"purpose": purposes("TREAT"), "provision": [{"securityLabel": labels("PSY")}]},
    ).grants

    assert grant.records == (RecordScope(access=AccessLevel.FULL), PSY)


@pytest.mark.spec("FHIR R5", "Consent")
def test_in_r5_a_decision_to_deny_without_provisions_is_an_objection() -> None:
    (grant,) = read_r5("deny").grants

    assert (grant.effect, grant.recipient) == (Effect.DENY, Recipient(None))


@pytest.mark.spec("FHIR R5", "Consent")
def test_in_r5_a_decision_to_permit_leaves_out_what_its_provisions_say() -> None:
    (grant,) = read_r5("permit", {"securityLabel": labels("PSY")}).grants

    assert (grant.effect, grant.recipient) == (Effect.PERMIT, COMMUNITY)
    assert grant.records == (RecordScope(access=AccessLevel.FULL), PSY)
