from dataclasses import replace
from datetime import timedelta

import pytest

from ssi_core import strict_json
from ssi_core.encoding import base64url_encode
from ssi_core.errors import (
    AudienceError,
    ConflictError,
    ExpiredError,
    MalformedError,
    NonceError,
    NotFoundError,
    ProofError,
    QueryError,
    RejectedError,
    SsiError,
    TrustError,
    UnavailableError,
)
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import P256Signer
from ssi_core.period import Period
from ssi_core.presentation.binding import TransactionData
from ssi_core.protocol.openid4vp import (
    AuthorizationRequest,
    ClientId,
    ClientIdPrefix,
    ClientMetadata,
    RequestInParameters,
    RequestUriMethod,
    ResponseMode,
)
from tests.simulator.certificates import Certified, certify
from tests.simulator.credentials import NOON
from tests.support.simulated_verifier import QUERY, VERIFIER
from tests.support.wallet_scene import NOW, WalletScene
from wallet.history import Step
from wallet.question import Accredited
from wallet.question_text import render
from wallet.service import Wallet
from wallet.trust import Trust


@pytest.fixture
def scene() -> WalletScene:
    scene = WalletScene()
    scene.accept()
    return scene


def test_a_question_says_who_why_until_when_and_what(scene: WalletScene):
    question = scene.wallet.inspect(scene.verifier.ask())

    said = question.to_json()
    assert said["who"] == {
        "client_id": f"decentralized_identifier:{scene.verifier.did}",
        "response_origin": "https://insurer.example",
        "did": str(scene.verifier.did),
        "name": "Northfield Insurance",
        "proven_by": "decentralized_identifier",
        "accredited": "accredited",
    }
    assert said["why"] == {
        "purposes": [
            {"code": "COVERAGE", "display": "coverage under policy or program"},
            {"code": "HPAYMT", "display": "healthcare payment"},
        ],
        "notice": {"language": "en", "text": "We check whether we pay."},
    }
    assert said["period"] == {
        "not_before": int(NOW.timestamp()),
        "expires": int(NOW.timestamp()) + 30 * 86_400,
        "days": 30,
    }
    assert said["obligations"] == ["erase_on_withdrawal"]
    assert said["if_refused"] == "You pay the bill yourself."
    assert said["warnings"] == []


def test_a_question_shows_the_values_that_would_go_and_names_what_stays(scene: WalletScene):
    (option,) = scene.wallet.inspect(scene.verifier.ask()).options

    (share,) = option.shares
    assert {claim.label: claim.value for claim in share.claims} == {
        "Code: system": "http://snomed.info/sct",
        "Code: code": "73211009",
        "Code: display": "Diabetes",
        "Since": "2019-05-06",
    }
    assert set(share.withheld) == {"Given name", "family name", "birth date"}
    assert (share.title, share.issuer_name) == ("Diagnosis", "Clinic")


def test_of_a_claim_that_goes_in_part_the_rest_is_named_too(scene: WalletScene):
    query = {**QUERY, "claims": [{"path": ["code", "code"]}]}

    (option,) = scene.wallet.inspect(scene.verifier.ask(queries=(query,))).options

    assert [claim.label for claim in option.shares[0].claims] == ["Code: code"]
    assert {"Code: system", "Code: display", "Since"} <= set(option.shares[0].withheld)


def test_the_text_can_be_read_by_a_person(scene: WalletScene):
    text = render(scene.wallet.inspect(scene.verifier.ask()))

    for line in (
        "Who           Northfield Insurance",
        "              accredited to ask for this",
        "healthcare payment (HPAYMT)",
        "“We check whether we pay.”",
        "Until         2026-12-21 10:00 UTC (30 days)",
        "It promises   to erase your data when you withdraw",
        "Would go      from Diagnosis, by Clinic",
        "Since: 2019-05-06",
        "Stays here    Given name, birth date, family name",
        "If you say no You pay the bill yourself.",
    ):
        assert line in text


def test_what_a_stranger_wrote_cannot_move_the_cursor(scene: WalletScene):
    scene.issuer.claims = {"code": {"code": "\u001b[2J\nWho Somebody Else"}, "onset": "2020"}
    scene.accept()

    text = render(scene.wallet.inspect(scene.verifier.ask()))

    assert "\u001b" not in text
    assert not any(line.startswith("Who Somebody") for line in text.splitlines())


