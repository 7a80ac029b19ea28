from dataclasses import replace
from datetime import timedelta

import pytest

from consent_contracts.purpose import Purpose
from consent_contracts.receipt import Receipt
from consent_contracts.recipient import Recipient
from ssi_core.errors import (
    ConflictError,
    ConsentError,
    MalformedError,
    NotFoundError,
    QueryError,
    RejectedError,
    RevokedError,
    UnavailableError,
)
from ssi_core.keys import P256Signer, thumbprint
from ssi_core.presentation.binding import hashes
from ssi_core.proof.sd_jwt import SdJwt, disclosed_paths
from ssi_core.protocol.openid4vp import ResponseMode
from tests.support.simulated_verifier import QUERY
from tests.support.wallet_scene import NOW, WalletScene
from wallet.credential import copies_of
from wallet.grants import GrantState
from wallet.history import Step
from wallet.question import Choice
from wallet.sharing import Shared


@pytest.fixture
def scene() -> WalletScene:
    scene = WalletScene()
    scene.accept()
    return scene


def test_a_yes_brings_the_claims_the_grant_and_a_receipt(scene: WalletScene):
    shared = scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask()))

    (answer,) = scene.verifier.answers
    assert answer.keys() == {"diagnosis", "consent_grant"}
    disclosed = disclosed_paths(SdJwt.parse(answer["diagnosis"][0]))
    assert {path[0] for path in disclosed} == {"code", "onset"}
    assert isinstance(shared.state, Shared)
    assert shared.state.receipt == scene.verifier.last_receipt


def test_the_grant_says_what_was_asked_and_no_more(scene: WalletScene):
    scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask()))

    (grant,) = scene.verifier.grants
    assert grant.recipient == Recipient(scene.verifier.did)
    assert grant.purposes == {Purpose.HPAYMT, Purpose.COVERAGE}
    (item,) = grant.scope
    assert item.claims == {("code",), ("onset",)}
    assert grant.period.end == NOW + timedelta(days=30)


def test_the_grant_is_in_the_log_before_the_answer_is_sent(scene: WalletScene):
    scene.http.cut = {"/responses/1"}

    with pytest.raises(UnavailableError):
        scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask()))

    assert len(scene.grant_entries()) == 1


def test_the_grant_names_the_key_that_the_presentation_is_bound_to(scene: WalletScene):
    shared = scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask()))

    (grant,) = scene.verifier.grants
    used = next(
        copy
        for copy in copies_of(scene.vault, shared.given[0].share.credential_id)
        if copy.id == shared.given[0].copy_id
    )
    assert grant.holder_keys == {thumbprint(used.key.public_key.jwk)}


def test_the_grant_names_the_request_that_the_person_saw(scene: WalletScene):
    scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask()))

    assert scene.verifier.request is not None
    (text,) = scene.verifier.request.transaction_data
    assert scene.verifier.grants[0].request_digest == hashes([text])[0]


def test_an_encrypted_answer_is_read_by_its_recipient(scene: WalletScene):
    uri = scene.verifier.ask(mode=ResponseMode.DIRECT_POST_JWT)

    scene.wallet.consent(scene.wallet.inspect(uri))

    assert scene.verifier.form is not None
    assert scene.verifier.form.startswith(b"response=")
    assert len(scene.verifier.answers) == 1


def test_a_plain_request_gets_a_plain_answer(scene: WalletScene):
    shared = scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask(plain=True)))

    assert scene.verifier.answers[0].keys() == {"diagnosis"}
    assert isinstance(shared.state, Shared)
    assert scene.grant_entries() == []
    assert scene.wallet.grants() == ()


def test_every_step_is_in_the_history(scene: WalletScene):
    scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask()))

    assert scene.steps()[-5:] == [
        Step.QUESTION_ASKED,
        Step.CONSENT_GIVEN,
        Step.GRANT_REGISTERED,
        Step.PRESENTED,
        Step.RECEIPT_KEPT,
    ]


