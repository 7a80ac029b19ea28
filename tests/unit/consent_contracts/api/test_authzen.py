"""AuthZEN's Authorization API 1.0 over HTTP, and how its words become ours."""

import pytest

from consent_contracts.authzen import parse_evaluation
from consent_contracts.grant import Limits, RecordScope
from consent_contracts.purpose import Purpose
from ssi_core.adapters.problem_details import MEDIA_TYPE
from ssi_core.errors import MalformedError
from tests.support.consent import (
    DIAGNOSIS,
    HOLDER_KEY,
    INSURER,
    RESEARCHER,
    make_grant,
    make_record,
)
from tests.support.custodian import URL, Custody

CLAIMS = [["code"], ["onset"]]


@pytest.fixture
def custody():
    found = Custody()
    assert found.post("/consent/grants", make_record().to_json()).status_code == 201
    return found


def _evaluation(**changes):
    return {
        "subject": {"type": "recipient", "id": str(INSURER)},
        "action": {"name": "access", "properties": {"purpose": "HPAYMT"}},
        "resource": _credential(CLAIMS),
        **changes,
    }


def _credential(claims):
    return {
        "type": "credential",
        "id": DIAGNOSIS,
        "properties": {"holder_keys": [HOLDER_KEY], "claims": claims},
    }


def _action(**properties):
    return {"name": "access", "properties": properties}


@pytest.mark.spec("AuthZEN Authorization API 1.0", "6")
def test_a_permit_is_true_and_brings_its_terms(custody):
    answer = custody.post("/access/v1/evaluation", _evaluation())

    assert answer.status_code == 200
    told = answer.json()
    assert told["decision"] is True
    assert told["context"]["answer"] == "permit"
    assert told["context"]["grants"] == ["zGrant"]
    assert told["context"]["obligations"] == ["erase_on_withdrawal"]
    kept = custody.get(f"/consent/decisions/{told['context']['id']}").json()
    assert kept["decision"] == "permit"


@pytest.mark.spec("AuthZEN Authorization API 1.0", "6")
def test_a_denial_and_not_knowing_are_both_false_with_reasons(custody):
    denied = custody.post("/access/v1/evaluation", _evaluation(action=_action(purpose="HRESCH")))
    custody.post(
        "/consent/grants",
        make_record(make_grant(id="zU", recipient=RESEARCHER), state=None, known_at=None).to_json(),
    )
    open_still = custody.post(
        "/access/v1/evaluation",
        _evaluation(subject={"type": "recipient", "id": str(RESEARCHER)}),
    )

    assert denied.json()["decision"] is open_still.json()["decision"] is False
    assert denied.json()["context"]["answer"] == "deny"
    assert denied.json()["context"]["refusals"] == ["wrong_purpose"]
    assert open_still.json()["context"]["answer"] == "indeterminate"
    assert open_still.json()["context"]["refusals"] == ["state_unknown"]


def test_a_health_record_is_asked_for_by_its_reference_and_metadata(custody):
    grant = make_grant(
        id="zR",
        scope=(),
        records=(
            RecordScope.parse(
                {"records": {"resource_types": ["Observation"]}, "access": "full"}, at="/scope"
            ),
        ),
    )
    custody.post("/consent/grants", make_record(grant).to_json())
    resource = {
        "type": "record",
        "id": "Observation/7",
        "properties": {"holder_keys": [HOLDER_KEY], "labels": []},
    }

    answer = custody.post("/access/v1/evaluation", _evaluation(resource=resource))
    other = custody.post(
        "/access/v1/evaluation", _evaluation(resource={**resource, "id": "Condition/7"})
    )

    assert answer.json()["decision"] is True
    assert other.json()["decision"] is False


@pytest.mark.spec("AuthZEN Authorization API 1.0", "7.1")
def test_several_take_what_stands_at_the_top_unless_they_say_otherwise(custody):
    body = _evaluation(
        evaluations=[
            {},
            {"resource": _credential([["encounter"]])},
            {"action": _action(purpose="HRESCH")},
        ]
    )

    answer = custody.post("/access/v1/evaluations", body)

    decisions = [each["decision"] for each in answer.json()["evaluations"]]
    assert decisions == [True, False, False]


@pytest.mark.spec("AuthZEN Authorization API 1.0", "7.1.2.1")
@pytest.mark.parametrize(
    ("semantic", "expected"),
    [
        ("execute_all", [False, True, False]),
        ("deny_on_first_deny", [False]),
        ("permit_on_first_permit", [False, True]),
    ],
)
def test_several_end_where_their_semantic_says(custody, semantic, expected):
    research = {"action": _action(purpose="HRESCH")}
    body = _evaluation(
        evaluations=[research, {}, research], options={"evaluations_semantic": semantic}
    )

    answer = custody.post("/access/v1/evaluations", body)

    assert [each["decision"] for each in answer.json()["evaluations"]] == expected


