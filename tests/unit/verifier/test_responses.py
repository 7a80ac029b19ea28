"""What the verifier accepts, and each reason for which it does not."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from consent_contracts import receipt as receipts
from consent_contracts.grant import ScopeItem
from consent_contracts.grant_credential import GrantSecret
from consent_contracts.purpose import Purpose
from consent_contracts.receipt import ReceiptEvent
from consent_contracts.recipient import Recipient
from consent_contracts.request import GRANT_QUERY
from consent_contracts.terms import Limits, Obligation
from ssi_core import jws
from ssi_core.did.syntax import Did
from ssi_core.errors import (
    ConsentError,
    ExpiredError,
    MalformedError,
    NonceError,
    NotFoundError,
    SsiError,
    UnavailableError,
)
from ssi_core.jwe import AgreementKey
from ssi_core.keys import P256Signer, thumbprint
from ssi_core.period import Period
from ssi_core.presentation.binding import transaction_claims
from ssi_core.proof import sd_jwt as sd_jwts
from ssi_core.proof.disclosure import Disclosure
from ssi_core.proof.sd_jwt import SdJwt
from ssi_core.protocol.openid4vp import ErrorResponse, ResponseMode
from ssi_core.strict_json import as_array
from tests.support.registry import AT, LAB, YEAR
from tests.support.verifier import ASKED, CLAIMS, NOW, PLANTED, STATUS_URI, World
from verifier.checks import CheckName, Outcome
from verifier.policy import Policy
from verifier.presentations import STEPS
from verifier.request import RequestState

HOUR = timedelta(hours=1)


@pytest.fixture
def world():
    return World()


def _denied(world, asked, form):
    """Post the form; return the error, having seen that nothing was kept of the answer."""
    reply = world.post(asked, form)
    result = world.verifier.results.result(asked.id)
    assert reply.error is not None
    assert result.claims is None
    assert result.state is not RequestState.VERIFIED
    assert PLANTED not in str(reply.error)
    return reply.error


def test_an_answer_under_consent_is_verified_and_both_sides_have_one_receipt(world):
    asked = world.ask()

    reply = world.post(asked, world.answer(asked))

    result = world.verifier.results.result(asked.id)
    assert reply.error is None
    assert result.state is RequestState.VERIFIED
    assert result.claims == {
        "diagnosis": {
            "code": {"system": "http://snomed.info/sct", "code": "44054006"},
            "clinical_status": "active",
            "recorded": "2019-05-03",
        }
    }
    receipt = receipts.verify(reply.receipt, key=world.insurer.assertion_signer.public_key)
    assert result.receipt == reply.receipt
    assert receipt.permitted
    assert receipt.event is ReceiptEvent.GIVEN
    assert receipt.grant_id == result.grant_id
    assert receipt.purposes == {Purpose.HPAYMT}


def test_every_check_is_named_once_and_in_one_order(world):
    asked = world.ask()

    world.post(asked, world.answer(asked))

    checks = world.verifier.results.result(asked.id).checks
    assert {check.outcome for check in checks} == {Outcome.PASSED}
    assert [(check.credential, check.name) for check in checks] == [
        *(("diagnosis", step) for step in STEPS),
        ("diagnosis", CheckName.ISSUER),
        *((GRANT_QUERY, step) for step in STEPS),
        (None, CheckName.QUERY),
        (None, CheckName.GRANT),
        (None, CheckName.GRANT_IN_LOG),
        (None, CheckName.GRANT_COMMITMENTS),
        (None, CheckName.HOLDER_KEYS),
        (None, CheckName.DECISION),
        (None, CheckName.WITHIN_REQUEST),
    ]


def test_an_encrypted_answer_is_accepted_and_its_key_is_forgotten(world):
    asked = world.ask(response_mode=ResponseMode.DIRECT_POST_JWT)

    reply = world.post(asked, world.answer(asked))

    assert reply.error is None
    assert world.store.find(asked.id).response_key is None


def test_an_answer_in_clear_or_for_another_key_is_no_answer_where_encryption_was_asked(world):
    asked = world.ask(response_mode=ResponseMode.DIRECT_POST_JWT)
    plain = replace(asked.parameters, response_mode=ResponseMode.DIRECT_POST)
    other = AgreementKey.generate()
    metadata = replace(asked.parameters.client_metadata, keys=(other.jwk,))
    wrong = replace(asked.parameters, client_metadata=metadata)

    for request in (plain, wrong):
        token = {"diagnosis": (world.present(request),)}
        with pytest.raises(SsiError):
            world.post(asked, world.form(request, token))

    assert world.verifier.results.result(asked.id).state is RequestState.CREATED


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"purposes": frozenset({Purpose.TREAT})}, "wrong_purpose"),
        ({"recipient": Recipient(Did("web", "somebody.example"))}, "wrong_recipient"),
        ({"period": Period(NOW - HOUR, NOW + YEAR)}, "beyond_request"),
        ({"obligations": frozenset()}, "beyond_request"),
        ({"limits": Limits(onward_sharing=True)}, "beyond_request"),
        ({"request_digest": "A" * 43}, "beyond_request"),
        ({"limits": Limits(minimum_group_size=5)}, "unsupported_terms"),
        (
            {"obligations": frozenset({Obligation.ERASE_ON_WITHDRAWAL, Obligation.NOTIFY_OF_USE})},
            "unsupported_terms",
        ),
    ],
)
def test_a_grant_that_is_not_for_this_is_refused(world, change, refusal):
    asked = world.ask()
    grant = world.record(world.grant_terms(asked.parameters, **change))

    error = _denied(world, asked, world.answer(asked, grant=grant))

    assert isinstance(error, ConsentError)
    assert error.code == "consent_denied"
    assert refusal in error.refusals


def test_claims_beyond_the_scope_of_the_grant_are_refused(world):
    asked = world.ask()
    grant = world.record(world.grant_terms(asked.parameters, claims=(("code",),)))

    error = _denied(world, asked, world.answer(asked, grant=grant))

    assert error.refusals == ("beyond_scope",)


def test_claims_that_were_not_asked_for_need_a_grant_too(world):
    asked = world.ask()
    presented = world.present(asked.parameters, claims=(*ASKED, ("family_name",)))

    error = _denied(world, asked, world.answer(asked, presented=presented))

    assert error.refusals == ("beyond_scope",)


def test_a_grant_for_more_claims_than_were_asked_for_is_refused(world):
    asked = world.ask()
    grant = world.record(world.grant_terms(asked.parameters, claims=(*ASKED, ("gender",))))

    error = _denied(world, asked, world.answer(asked, grant=grant))

    assert error.refusals == ("beyond_request",)


def test_a_grant_that_has_not_begun_is_refused(world):
    asked = world.ask()
    terms = world.grant_terms(asked.parameters)
    grant = world.record(replace(terms, period=Period(NOW + HOUR, terms.period.end)))

    error = _denied(world, asked, world.answer(asked, grant=grant))

    assert error.code == "not_yet_valid"


@pytest.mark.parametrize(("late", "reason"), [(2, "consent_denied"), (90, "expired")])
def test_a_grant_that_is_over_is_refused(world, late, reason):
    asked = world.ask(period=timedelta(seconds=1))
    form = world.answer(asked)
    world.clock.advance(timedelta(seconds=late))

    error = _denied(world, asked, form)

    assert error.code == reason
    assert reason == "expired" or error.refusals == ("expired",)


def test_a_withdrawn_grant_is_refused(world):
    asked = world.ask()
    grant = world.record(world.grant_terms(asked.parameters))
    form = world.answer(asked, grant=grant)
    world.withdraw(grant)

    error = _denied(world, asked, form)

    assert error.refusals == ("withdrawn",)


def test_a_grant_that_the_log_does_not_contain_is_refused(world):
    asked = world.ask()
    grant = world.record(world.grant_terms(asked.parameters), logged=False)

    error = _denied(world, asked, world.answer(asked, grant=grant))

    assert error.code == "grant_not_in_log"


def test_a_grant_that_differs_from_what_the_log_commits_to_is_refused(world):
    asked = world.ask()
    terms = world.grant_terms(asked.parameters)
    grant = world.record(terms, committed=replace(terms, purposes=frozenset({Purpose.TREAT})))

    error = _denied(world, asked, world.answer(asked, grant=grant))

    assert error.code == "log_proof_rejected"
    assert world.outcome(asked) == {"answer.grant_commitments": "log_proof_rejected"}


def test_a_grant_with_a_part_that_was_not_shown_is_refused(world):
    asked = world.ask()
    grant = world.record(world.grant_terms(asked.parameters))
    whole = SdJwt.parse(world.sign(grant, asked.parameters))
    header, payload = jws.parse(whole.jws_text).header, whole.payload()
    digests = as_array(payload["_sd"], at="/_sd")
    payload = {**payload, "_sd": [*digests, Disclosure.make("more", "hidden").digest()]}
    hiding = SdJwt(jws.sign(header, payload, signer=world.secret.signer), whole.disclosures)
    signed = sd_jwts.bind(
        hiding,
        signer=world.holder,
        audience=asked.parameters.audience,
        nonce=asked.parameters.nonce,
        at=world.clock.now(),
        extra=transaction_claims(asked.parameters.transaction_data),
    )

    error = _denied(world, asked, world.answer(asked, grant=grant, signed=str(signed)))

    assert error.code == "malformed"
    assert world.outcome(asked) == {"answer.grant_commitments": "malformed"}


def test_a_grant_signed_by_another_key_than_the_logged_one_is_refused(world):
    asked = world.ask()
    grant = world.record(world.grant_terms(asked.parameters), secret=GrantSecret.generate())

    error = _denied(world, asked, world.answer(asked, grant=grant))

    assert error.code == "log_proof_rejected"


def test_a_grant_that_outlasts_its_entry_in_the_log_is_refused(world):
    asked = world.ask()
    terms = world.grant_terms(asked.parameters)
    short = replace(terms, period=Period(terms.period.start, terms.period.start + HOUR))
    grant = world.record(terms, committed=short)

    error = _denied(world, asked, world.answer(asked, grant=grant))

    assert error.code == "log_proof_rejected"


def test_a_checkpoint_older_than_the_policy_allows_is_refused(world):
    asked = world.ask()
    form = world.answer(asked)
    world.log.age = timedelta(seconds=61)

    error = _denied(world, asked, form)

    assert error.code == "evidence_too_old"
    assert world.outcome(asked)["answer.grant_in_log"] == "evidence_too_old"


def test_what_stood_in_a_log_that_was_dropped_is_neither_in_force_nor_ended(world):
    asked = world.ask()
    form = world.answer(asked)
    world.log.dropped = True

    error = _denied(world, asked, form)

    assert isinstance(error, UnavailableError)
    assert world.outcome(asked) == {
        "diagnosis.issuer": "unavailable",
        "answer.grant_in_log": "unavailable",
        "answer.decision": "unavailable",
    }


def test_a_log_out_of_reach_is_no_no_and_the_same_answer_is_taken_once_it_is_back(world):
    asked = world.ask()
    form = world.answer(asked)
    world.log.reachable = False

    error = _denied(world, asked, form)
    checks = world.outcome(asked)
    world.log.reachable = True
    again = world.post(asked, form)

    assert isinstance(error, UnavailableError)
    assert checks == {
        "diagnosis.issuer": "unavailable",
        "answer.grant_in_log": "unavailable",
        "answer.decision": "unavailable",
    }
    assert again.error is None


def test_an_issuer_without_accreditation_is_refused(world):
    asked = world.ask()
    world.log.small.entries.remove(world.accreditation)

    error = _denied(world, asked, world.answer(asked))

    assert error.code == "not_accredited"
    assert world.outcome(asked) == {"diagnosis.issuer": "not_accredited"}


def test_an_accreditation_that_was_ended_counts_no_more(world):
    asked = world.ask()
    world.log.small.entries.append(world.root.ends(world.accreditation))

    error = _denied(world, asked, world.answer(asked))

    assert error.code == "not_accredited"


@pytest.mark.parametrize(
    "change",
    [{"types": (LAB,)}, {"role": "verify"}, {"period": Period(NOW - HOUR, NOW)}],
    ids=["another type", "another role", "over"],
)
def test_an_accreditation_for_something_else_does_not_count(world, change):
    asked = world.ask()
    right = world.root.accredits(world.root.did, role="accredit", types=sorted(["x", LAB]))
    entries = world.log.small.entries
    entries.remove(world.accreditation)
    parent = right if "types" in change else entries[2]
    if "types" in change:
        entries.append(right)
    if "period" in change:
        change = {"period": Period(AT, NOW)}
    entries.append(world.clinic_accreditation(parent, **change))

    error = _denied(world, asked, world.answer(asked))

    assert error.code == "not_accredited"


def test_a_credential_issued_before_the_accreditation_is_refused(world):
    asked = world.ask()
    credential = world.credential(issued_at=AT - HOUR, valid=Period(AT - HOUR, AT + YEAR))
    presented = world.present(asked.parameters, credential=credential)

    error = _denied(world, asked, world.answer(asked, presented=presented))

    assert error.code == "not_accredited"


@pytest.mark.parametrize(
    ("statuses", "code"), [({7: 1}, "credential_revoked"), ({7: 2}, "credential_suspended")]
)
def test_a_credential_that_was_revoked_or_suspended_is_refused(world, statuses, code):
    asked = world.ask()
    world.publish(statuses)

    error = _denied(world, asked, world.answer(asked))

    assert error.code == code
    assert world.outcome(asked) == {"diagnosis.status": code}


@pytest.mark.parametrize("served", [UnavailableError("no answer"), "junk", "e30.e30.e30"])
def test_a_status_list_that_cannot_be_had_or_read_is_neither_revoked_nor_valid(world, served):
    asked = world.ask()
    form = world.answer(asked)
    world.evidence.lists[STATUS_URI] = served

    error = _denied(world, asked, form)
    checks = world.verifier.results.result(asked.id).checks
    world.publish({})

    assert error.code == "status_undetermined"
    assert [c.outcome for c in checks if c.name == CheckName.STATUS] == [
        Outcome.UNDETERMINED,
        Outcome.PASSED,
    ]
    assert world.post(asked, form).error is None


def test_a_status_list_older_than_the_policy_allows_is_refused(world):
    asked = world.ask()
    world.publish({}, at=NOW - timedelta(seconds=400))

    error = _denied(world, asked, world.answer(asked))

    assert error.code in {"evidence_too_old", "status_undetermined"}


def test_a_credential_without_a_status_list_is_refused_where_one_is_required(world):
    asked = world.ask()
    presented = world.present(asked.parameters, credential=world.credential(status=None))

    error = _denied(world, asked, world.answer(asked, presented=presented))

    assert error.code == "status_undetermined"


@pytest.mark.parametrize(
    ("changes", "code", "step"),
    [
        ({"audience": "decentralized_identifier:did:web:x"}, "audience_rejected", "holder_binding"),
        ({"nonce": "another"}, "nonce_rejected", "holder_binding"),
        ({"signer": P256Signer.generate()}, "holder_binding_rejected", "holder_binding"),
        ({"at": NOW - HOUR}, "evidence_too_old", "holder_binding"),
        ({"at": NOW + HOUR}, "not_yet_valid", "holder_binding"),
    ],
)
def test_key_binding_for_something_else_is_refused(world, changes, code, step):
    asked = world.ask()
    presented = world.present(asked.parameters, **changes)

    error = _denied(world, asked, world.answer(asked, presented=presented))

    assert error.code == code
    assert world.outcome(asked) == {f"diagnosis.{step}": code}


@pytest.mark.parametrize(
    ("changes", "code", "step"),
    [
        ({"valid": Period(AT, NOW - HOUR / 2)}, "expired", "validity"),
        ({"valid": Period(NOW + HOUR, None)}, "not_yet_valid", "validity"),
        ({"vct": LAB}, "query_not_satisfied", "type"),
        ({"issuer": "did:web:nobody.example"}, "not_found", "issuer_key"),
        ({"holder_key": None}, "holder_binding_rejected", "holder_binding"),
    ],
)
def test_a_credential_that_does_not_fit_is_refused_at_its_step(world, changes, code, step):
    asked = world.ask()
    key_id = {"key_id": None} if "issuer" in changes else {}
    credential = world.credential(**changes, **key_id)
    presented = world.present(asked.parameters, credential=credential)

    error = _denied(world, asked, world.answer(asked, presented=presented))

    assert error.code == code
    assert world.outcome(asked) == {f"diagnosis.{step}": code}


def test_after_a_failed_step_the_rest_is_named_as_skipped(world):
    asked = world.ask()
    world.publish({7: 1})

    world.post(asked, world.answer(asked))

    checks = world.verifier.results.result(asked.id).checks
    skipped = {check.name for check in checks if check.outcome is Outcome.SKIPPED}
    assert skipped == {
        CheckName.ISSUER,
        CheckName.QUERY,
        CheckName.GRANT,
        CheckName.GRANT_IN_LOG,
        CheckName.GRANT_COMMITMENTS,
        CheckName.HOLDER_KEYS,
        CheckName.DECISION,
        CheckName.WITHIN_REQUEST,
    }


def test_a_signature_by_another_key_is_refused(world):
    asked = world.ask()
    credential = world.credential(signer=world.root.key)
    presented = world.present(asked.parameters, credential=credential)

    error = _denied(world, asked, world.answer(asked, presented=presented))

    assert error.code == "proof_rejected"
    assert world.outcome(asked) == {"diagnosis.issuer_signature": "proof_rejected"}


def test_a_disclosure_that_no_digest_names_is_refused(world):
    asked = world.ask()
    other = sd_jwts.derive(world.credential(claims={**CLAIMS, "x": sd_jwts.Sd(1)}), [("x",)])
    kept = sd_jwts.derive(world.credential(), ASKED)
    forged = replace(kept, disclosures=(*kept.disclosures, *other.disclosures))
    presented = str(
        sd_jwts.bind(
            forged,
            signer=world.holder,
            audience=asked.parameters.audience,
            nonce=asked.parameters.nonce,
            at=NOW,
        )
    )

    error = _denied(world, asked, world.answer(asked, presented=presented))

    assert error.code == "disclosure_rejected"
    assert world.outcome(asked) == {"diagnosis.disclosures": "disclosure_rejected"}


def test_junk_in_the_place_of_a_presentation_is_refused(world):
    asked = world.ask()

    error = _denied(world, asked, world.answer(asked, presented="junk"))

    assert error.code == "malformed"
    assert world.outcome(asked)["diagnosis.format"] == "malformed"


def test_too_few_claims_do_not_answer_the_query(world):
    asked = world.ask()
    presented = world.present(asked.parameters, claims=(("clinical_status",),))

    error = _denied(world, asked, world.answer(asked, presented=presented))

    assert error.code == "query_not_satisfied"


def test_the_second_choice_of_claims_answers_the_researcher(world):
    asked = world.ask("researcher-diagnosis")
    grant = world.record(world.grant_terms(asked.parameters, claims=(("code",),)))
    presented = world.present(asked.parameters, claims=(("code",),))

    reply = world.post(asked, world.answer(asked, grant=grant, presented=presented))

    assert reply.error is None
    claims = world.verifier.results.result(asked.id).claims
    assert claims["diagnosis"].keys() == {"code"}


def test_without_the_grant_that_was_asked_for_there_is_no_answer(world):
    asked = world.ask()
    token = {"diagnosis": (world.present(asked.parameters),)}

    error = _denied(world, asked, world.form(asked.parameters, token))

    assert error.code == "query_not_satisfied"


@pytest.mark.parametrize("extra", [{"other": ("x",)}, {"diagnosis": ("x", "y")}])
def test_what_was_not_asked_for_is_refused_unread(world, extra):
    asked = world.ask()
    token = {"diagnosis": ("x",), **extra}

    error = _denied(world, asked, world.form(asked.parameters, token))

    assert error.code == "query_not_satisfied"


def test_a_grant_about_other_credentials_is_refused(world):
    asked = world.ask()
    other = P256Signer.generate()
    keys = frozenset({thumbprint(other.public_key.jwk)})
    grant = world.record(world.grant_terms(asked.parameters, holder_keys=keys))
    signed = world.sign(grant, asked.parameters, holder=other)

    error = _denied(world, asked, world.answer(asked, grant=grant, signed=signed))

    assert error.refusals[0] == "other_subject"


@pytest.mark.parametrize("extra", [None, {"transaction_data_hashes": ["A" * 43]}])
def test_a_grant_whose_holder_did_not_sign_the_request_is_refused(world, extra):
    asked = world.ask()
    grant = world.record(world.grant_terms(asked.parameters))
    if extra is not None:
        extra = {**extra, "transaction_data_hashes_alg": "sha-256"}
    signed = world.sign(grant, asked.parameters, extra=extra)

    error = _denied(world, asked, world.answer(asked, grant=grant, signed=signed))

    assert error.code == "proof_rejected"
    assert world.outcome(asked) == {f"{GRANT_QUERY}.holder_binding": "proof_rejected"}


def test_a_grant_from_an_earlier_request_is_refused(world):
    first = world.ask()
    world.clock.advance(timedelta(seconds=1))
    second = world.ask()
    grant = world.record(world.grant_terms(first.parameters))

    error = _denied(world, second, world.answer(second, grant=grant))

    assert "beyond_request" in error.refusals


def test_an_answer_is_taken_once(world):
    asked = world.ask()
    form = world.answer(asked)
    first = world.post(asked, form)

    same, other = world.post(asked, form), world.post(asked, world.answer(asked))

    assert same.error.code == other.error.code == "replay_rejected"
    assert same.receipt == first.receipt
    assert other.receipt is None


def test_presentations_for_one_request_do_not_answer_another(world):
    first, second = world.ask(), world.ask()
    form = world.answer(first)

    error = _denied(world, second, {**form, "state": second.parameters.state})

    assert error.code == "nonce_rejected"


def test_a_response_to_an_unknown_id_is_refused(world):
    asked = world.ask()

    with pytest.raises(NotFoundError):
        world.verifier.responses.receive(asked.id, world.answer(asked))


def test_a_response_after_the_end_is_refused(world):
    asked = world.ask()
    world.clock.advance(timedelta(minutes=10))

    with pytest.raises(ExpiredError):
        world.post(asked, world.answer(asked))

    assert world.verifier.results.result(asked.id).state is RequestState.EXPIRED


@pytest.mark.parametrize("state", [None, "another"])
def test_another_requests_state_is_refused_and_the_request_stays_open(world, state):
    asked = world.ask()
    form = dict(world.answer(asked))
    wrong = {n: v for n, v in form.items() if n != "state"} | ({"state": state} if state else {})

    with pytest.raises(NonceError):
        world.post(asked, wrong)

    assert world.post(asked, form).error is None


@pytest.mark.parametrize("fields", [{}, {"vp_token": "{"}, {"vp_token": "[]"}, {"response": "x"}])
def test_what_is_no_answer_leaves_the_request_open(world, fields):
    asked = world.ask()

    with pytest.raises(MalformedError):
        world.post(asked, {"state": asked.parameters.state, **fields})

    assert world.post(asked, world.answer(asked)).error is None


@pytest.mark.parametrize(
    ("code", "reason"), [("access_denied", "access_denied"), ("made-up", "other_error")]
)
def test_a_holders_no_is_taken_as_that(world, code, reason):
    asked = world.ask()
    form = ErrorResponse(error=code, state=asked.parameters.state).to_form()

    reply = world.post(asked, form)

    result = world.verifier.results.result(asked.id)
    assert reply.error is None
    assert reply.receipt is None
    assert (result.state, result.reason) == (RequestState.REFUSED, reason)


def test_a_denial_has_a_receipt_with_its_reasons(world):
    asked = world.ask()
    grant = world.record(world.grant_terms(asked.parameters))
    form = world.answer(asked, grant=grant)
    world.withdraw(grant)

    reply = world.post(asked, form)

    receipt = receipts.verify(reply.receipt, key=world.insurer.assertion_signer.public_key)
    assert not receipt.permitted
    assert receipt.refusals == ("withdrawn",)


def test_what_is_kept_holds_no_claim_in_clear(world):
    asked, _grant = world.shared()

    answer = world.store.find(asked.id).answer

    assert b"44054006" not in answer.claims + answer.agreement
    assert "44054006" not in (answer.receipt or "")


def test_a_plain_policy_needs_no_grant_and_gives_no_receipt(world):
    asked = world.ask("plain-diagnosis")

    reply = world.post(asked, world.answer(asked))

    result = world.verifier.results.result(asked.id)
    assert reply.error is None
    assert reply.receipt is None
    assert result.claims["diagnosis"]["clinical_status"] == "active"
    assert asked.parameters.transaction_data == ()


def test_scope_items_of_another_type_give_nothing(world):
    asked = world.ask()
    terms = world.grant_terms(asked.parameters)
    scope = tuple(
        ScopeItem(vct=LAB, claims=item.claims, access=item.access) for item in terms.scope
    )
    grant = world.record(replace(terms, scope=scope))

    error = _denied(world, asked, world.answer(asked, grant=grant))

    assert "beyond_scope" in error.refusals


def test_several_presentations_are_taken_where_the_policy_says_so():
    plain: Any = dict(World().office.policies["plain-diagnosis"].source)
    (query,) = plain["credentials"]
    source = {**plain, "id": "several", "credentials": [{**query, "multiple": True}]}
    source["issuers"] = {"unsafe_any": True}
    world = World(policies={"several": Policy.parse(source)})
    asked = world.ask("several")
    token = {"diagnosis": tuple(world.present(asked.parameters) for _ in range(2))}

    reply = world.post(asked, world.form(asked.parameters, token))

    claims: Any = world.verifier.results.result(asked.id).claims
    assert reply.error is None
    assert [item["clinical_status"] for item in claims["diagnosis"]] == ["active", "active"]


def test_more_presentations_than_anyone_needs_are_refused_unread(world):
    asked = world.ask()
    token = {"diagnosis": ("x",) * 25}

    error = _denied(world, asked, world.form(asked.parameters, token))

    assert error.code == "query_not_satisfied"