def test_a_person_may_give_less_time(scene: WalletScene):
    scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask()), Choice(days=7))

    assert scene.verifier.grants[0].period.end == NOW + timedelta(days=7)


def test_a_person_cannot_give_more_time_than_was_asked(scene: WalletScene):
    with pytest.raises(ConsentError):
        scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask()), Choice(days=31))

    assert scene.grant_entries() == []


@pytest.mark.parametrize("days", [0, -1, 10_000])
def test_days_that_are_none_are_refused(days: int):
    with pytest.raises(MalformedError):
        Choice(days=days)


def test_a_person_may_leave_out_a_purpose(scene: WalletScene):
    question = scene.wallet.inspect(scene.verifier.ask())

    scene.wallet.consent(question, Choice(purposes=["COVERAGE"]))

    assert scene.verifier.grants[0].purposes == {Purpose.COVERAGE}


@pytest.mark.parametrize("purposes", [["HRESCH"], ["nonsense"]])
def test_a_person_cannot_add_a_purpose(scene: WalletScene, purposes: list[str]):
    with pytest.raises((ConsentError, MalformedError)):
        scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask()), Choice(purposes=purposes))

    assert scene.grant_entries() == []


def test_no_purpose_is_no_choice():
    with pytest.raises(MalformedError):
        Choice(purposes=[])


def test_a_part_of_a_claim_may_stay_where_the_question_can_do_without(scene: WalletScene):
    question = scene.wallet.inspect(scene.verifier.ask())

    scene.wallet.consent(question, Choice(without=[("code", "display")]))

    disclosed = disclosed_paths(SdJwt.parse(scene.verifier.answers[0]["diagnosis"][0]))
    assert ("code", "code") in disclosed
    assert ("code", "display") not in disclosed
    assert scene.verifier.grants[0].scope[0].claims == {
        ("code", "code"),
        ("code", "system"),
        ("onset",),
    }


def test_a_claim_that_is_needed_cannot_stay(scene: WalletScene):
    question = scene.wallet.inspect(scene.verifier.ask())

    with pytest.raises(QueryError):
        scene.wallet.consent(question, Choice(without=[("onset",)]))

    assert scene.verifier.answers == []
    assert scene.grant_entries() == []


def test_another_option_can_be_chosen(scene: WalletScene):
    query = {
        **QUERY,
        "claims": [{"id": "c", "path": ["code"]}, {"id": "o", "path": ["onset"]}],
        "claim_sets": [["c", "o"], ["c"]],
    }
    question = scene.wallet.inspect(scene.verifier.ask(queries=(query,)))

    scene.wallet.consent(question, Choice(option=1))

    disclosed = disclosed_paths(SdJwt.parse(scene.verifier.answers[0]["diagnosis"][0]))
    assert ("onset",) not in disclosed


@pytest.mark.parametrize("option", [-1, 1, 99])
def test_an_option_that_is_not_there_is_refused(scene: WalletScene, option: int):
    with pytest.raises(MalformedError):
        scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask()), Choice(option=option))


def test_each_verifier_gets_a_copy_of_its_own_and_gets_it_again(scene: WalletScene):
    for verifier in (scene.verifier, scene.other, scene.verifier):
        verifier.form = None
        scene.wallet.consent(scene.wallet.inspect(verifier.ask()))

    first, again = (answer["diagnosis"][0].split("~")[0] for answer in scene.verifier.answers)
    other = scene.other.answers[0]["diagnosis"][0].split("~")[0]
    assert first == again
    assert first != other


def test_when_copies_run_out_the_person_is_told(scene: WalletScene):
    scene.issuer.batch_size = None
    scene.wallet.delete(scene.wallet.credentials()[0].id)
    scene.accept()
    scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask()))

    question = scene.wallet.inspect(scene.other.ask())

    assert any("another verifier" in warning for warning in question.warnings)