@pytest.mark.spec("AuthZEN Authorization API 1.0", "7.1")
@pytest.mark.parametrize("evaluations", [{}, {"evaluations": []}])
def test_several_that_are_none_are_one(custody, evaluations):
    answer = custody.post("/access/v1/evaluations", _evaluation(**evaluations))

    assert answer.json()["decision"] is True


@pytest.mark.spec("AuthZEN Authorization API 1.0", "9")
def test_the_configuration_names_the_endpoints_to_anyone(custody):
    custody.client.headers.pop("Authorization")

    found = custody.get("/.well-known/authzen-configuration").json()

    assert found == {
        "policy_decision_point": URL,
        "access_evaluation_endpoint": f"{URL}/access/v1/evaluation",
        "access_evaluations_endpoint": f"{URL}/access/v1/evaluations",
    }


@pytest.mark.spec("AuthZEN Authorization API 1.0", "10.1.3")
def test_the_id_of_a_request_comes_back_if_it_is_one_plain_word(custody):
    ids = ["bfe9eb29-ab87-4ca3-be83-a1d5d8305716", "x" * 300]

    answers = [
        custody.post("/access/v1/evaluation", _evaluation(), headers={"X-Request-ID": each})
        for each in ids
    ]

    assert answers[0].headers["x-request-id"] == ids[0]
    assert "x-request-id" not in answers[1].headers


def test_a_permit_counts_as_a_use_unless_it_is_a_dry_run(custody):
    grant = make_grant(id="zOnce", recipient=RESEARCHER, limits=Limits(uses=1))
    custody.post("/consent/grants", make_record(grant).to_json())
    body = _evaluation(subject={"type": "recipient", "id": str(RESEARCHER)})

    answers = [
        custody.post("/access/v1/evaluation", {**body, "context": context}).json()["decision"]
        for context in ({"dry_run": True}, {"dry_run": True}, {}, {})
    ]

    assert answers == [True, True, True, False]


def test_facts_about_the_circumstances_come_in_the_context():
    question = parse_evaluation(
        _evaluation(
            subject={
                "type": "recipient",
                "id": str(INSURER),
                "properties": {"actor": str(RESEARCHER)},
            },
            action=_action(purpose="HPAYMT", access="information"),
            context={"roles": ["actuary"], "jurisdiction": "DE", "dry_run": True},
        )
    )

    assert question.request.actor == RESEARCHER
    assert question.request.purpose is Purpose.HPAYMT
    assert str(question.request.items[0].access) == "information"
    assert question.context.roles == frozenset({"actuary"})
    assert question.dry_run


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"subject": None}, "/subject"),
        ({"subject": {"type": "user", "id": str(INSURER)}}, "/subject/type"),
        ({"subject": {"type": "recipient", "id": "bob"}}, "/subject/id"),
        ({"subject": {"type": "recipient", "id": str(INSURER), "x": 1}}, "/subject"),
        ({"action": {"name": "delete"}}, "/action/name"),
        ({"action": {"name": "access"}}, "/action/properties/purpose"),
        ({"action": _action(purpose="HPAYMT", access="none")}, "/items/access"),
        ({"action": _action(purpose="HPAYMT", why="x")}, "/action/properties"),
        ({"resource": {"type": "document", "id": "1"}}, "/resource/type"),
        ({"resource": {"type": "credential", "id": DIAGNOSIS}}, "/resource/properties"),
        ({"resource": _credential([])}, "/resource/properties/claims"),
        (
            {
                "resource": {
                    "type": "record",
                    "id": "Observation/7",
                    "properties": {"holder_keys": [HOLDER_KEY], "id": "8"},
                }
            },
            "/resource/properties",
        ),
        (
            {"resource": {"type": "record", "id": "7", "properties": {"holder_keys": []}}},
            "/resource/id",
        ),
        ({"context": {"time": "noon"}}, "/context"),
        ({"more": 1}, None),
    ],
)
def test_what_is_not_understood_could_be_a_restriction_and_is_refused(changes, pointer):
    with pytest.raises(MalformedError) as refused:
        parse_evaluation(_evaluation(**changes))

    assert refused.value.at == (pointer or "")


@pytest.mark.spec("AuthZEN Authorization API 1.0", "10.1.2")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"subject":{},"subject":{}}',
        b'{"evaluations":{}}',
        b'{"options":{"evaluations_semantic":"any"}}',
    ],
)
def test_a_body_that_is_none_is_refused_before_anything_is_decided(custody, body):
    answer = custody.client.post("/access/v1/evaluations", content=body)

    assert answer.status_code == 400
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert custody.get("/consent/decisions").json()["decisions"] == []


def test_one_bad_evaluation_among_several_and_none_is_decided(custody):
    body = _evaluation(evaluations=[{}, {"action": {"name": "delete"}}])

    answer = custody.post("/access/v1/evaluations", body)

    assert answer.status_code == 400
    assert answer.json()["pointer"] == "/evaluations/1/action/name"
    assert custody.get("/consent/decisions").json()["decisions"] == []