def test_every_claim_set_and_every_credential_is_an_option_the_best_first(scene: WalletScene):
    scene.accept()
    query = {
        **QUERY,
        "claims": [{"id": "c", "path": ["code"]}, {"id": "o", "path": ["onset"]}],
        "claim_sets": [["c", "o"], ["c"]],
    }

    question = scene.wallet.inspect(scene.verifier.ask(queries=(query,)))

    sizes = [len(option.shares[0].claims) for option in question.options]
    assert sizes == [4, 4, 3, 3]


def test_a_query_with_answers_beyond_number_is_cut_short(scene: WalletScene):
    for _ in range(3):
        scene.accept()
    queries = tuple({**QUERY, "id": f"q{index}"} for index in range(20))

    question = scene.wallet.inspect(scene.verifier.ask(queries=queries))

    assert len(question.options) == 64


def test_what_nobody_requires_comes_after_what_is_required(scene: WalletScene):
    extra = {**QUERY, "id": "extra", "claims": [{"path": ["birth_date"]}]}
    sets: JsonValue = [
        {"options": [["diagnosis", "consent_grant"]]},
        {"options": [["extra"]], "required": False},
    ]

    question = scene.wallet.inspect(scene.verifier.ask(queries=(QUERY, extra), sets=sets))

    assert [len(option.shares) for option in question.options] == [1, 2]


def test_a_request_without_transaction_data_does_not_say_why(scene: WalletScene):
    question = scene.wallet.inspect(scene.verifier.ask(plain=True))

    assert question.consent is None
    assert question.to_json()["why"] is None
    assert "does not say why" in render(question)
    assert any("does not say why" in warning for warning in question.warnings)


def test_a_request_that_is_posted_for_carries_the_wallets_nonce(scene: WalletScene):
    uri = scene.verifier.ask(method=RequestUriMethod.POST)

    assert scene.wallet.inspect(uri).options
    assert b"wallet_nonce=" in scene.http.sent[-1].body


@pytest.mark.spec("OpenID4VP 1.0", "5.10")
def test_a_request_for_another_wallets_nonce_is_refused(scene: WalletScene):
    uri = scene.verifier.ask(method=RequestUriMethod.POST)
    scene.verifier.alter_request = lambda claims: claims.update(wallet_nonce="other")

    with pytest.raises(NonceError):
        scene.wallet.inspect(uri)


def test_the_same_request_is_the_same_question_however_often_it_is_read(scene: WalletScene):
    uri = scene.verifier.ask(method=RequestUriMethod.POST)

    assert scene.wallet.inspect(uri).id == scene.wallet.inspect(uri).id


def test_a_question_survives_a_restart(scene: WalletScene):
    asked = scene.wallet.inspect(scene.verifier.ask())

    again = scene.restarted().question(asked.id)

    assert again.to_json() == asked.to_json()


def test_a_question_that_nobody_answers_is_forgotten(scene: WalletScene):
    asked = scene.wallet.inspect(scene.verifier.ask())
    scene.clock.advance(timedelta(days=2))

    scene.wallet.resume()

    with pytest.raises(NotFoundError):
        scene.wallet.question(asked.id)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        pytest.param({"aud": "https://other.example"}, AudienceError, id="audience"),
        pytest.param({"exp": 1}, ExpiredError, id="expired"),
        pytest.param({"client_id": "x509_hash:AAAA"}, ProofError, id="client-id"),
        pytest.param({"response_type": "code"}, MalformedError, id="response-type"),
        pytest.param({"response_mode": "fragment"}, MalformedError, id="response-mode"),
        pytest.param({"response_uri": "http://far.example/"}, MalformedError, id="response-uri"),
        pytest.param({"dcql_query": {"credentials": []}}, MalformedError, id="empty-query"),
        pytest.param({"nonce": ""}, MalformedError, id="nonce"),
    ],
)
def test_a_request_that_is_not_as_it_must_be_is_refused(
    scene: WalletScene, change, refusal: type[SsiError]
):
    uri = scene.verifier.ask()
    scene.verifier.alter_request = lambda claims: claims.update(change)

    with pytest.raises(refusal):
        scene.wallet.inspect(uri)

    assert scene.http.paths().count("/responses/1") == 0


def test_a_request_signed_by_another_key_is_refused(scene: WalletScene):
    uri = scene.verifier.ask()
    scene.verifier.signer = P256Signer.generate()

    with pytest.raises(ProofError):
        scene.wallet.inspect(uri)


def test_an_asker_that_cannot_be_reached_is_not_a_question(scene: WalletScene):
    scene.http.cut = {"/requests/1"}

    with pytest.raises(UnavailableError):
        scene.wallet.inspect(scene.verifier.ask())