def test_every_grant_has_a_key_of_its_own(scene: WalletScene):
    for _ in range(2):
        scene.verifier.form = None
        scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask()))

    keys = {raw.split(b'"ctl":"')[1][:40] for raw in scene.grant_entries()}
    assert len(keys) == 2


def test_no_claim_value_and_no_recipient_is_in_the_log(scene: WalletScene):
    scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask()))

    (entry,) = scene.grant_entries()
    for word in (b"73211009", b"HPAYMT", b"insurer", b"diagnosis", b"onset", b"Ana"):
        assert word not in entry


def test_a_refusal_by_the_recipient_takes_the_grant_back(scene: WalletScene):
    scene.verifier.refuses = RevokedError("the credential is revoked")

    with pytest.raises(RevokedError):
        scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask()))

    (view,) = scene.wallet.grants()
    assert view.state is GrantState.WITHDRAWN
    assert view.problem == "the credential is revoked"
    assert view.receipt == scene.verifier.last_receipt
    assert len(scene.grant_entries()) == 2
    assert Step.RECIPIENT_REFUSED in scene.steps()


def test_a_recipient_that_refused_is_not_sent_a_notice(scene: WalletScene):
    scene.verifier.refuses = RevokedError("the credential is revoked")

    with pytest.raises(RevokedError):
        scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask()))

    assert scene.verifier.notices == []


@pytest.mark.parametrize(
    "alteration",
    [
        pytest.param({"grant_id": "zOther"}, id="grant"),
        pytest.param({"log": "other.example/log"}, id="log"),
        pytest.param({"request_digest": "A" * 43}, id="request"),
        pytest.param({"presentation_digest": "A" * 43}, id="presentation"),
    ],
)
def test_a_receipt_for_something_else_is_not_kept(scene: WalletScene, alteration):
    def alter(receipt: Receipt) -> Receipt:
        return replace(receipt, **alteration)

    scene.verifier.alter_receipt = alter

    shared = scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask()))

    assert isinstance(shared.state, Shared)
    assert shared.state.receipt is None
    assert scene.steps()[-1] is Step.RECEIPT_REJECTED


def test_a_receipt_signed_by_another_is_not_kept(scene: WalletScene):
    scene.verifier.receipt_signer = P256Signer.generate()

    shared = scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask()))

    assert isinstance(shared.state, Shared)
    assert shared.state.receipt is None


def test_a_question_is_answered_once(scene: WalletScene):
    question = scene.wallet.inspect(scene.verifier.ask())
    scene.wallet.consent(question)

    with pytest.raises(ConflictError):
        scene.wallet.consent(question)

    assert len(scene.grant_entries()) == 1


def test_of_two_who_answer_at_once_one_is_told(scene: WalletScene):
    question = scene.wallet.inspect(scene.verifier.ask())
    scene.http.cut = {"/responses/1"}
    with pytest.raises(UnavailableError):
        scene.wallet.consent(question)

    with pytest.raises(ConflictError):
        scene.restarted().consent(question)

    assert len(scene.grant_entries()) == 1


def test_a_no_is_told_and_leaves_nothing(scene: WalletScene):
    question = scene.wallet.inspect(scene.verifier.ask())

    scene.wallet.refuse(question)

    (refusal,) = scene.verifier.refusals
    assert refusal.error == "access_denied"
    assert scene.verifier.request is not None
    assert refusal.state == scene.verifier.request.state
    assert scene.grant_entries() == []
    assert scene.steps()[-1] is Step.QUESTION_REFUSED
    with pytest.raises(NotFoundError):
        scene.wallet.question(question.id)


def test_a_credential_deleted_meanwhile_is_not_sent(scene: WalletScene):
    question = scene.wallet.inspect(scene.verifier.ask())
    scene.wallet.delete(scene.wallet.credentials()[0].id)

    with pytest.raises(NotFoundError):
        scene.wallet.consent(question)

    assert scene.verifier.answers == []


# What ends a process can end it between any two steps; the vault is what is left.


