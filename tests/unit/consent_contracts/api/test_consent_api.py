"""The custodian over HTTP: what it keeps, what it answers, and what needs a token."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files

import pytest

from consent_contracts import grant_credential, receipt, withdrawal
from consent_contracts.context import Context
from consent_contracts.grant import Limits
from consent_contracts.grant_credential import GrantSecret
from consent_contracts.lifecycle import GrantState
from consent_contracts.question import request_digest
from consent_contracts.withdrawal import WithdrawalNotice
from ssi_core.adapters.problem_details import MEDIA_TYPE
from ssi_core.did import key as did_key
from ssi_core.keys import Ed25519Signer
from ssi_core.period import to_timestamp
from tests.support.authority import BY_MOTHER, CHILD, make_context, make_delegation
from tests.support.consent import (
    AT,
    HOLDER,
    INSURER,
    LOG,
    SECOND,
    digest,
    make_access_request,
    make_consent_request,
    make_grant,
    make_record,
    scope_item,
)
from tests.support.custodian import Custody

SECRET = GrantSecret(bytes(range(32)))


@pytest.fixture
def custody():
    return Custody()


def _question(**members):
    return {"request": make_access_request().to_json(), **members}


def _keep(custody, record=None):
    answer = custody.post("/consent/grants", (record or make_record()).to_json())
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_what_a_kept_grant_gives_is_permitted_with_its_terms(custody):
    _keep(custody)

    answer = custody.post("/consent/decide", _question())

    assert answer.status_code == 200
    assert answer.json() == {
        "id": answer.json()["id"],
        "at": to_timestamp(AT),
        "decision": "permit",
        "grants": ["zGrant"],
        "obligations": ["erase_on_withdrawal"],
        "limits": {"onward_sharing": False},
    }


def test_without_a_grant_the_answer_is_no_with_its_reason(custody):
    answer = custody.post("/consent/decide", _question())

    assert answer.status_code == 200
    assert answer.json()["decision"] == "deny"
    assert answer.json()["refusals"] == ["no_grant"]


def test_a_grant_whose_state_is_not_known_is_neither_yes_nor_no(custody):
    _keep(custody, make_record(state=None, known_at=None))

    answer = custody.post("/consent/decide", _question())

    assert answer.json()["decision"] == "indeterminate"
    assert answer.json()["refusals"] == ["state_unknown"]


def test_evidence_grows_too_old_where_the_data_is(custody):
    _keep(custody)
    custody.clock.advance(timedelta(hours=2))

    late = custody.post("/consent/decide", _question()).json()
    state = {"state": "active", "known_at": to_timestamp(custody.clock.now())}
    custody.post("/consent/grants/zGrant/state", state)
    fresh = custody.post("/consent/decide", _question()).json()

    assert late["refusals"] == ["stale_evidence"]
    assert fresh["decision"] == "permit"


def test_a_grant_that_comes_with_the_question_counts_and_hides_nothing(custody):
    record = make_record()

    alone = custody.post("/consent/decide", _question(grants=[record.to_json()])).json()
    _keep(custody, replace(record, state=GrantState.WITHDRAWN))
    contradicted = custody.post("/consent/decide", _question(grants=[record.to_json()])).json()

    assert alone["decision"] == "permit"
    assert contradicted["refusals"] == ["withdrawn"]


@pytest.mark.parametrize("way", ["kept", "with the question", "observed"])
def test_evidence_from_the_future_would_never_be_too_old_so_it_is_refused(custody, way):
    record = make_record(known_at=AT + timedelta(days=20))
    if way == "observed":
        _keep(custody)
        state = {"state": "active", "known_at": to_timestamp(AT + timedelta(days=20))}
        answer = custody.post("/consent/grants/zGrant/state", state)
    elif way == "kept":
        answer = custody.post("/consent/grants", record.to_json())
    else:
        answer = custody.post("/consent/decide", _question(grants=[record.to_json()]))

    assert answer.status_code == 400
    assert answer.json()["pointer"] == "/known_at"


def test_what_has_ended_stays_so(custody):
    _keep(custody, make_record(state=GrantState.WITHDRAWN))

    again = custody.post("/consent/grants", make_record(known_at=AT).to_json())
    state = {"state": "active", "known_at": to_timestamp(AT)}
    observed = custody.post("/consent/grants/zGrant/state", state)

    assert again.status_code == observed.status_code == 409
    assert custody.post("/consent/decide", _question()).json()["refusals"] == ["withdrawn"]


def test_another_grant_under_the_same_id_is_refused(custody):
    _keep(custody)

    answer = custody.post(
        "/consent/grants", make_record(make_grant(scope=(scope_item("all"),))).to_json()
    )

    assert answer.status_code == 409


def test_a_permit_counts_as_a_use_and_a_dry_run_does_not(custody):
    _keep(custody, make_record(make_grant(limits=Limits(uses=2))))

    asked = [custody.post("/consent/decide", _question(dry_run=True)).json() for _ in range(4)]
    used = [custody.post("/consent/decide", _question()).json() for _ in range(3)]

    assert {each["decision"] for each in asked} == {"permit"}
    assert [each["decision"] for each in used] == ["permit", "permit", "deny"]
    assert used[-1]["refusals"] == ["use_limit"]
    assert custody.get("/consent/grants/zGrant").json()["uses"] == 2


def test_of_many_who_race_for_the_last_uses_no_more_get_one(custody):
    _keep(custody, make_record(make_grant(limits=Limits(uses=3))))

    def ask(_number):
        return custody.post("/consent/decide", _question())

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(ask, range(12)))

    permitted = [each for each in answers if each.json().get("decision") == "permit"]
    assert {each.status_code for each in answers} <= {200, 409}
    assert len(permitted) == custody.get("/consent/grants/zGrant").json()["uses"] == 3


def test_a_use_makes_the_next_one_wait(custody):
    _keep(custody, make_record(make_grant(limits=Limits(interval=timedelta(minutes=10)))))

    first = custody.post("/consent/decide", _question()).json()
    custody.clock.advance(timedelta(minutes=10) - SECOND)
    second = custody.post("/consent/decide", _question()).json()
    custody.clock.advance(SECOND)
    third = custody.post("/consent/decide", _question()).json()

    assert [each["decision"] for each in (first, second, third)] == ["permit", "deny", "permit"]


def test_every_decision_is_kept_without_a_word_on_whose_data_it_was(custody):
    _keep(custody)
    yes = custody.post("/consent/decide", _question()).json()
    no = custody.post(
        "/consent/decide", {"request": make_access_request(holder_keys=frozenset()).to_json()}
    ).json()

    listed = custody.get("/consent/decisions").json()["decisions"]
    one = custody.get(f"/consent/decisions/{yes['id']}").json()

    assert [each["id"] for each in listed] == [yes["id"], no["id"]]
    assert one == {
        "id": yes["id"],
        "at": to_timestamp(AT),
        "request": request_digest(make_access_request()),
        "recipient": str(INSURER),
        "purpose": "HPAYMT",
        "decision": "permit",
        "grants": ["zGrant"],
        "dry_run": False,
    }
    assert listed[1]["refusals"] == ["empty_request", "no_grant"]


def test_lists_go_on_where_they_ended(custody):
    for name in ("zA", "zB", "zC"):
        _keep(custody, make_record(make_grant(id=name)))

    first = custody.get("/consent/grants", limit=2).json()
    second = custody.get("/consent/grants", limit=2, after=first["next"]).json()

    ids = [each["grant"]["grant_id"] for each in (*first["grants"], *second["grants"])]
    assert ids == ["zA", "zB", "zC"]
    assert "next" not in second or second["next"] is None


def test_an_explanation_has_sentences_and_a_trace_and_is_no_decision(custody):
    _keep(custody, make_record(make_grant(limits=Limits(uses=1))))

    told = custody.post("/consent/explain", _question(asker="Northfield Insurance")).json()

    assert told["decision"] == "permit"
    assert told["sentences"][0].startswith("Northfield Insurance asks for 2 details")
    assert told["trace"]["grants"][0]["grant"] == "zGrant"
    assert custody.get("/consent/decisions").json()["decisions"] == []
    assert custody.get("/consent/grants/zGrant").json()["uses"] == 0


def test_a_request_is_answered_by_a_grant_that_goes_no_further(custody):
    request = make_consent_request()
    made = custody.post("/consent/requests", request.to_json()).json()
    kept = _request_of(made)
    grant = replace(
        kept.grant(holder_keys=make_grant().holder_keys, scope=make_grant().scope), id="zAnswer"
    )

    wider = replace(grant, obligations=frozenset())
    refused = custody.post("/consent/grants", make_record(wider).to_json())
    given = custody.post("/consent/grants", make_record(grant).to_json())
    second = custody.post("/consent/grants", make_record(replace(grant, id="zOther")).to_json())

    assert made["state"] == "requested"
    assert refused.status_code == 403
    assert refused.json()["refusals"] == ["beyond_request"]
    assert given.status_code == 201
    assert second.status_code == 409
    after = custody.get(f"/consent/requests/{made['digest']}").json()
    assert (after["state"], after["grant_id"]) == ("given", "zAnswer")


def test_a_refused_request_is_answered_for_good(custody):
    made = custody.post("/consent/requests", make_consent_request().to_json()).json()
    grant = _request_of(made).grant(holder_keys=make_grant().holder_keys, scope=make_grant().scope)

    refused = custody.post(f"/consent/requests/{made['digest']}/refuse")
    given = custody.post("/consent/grants", make_record(replace(grant, id="zLate")).to_json())

    assert refused.json()["state"] == "refused"
    assert given.status_code == 409
    assert custody.get("/consent/grants/zLate").status_code == 404


def _request_of(made):
    return make_consent_request().parse(made["text"])


def test_a_narrower_grant_ends_the_one_it_takes_the_place_of(custody):
    _keep(custody)
    narrower = make_grant(id="zLess", supersedes="zGrant", scope=(scope_item("code"),))

    _keep(custody, make_record(narrower))

    assert custody.get("/consent/grants/zGrant").json()["state"] == "superseded"
    assert custody.post("/consent/decide", _question()).json()["decision"] == "deny"


def test_a_grant_that_comes_after_its_successor_has_ended_already(custody):
    narrower = make_grant(id="zLess", supersedes="zGrant", scope=(scope_item("code"),))
    _keep(custody, make_record(narrower))

    _keep(custody)

    assert custody.get("/consent/grants/zGrant").json()["state"] == "superseded"


def _signed(custody, grant=None, **state):
    credential = grant_credential.issue(
        grant or make_grant(), SECRET, holder_jwk=HOLDER.public_key.jwk, at=AT
    )
    return custody.post("/consent/grants/signed", {"credential": str(credential), **state})


def _notice(signer, **changes):
    notice = WithdrawalNotice(grant_id="zGrant", log=LOG, entry=3, issued_at=AT, audience=INSURER)
    return withdrawal.notify(replace(notice, **changes), signer=signer)


def test_a_signed_grant_is_ended_by_its_own_key_and_by_no_other(custody):
    kept = _signed(custody, state="active", known_at=to_timestamp(AT))
    before = custody.post("/consent/decide", _question()).json()

    forged = custody.post("/withdrawals", {"notice": _notice(HOLDER)})
    stranger = custody.post("/withdrawals", {"notice": _notice(Ed25519Signer(bytes(32)))})
    other_log = custody.post("/withdrawals", {"notice": _notice(SECRET.signer, log="other/1")})
    ended = custody.post("/withdrawals", {"notice": _notice(SECRET.signer)})
    again = custody.post("/withdrawals", {"notice": _notice(SECRET.signer)})

    assert kept.json()["signed"] is True
    assert before["decision"] == "permit"
    assert {forged.status_code, stranger.status_code, other_log.status_code} == {403}
    assert ended.json() == again.json() == {"grant_id": "zGrant", "state": "withdrawn"}
    assert custody.post("/consent/decide", _question()).json()["refusals"] == ["withdrawn"]


def test_a_withdrawal_needs_no_token_and_a_grant_without_signature_takes_none(custody):
    _keep(custody)
    custody.client.headers.pop("Authorization")

    answer = custody.post("/withdrawals", {"notice": _notice(SECRET.signer)})

    assert answer.status_code == 403


def test_a_credential_that_was_altered_is_refused(custody):
    credential = str(
        grant_credential.issue(make_grant(), SECRET, holder_jwk=HOLDER.public_key.jwk, at=AT)
    )
    parts = credential.split("~")

    fewer = custody.post("/consent/grants/signed", {"credential": "~".join([*parts[:-2], ""])})
    forged = custody.post(
        "/consent/grants/signed", {"credential": credential.replace(".", ".A", 2)}
    )

    assert fewer.status_code == 400
    assert forged.status_code in {400, 403}
    assert custody.get("/consent/grants").json()["grants"] == []


def test_a_receipt_is_kept_if_the_key_that_it_names_made_it(custody):
    signer = Ed25519Signer(b"recipient".rjust(32, b"\1"))
    did = did_key.did_for(signer.public_key)
    key_id = f"{did}#{signer.public_key.multikey}"
    made = receipt.Receipt(
        recipient=did,
        issued_at=AT,
        id="r1",
        event=receipt.ReceiptEvent.USED,
        log=LOG,
        request_digest=digest("request"),
        purposes=make_grant().purposes,
        checks=(receipt.Check("decision", receipt.Outcome.PASSED),),
        grant_id="zGrant",
        scope_digest=digest("scope"),
    )
    text = receipt.issue(made, signer=signer, key_id=key_id)
    forged = receipt.issue(made, signer=Ed25519Signer(bytes(32)), key_id=key_id)

    refused = custody.post("/consent/receipts", {"receipt": forged})
    taken = custody.post("/consent/receipts", {"receipt": text})
    again = custody.post("/consent/receipts", {"receipt": text})

    assert refused.status_code == 403
    assert taken.status_code == again.status_code == 201
    assert custody.get("/consent/grants/zGrant/receipts").json() == {"receipts": [text]}
    assert custody.get("/consent/grants/other/receipts").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/consent/decide"),
        ("POST", "/consent/explain"),
        ("GET", "/consent/decisions"),
        ("GET", "/consent/grants"),
        ("POST", "/consent/grants"),
        ("POST", "/consent/requests"),
        ("POST", "/consent/receipts"),
        ("POST", "/access/v1/evaluation"),
        ("POST", "/access/v1/evaluations"),
    ],
)
def test_only_the_token_opens_the_door(custody, method, path):
    answer = custody.client.request(
        method, path, json=_question(), headers={"Authorization": "Bearer other"}
    )

    assert answer.status_code == 401
    assert answer.headers["content-type"] == MEDIA_TYPE


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"request": {}},
        _question(more=1),
        _question(context={"clearance": "top"}),
        _question(context={"jurisdiction": "Germany"}),
        _question(grants=[{}]),
        _question(max_staleness=0),
        _question(dry_run="no"),
        {"request": {**make_access_request().to_json(), "purpose": "ANYTHING"}},
        {"request": {**make_access_request().to_json(), "recipient": "the insurer"}},
    ],
)
def test_a_question_that_is_not_understood_is_refused(custody, body):
    answer = custody.post("/consent/decide", body)

    assert answer.status_code == 400
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert custody.get("/consent/decisions").json()["decisions"] == []


def _given_by_the_mother(custody):
    _keep(custody, make_record(make_grant(grantor=BY_MOTHER)))
    return _question(context=Context(subject=CHILD).to_json())


def test_a_delegation_that_is_kept_lets_a_representative_act_until_it_ends(custody):
    question = _given_by_the_mother(custody)
    record = make_context(make_delegation()).delegations.records[0]

    before = custody.post("/consent/decide", question).json()
    kept = custody.post("/consent/delegations", record.to_json())
    during = custody.post("/consent/decide", question).json()
    ended = replace(record, state=GrantState.WITHDRAWN)
    custody.post("/consent/delegations", ended.to_json())
    after = custody.post("/consent/decide", question).json()
    again = custody.post("/consent/delegations", record.to_json())

    assert kept.status_code == 201
    assert before["refusals"] == ["authority_unknown"]
    assert during["decision"] == "permit"
    assert after["refusals"] == ["authority_ended"]
    assert again.status_code == 409
    assert custody.get("/consent/delegations/zGuardian").json()["state"] == "withdrawn"
    assert len(custody.get("/consent/delegations").json()["delegations"]) == 1


def test_another_delegation_under_the_same_id_is_refused(custody):
    for each, status in ((make_delegation(), 201), (make_delegation(threshold=2), 409)):
        record = make_context(each).delegations.records[0]

        answer = custody.post("/consent/delegations", record.to_json())

        assert answer.status_code == status


def _contract_vectors(name):
    text = (files("consent_contracts") / "vectors" / "contracts" / f"{name}.json").read_text(
        "utf-8"
    )
    return json.loads(text)["vectors"]


@pytest.mark.parametrize("name", ["insurance-claim", "referral", "research-access"])
def test_a_contract_says_over_http_what_its_vectors_say(custody, name):
    for vector in _contract_vectors(name):
        inputs = vector["inputs"]

        answer = custody.post(f"/consent/contracts/{inputs['contract']}/decide", inputs)

        assert answer.status_code == 200, vector["name"]
        assert answer.json()["decision"] == vector["decision"], vector["name"]
        assert answer.json()["digest"] == vector["digest"], vector["name"]


def test_what_a_contract_allows_once_is_settled_once(custody):
    inputs = next(
        each["inputs"]
        for each in _contract_vectors("insurance-claim")
        if each["decision"]["outcome"] == "authorise"
    )
    path = "/consent/contracts/insurance_claim/settle"

    first = custody.post(path, inputs).json()
    repeated = custody.post(path, inputs).json()
    other = custody.post(path, {**inputs, "at": inputs["at"] + 1}).json()

    assert first == repeated
    assert first["decision"]["outcome"] == "authorise"
    assert other["decision"]["outcome"] == "refuse"
    assert "replayed" in other["decision"]["reasons"]


def test_contracts_are_listed_and_others_are_not_run(custody):
    listed = custody.get("/consent/contracts").json()["contracts"]
    unknown = custody.post(
        "/consent/contracts/lottery/decide", _contract_vectors("referral")[0]["inputs"]
    )
    broken = custody.post("/consent/contracts/referral/settle", {"contract": "referral"})

    assert {each["name"] for each in listed} == {"insurance_claim", "referral", "research_access"}
    assert unknown.status_code == 404
    assert broken.status_code == 400