def encoded(body: JsonObject) -> tuple[str, ...]:
    return (base64url_encode(strict_json.render(body).encode()),)


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param(encoded({"type": "pay", "credential_ids": ["consent_grant"]}), id="type"),
        pytest.param(encoded({"credential_ids": ["consent_grant"]}), id="no-type"),
        pytest.param(("%%%",), id="not-base64url"),
        pytest.param(encoded({"type": "urn:consentry:consent-request:1"}), id="no-ids"),
    ],
)
def test_transaction_data_that_cannot_be_shown_are_refused(
    scene: WalletScene, texts: tuple[str, ...]
):
    with pytest.raises((RejectedError, MalformedError)):
        scene.wallet.inspect(scene.verifier.ask(transaction_data=texts))

    assert "/responses/1" not in scene.http.paths()


@pytest.mark.spec("OpenID4VP 1.0", "8.5")
def test_an_unknown_type_is_called_what_the_specification_calls_it(scene: WalletScene):
    texts = encoded({"type": "pay", "credential_ids": ["consent_grant"]})

    with pytest.raises(RejectedError, match="invalid_transaction_data"):
        scene.wallet.inspect(scene.verifier.ask(transaction_data=texts))


def test_a_transaction_that_no_grant_answers_is_refused(scene: WalletScene):
    body = {**scene.verifier.consent_request().to_json(), "credential_ids": ["diagnosis"]}
    text = TransactionData.encode(body).text

    with pytest.raises(MalformedError, match="invalid_transaction_data"):
        scene.wallet.inspect(scene.verifier.ask(transaction_data=(text,)))


def test_a_grant_wanted_without_saying_for_what_is_refused(scene: WalletScene):
    with pytest.raises(MalformedError):
        scene.wallet.inspect(scene.verifier.ask(transaction_data=()))


def test_two_transactions_at_a_time_are_refused(scene: WalletScene):
    text = scene.verifier.consent_request().text

    with pytest.raises(MalformedError):
        scene.wallet.inspect(scene.verifier.ask(transaction_data=(text, text)))


def test_a_grant_for_somebody_else_is_refused(scene: WalletScene):
    consent = scene.verifier.consent_request(recipient=scene.other.did)

    with pytest.raises(TrustError):
        scene.wallet.inspect(scene.verifier.ask(consent=consent))


def test_a_grant_in_an_unknown_log_is_refused(scene: WalletScene):
    consent = scene.verifier.consent_request(log="elsewhere.example/log")

    with pytest.raises(RejectedError, match="log"):
        scene.wallet.inspect(scene.verifier.ask(consent=consent))


def test_a_grant_whose_time_is_over_is_refused(scene: WalletScene):
    start = NOW - timedelta(days=2)
    consent = scene.verifier.consent_request(period=Period(start, start + timedelta(days=1)))

    with pytest.raises(ExpiredError):
        scene.wallet.inspect(scene.verifier.ask(consent=consent))


def test_without_a_registry_no_grant_is_asked_about(scene: WalletScene):
    scene.registry.is_down = True

    with pytest.raises(UnavailableError):
        scene.wallet.inspect(scene.verifier.ask())


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({**QUERY, "meta": {"vct_values": ["urn:other"]}}, id="type"),
        pytest.param({**QUERY, "claims": [{"path": ["blood_group"]}]}, id="claim"),
        pytest.param(
            {**QUERY, "claims": [{"path": ["onset"], "values": ["1999-01-01"]}]}, id="value"
        ),
        pytest.param({**QUERY, "format": "mso_mdoc", "meta": {}}, id="format"),
    ],
)
def test_what_the_wallet_does_not_hold_is_not_asked(scene: WalletScene, query):
    with pytest.raises(QueryError):
        scene.wallet.inspect(scene.verifier.ask(queries=(query,)))


def test_an_expired_credential_answers_nothing(scene: WalletScene):
    scene.clock.advance(timedelta(days=400))

    with pytest.raises(QueryError):
        scene.wallet.inspect(scene.verifier.ask())


def test_an_asker_without_accreditation_is_shown_as_one(scene: WalletScene):
    question = scene.wallet.inspect(scene.other.ask())

    assert question.asker.accredited is Accredited.NO
    assert "NOT accredited" in render(question)
    assert "calls itself “Northfield Insurance”" in render(question)
    assert any("no accreditation" in warning for warning in question.warnings)


def test_accreditation_that_cannot_be_found_out_is_shown_as_unknown(scene: WalletScene):
    scene.wallet.change_trust(Trust(log=scene.wallet.trust().log))

    question = scene.wallet.inspect(scene.verifier.ask())

    assert question.asker.accredited is Accredited.UNKNOWN
    assert "could not find out" in render(question)