def test_cut_off_before_the_log_heard_of_it_resume_delivers(scene: WalletScene):
    question = scene.wallet.inspect(scene.verifier.ask())
    scene.registry.is_down = True
    with pytest.raises(UnavailableError):
        scene.wallet.consent(question)
    assert scene.wallet.grants()[0].state is GrantState.INTERRUPTED

    scene.registry.is_down = False
    scene.restarted().resume()

    assert scene.wallet.grants()[0].state is GrantState.ACTIVE
    assert len(scene.grant_entries()) == 1
    assert len(scene.verifier.answers) == 1


def test_when_the_logs_answer_was_lost_the_same_grant_is_delivered(scene: WalletScene):
    question = scene.wallet.inspect(scene.verifier.ask())
    scene.registry.loses_answers = True
    with pytest.raises(UnavailableError):
        scene.wallet.consent(question)
    assert scene.verifier.answers == []

    scene.registry.loses_answers = False
    scene.restarted().resume()

    assert len(scene.grant_entries()) == 1
    assert scene.wallet.grants()[0].state is GrantState.ACTIVE


def test_when_the_recipient_was_cut_off_resume_delivers(scene: WalletScene):
    scene.http.cut = {"/responses/1"}
    with pytest.raises(UnavailableError):
        scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask()))

    scene.http.cut = set()
    scene.restarted().resume()

    assert len(scene.verifier.answers) == 1
    assert scene.wallet.grants()[0].receipt == scene.verifier.last_receipt


def test_when_the_recipients_answer_was_lost_it_is_asked_for_in_the_same_words(
    scene: WalletScene,
):
    scene.http.lost = {"/responses/1"}
    with pytest.raises(UnavailableError):
        scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask()))

    scene.http.lost = set()
    scene.restarted().resume()

    (view,) = scene.wallet.grants()
    assert len(scene.verifier.answers) == 1
    assert view.state is GrantState.ACTIVE
    assert view.receipt == scene.verifier.last_receipt


def test_a_denial_whose_answer_was_lost_takes_the_grant_back(scene: WalletScene):
    scene.verifier.refuses = RevokedError("the credential is revoked")
    scene.http.lost = {"/responses/1"}
    with pytest.raises(UnavailableError):
        scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask()))

    scene.http.lost = set()
    scene.restarted().resume()

    (view,) = scene.wallet.grants()
    assert view.state is GrantState.WITHDRAWN
    assert len(scene.grant_entries()) == 2


def test_a_recipient_that_refuses_later_gets_no_grant(scene: WalletScene):
    scene.http.cut = {"/responses/1"}
    with pytest.raises(UnavailableError):
        scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask()))

    scene.http.cut = set()
    scene.verifier.refuses = RejectedError("too late")
    scene.restarted().resume()

    assert scene.wallet.grants()[0].state is GrantState.WITHDRAWN


def test_a_plain_answer_that_was_cut_off_is_sent_later(scene: WalletScene):
    scene.http.cut = {"/responses/1"}
    with pytest.raises(UnavailableError):
        scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask(plain=True)))

    scene.http.cut = set()
    scene.restarted().resume()

    assert len(scene.verifier.answers) == 1


def test_resume_with_everybody_out_of_reach_changes_nothing(scene: WalletScene):
    question = scene.wallet.inspect(scene.verifier.ask())
    scene.registry.is_down = True
    with pytest.raises(UnavailableError):
        scene.wallet.consent(question)
    before = scene.store.find("sharing")

    scene.restarted().resume()

    assert [row.id for row in scene.store.find("sharing")] == [row.id for row in before]
    assert scene.wallet.grants()[0].state is GrantState.INTERRUPTED


def test_a_log_that_hides_the_grant_gets_nothing_delivered(scene: WalletScene):
    scene.registry.hides_grants = True

    with pytest.raises(ConsentError):
        scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask()))

    assert scene.verifier.answers == []