def test_a_registry_with_another_key_than_before_is_not_believed(scene: WalletScene):
    scene.wallet.inspect(scene.verifier.ask())
    scene.registry.swap_keys()

    question = scene.wallet.inspect(scene.verifier.ask())

    assert question.asker.accredited is Accredited.UNKNOWN


def test_an_unsigned_request_is_shown_as_from_nobody(scene: WalletScene):
    request = AuthorizationRequest(
        client_id=ClientId(ClientIdPrefix.REDIRECT_URI, f"{VERIFIER}/responses/1"),
        nonce="n0nce",
        response_mode=ResponseMode.DIRECT_POST,
        response_uri=f"{VERIFIER}/responses/1",
        dcql_query={"credentials": [QUERY]},
        client_metadata=ClientMetadata(
            vp_formats_supported={}, other={"client_name": "Your own bank"}
        ),
    )

    question = scene.wallet.inspect(RequestInParameters(request=request).render())

    assert question.asker.did is None
    assert question.asker.name is None
    assert any("not signed" in warning for warning in question.warnings)


def test_an_unsigned_request_gets_no_grant(scene: WalletScene):
    scene.verifier.ask()
    asked = scene.verifier.request
    assert asked is not None
    request = AuthorizationRequest(
        client_id=ClientId(ClientIdPrefix.REDIRECT_URI, f"{VERIFIER}/responses/1"),
        nonce="n0nce",
        response_mode=ResponseMode.DIRECT_POST,
        response_uri=f"{VERIFIER}/responses/1",
        dcql_query=asked.dcql_query,
        transaction_data=asked.transaction_data,
    )

    with pytest.raises(TrustError):
        scene.wallet.inspect(RequestInParameters(request=request).render())


@pytest.fixture
def certified(scene: WalletScene) -> Certified:
    scene.verifier.certified = certify("insurer.example")
    scene.clock.advance(NOON - NOW)
    return scene.verifier.certified


@pytest.mark.spec("OpenID4VP 1.0", "5.9.3")
def test_a_certificate_of_an_unknown_authority_proves_nothing(
    scene: WalletScene, certified: Certified
):
    del certified

    with pytest.raises(TrustError):
        scene.wallet.inspect(scene.verifier.ask())


def test_a_wallet_told_to_hear_any_certificate_shows_it_as_nobodys_and_gives_no_grant(
    scene: WalletScene, certified: Certified
):
    del certified
    hearing = Wallet(scene.vault, scene.outside, any_certificate=True)

    question = hearing.inspect(scene.verifier.ask(plain=True))

    assert question.asker.name is None
    assert any("vouches" in warning for warning in question.warnings)
    with pytest.raises(TrustError):
        hearing.inspect(scene.verifier.ask())


def test_with_a_trusted_certificate_the_recipient_is_known_by_its_own_document(
    scene: WalletScene, certified: Certified
):
    scene.wallet.change_trust(replace(scene.wallet.trust(), certificates=(certified.der,)))

    question = scene.wallet.inspect(scene.verifier.ask())

    assert question.asker.proven_by == "x509_san_dns"
    assert question.asker.did == str(scene.verifier.did)
    assert question.asker.accredited is Accredited.YES


def test_a_certificate_does_not_make_its_owner_somebody_else(
    scene: WalletScene, certified: Certified
):
    scene.wallet.change_trust(replace(scene.wallet.trust(), certificates=(certified.der,)))
    consent = scene.verifier.consent_request(recipient=scene.other.did)

    with pytest.raises(TrustError):
        scene.wallet.inspect(scene.verifier.ask(consent=consent))


def test_what_the_wallet_refuses_to_ask_is_written_down(scene: WalletScene):
    consent = scene.verifier.consent_request(recipient=scene.other.did)

    with pytest.raises(TrustError):
        scene.wallet.inspect(scene.verifier.ask(consent=consent))

    assert scene.steps()[-1] is Step.REQUEST_REJECTED


def test_looking_at_a_question_is_written_down(scene: WalletScene):
    scene.wallet.inspect(scene.verifier.ask())

    assert scene.steps()[-1] is Step.QUESTION_ASKED


def test_an_answered_question_is_not_asked_again(scene: WalletScene):
    uri = scene.verifier.ask()
    scene.wallet.consent(scene.wallet.inspect(uri))

    with pytest.raises(ConflictError):
        scene.wallet.inspect(uri)
