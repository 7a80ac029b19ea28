from datetime import timedelta

import pytest

from consent_contracts.withdrawal import verify_notice
from registry.model.envelope import EntryType
from ssi_core.errors import ConflictError, LogProofError, NotFoundError, UnavailableError
from ssi_core.keys import P256Signer
from tests.support.wallet_scene import WalletScene
from wallet.grants import GrantState, GrantView
from wallet.history import Step
from wallet.sharing_record import sharing_of_grant


@pytest.fixture
def scene() -> WalletScene:
    scene = WalletScene()
    scene.accept()
    scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask()))
    return scene


def only_grant(scene: WalletScene) -> GrantView:
    (view,) = scene.wallet.grants()
    return view


def test_a_grant_shows_who_sees_what_until_when(scene: WalletScene):
    view = only_grant(scene).to_json()

    assert view["recipient"] == str(scene.verifier.did)
    assert view["recipient_name"] == "Northfield Insurance"
    assert view["state"] == "active"
    assert view["purposes"] == [
        {"code": "COVERAGE", "display": "coverage under policy or program"},
        {"code": "HPAYMT", "display": "healthcare payment"},
    ]
    assert view["credentials"] == [
        {
            "credential": scene.wallet.credentials()[0].id,
            "title": "Diagnosis",
            "vct": "urn:consentry:diagnosis:1",
            "claims": ["Code: code", "Code: display", "Code: system", "Since"],
        }
    ]
    assert view["acknowledged"] is False


def test_time_alone_ends_a_grant(scene: WalletScene):
    scene.clock.advance(timedelta(days=30))

    assert only_grant(scene).state is GrantState.EXPIRED


def test_a_withdrawal_is_in_the_log_and_acknowledged(scene: WalletScene):
    view = scene.wallet.withdraw(only_grant(scene).id)

    assert view.state is GrantState.WITHDRAWN
    assert view.acknowledged_at is not None
    assert view.erased
    assert len(scene.grant_entries()) == 2
    assert scene.steps()[-3:] == [
        Step.WITHDRAWAL_ASKED,
        Step.WITHDRAWAL_REGISTERED,
        Step.WITHDRAWAL_ACKNOWLEDGED,
    ]


def test_the_notice_is_signed_by_the_grants_own_key_for_its_recipient(scene: WalletScene):
    view = scene.wallet.withdraw(only_grant(scene).id)

    consented = sharing_of_grant(scene.vault, view.id).consented
    assert consented is not None
    (notice,) = scene.verifier.notices
    said = verify_notice(
        notice, key=consented.secret.signer.public_key, audience=scene.verifier.did
    )
    assert said.grant_id == view.id
    assert scene.registry.real.reader.entry(said.entry) == scene.grant_entries()[1]


def test_withdrawing_again_changes_nothing(scene: WalletScene):
    first = scene.wallet.withdraw(only_grant(scene).id)

    assert scene.wallet.withdraw(first.id) == first
    assert len(scene.grant_entries()) == 2
    assert len(scene.verifier.notices) == 1


def test_a_grant_that_this_wallet_did_not_give_cannot_be_withdrawn(scene: WalletScene):
    for unknown in ("zUnknown", ""):
        with pytest.raises(NotFoundError):
            scene.wallet.withdraw(unknown)


def test_while_the_log_is_out_of_reach_the_withdrawal_waits(scene: WalletScene):
    scene.registry.is_down = True
    view = scene.wallet.withdraw(only_grant(scene).id)
    assert (view.state, view.not_sent) == (GrantState.WITHDRAWING, True)
    assert view.to_json()["not_sent"] is True
    assert scene.verifier.notices == []

    scene.registry.is_down = False
    scene.restarted().resume()

    assert only_grant(scene).state is GrantState.WITHDRAWN
    assert not only_grant(scene).not_sent
    assert only_grant(scene).acknowledged_at is not None


def test_when_the_logs_answer_was_lost_there_is_one_entry(scene: WalletScene):
    scene.registry.loses_answers = True
    assert scene.wallet.withdraw(only_grant(scene).id).not_sent

    scene.registry.loses_answers = False
    scene.restarted().resume()

    assert only_grant(scene).state is GrantState.WITHDRAWN
    assert len(scene.grant_entries()) == 2


@pytest.mark.parametrize("way", ["cut", "lost"])
def test_a_recipient_out_of_reach_is_told_later_in_the_same_words(scene: WalletScene, way: str):
    setattr(scene.http, way, {"/withdrawals"})

    view = scene.wallet.withdraw(only_grant(scene).id)
    assert view.state is GrantState.WITHDRAWN
    assert view.acknowledged_at is None
    assert view.problem

    setattr(scene.http, way, set())
    scene.restarted().resume()

    assert only_grant(scene).acknowledged_at is not None
    assert len(set(scene.verifier.notices)) == 1


def test_an_acknowledgement_by_another_key_is_none(scene: WalletScene):
    scene.verifier.receipt_signer = P256Signer.generate()

    view = scene.wallet.withdraw(only_grant(scene).id)

    assert view.state is GrantState.WITHDRAWN
    assert view.acknowledged_at is None
    assert scene.steps()[-1] is Step.WITHDRAWAL_NOT_ACKNOWLEDGED


def test_an_answer_on_its_way_can_be_taken_back(scene: WalletScene):
    scene.verifier.form = None
    scene.http.cut = {"/responses/1"}
    with pytest.raises(UnavailableError):
        scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask()))
    grant = scene.wallet.grants()[1].id

    scene.http.cut = set()
    scene.wallet.withdraw(grant)
    scene.wallet.resume()

    assert scene.wallet.grant(grant).state is GrantState.WITHDRAWN
    assert len(scene.verifier.answers) == 1, "only the first one was ever sent"


def test_a_grant_the_log_never_had_is_taken_back_without_an_entry(scene: WalletScene):
    scene.verifier.form = None
    question = scene.wallet.inspect(scene.verifier.ask())
    scene.registry.is_down = True
    with pytest.raises(UnavailableError):
        scene.wallet.consent(question)
    grant = scene.wallet.grants()[1].id
    scene.registry.is_down = False

    view = scene.wallet.withdraw(grant)

    assert view.state is GrantState.WITHDRAWN
    assert len(scene.grant_entries()) == 1
    assert len(scene.verifier.answers) == 1


@pytest.mark.parametrize("allows", [(), (EntryType.CONSENT_REVOKE,)], ids=["nothing", "ends"])
def test_a_yes_that_a_log_which_was_handed_over_cannot_take_is_undone_and_does_not_wait(
    scene: WalletScene, allows: tuple[EntryType, ...]
):
    scene.verifier.form = None
    question = scene.wallet.inspect(scene.verifier.ask())
    scene.registry.is_down = True
    with pytest.raises(UnavailableError):
        scene.wallet.consent(question)
    scene.registry.is_down = False
    scene.registry.hand_over(allows=allows)

    left = scene.restarted().waiting()

    grant = scene.wallet.grants()[1]
    assert left == ()
    assert (grant.state, grant.not_sent) == (GrantState.WITHDRAWN, False)
    assert grant.problem == "the log has been handed over to another"
    assert scene.steps()[-2:] == [Step.RECIPIENT_REFUSED, Step.WITHDRAWAL_REGISTERED]
    assert len(scene.verifier.answers) == 1, "only the first one was ever sent"


def test_whoever_says_yes_to_a_log_that_was_handed_over_is_told(scene: WalletScene):
    scene.verifier.form = None
    question = scene.wallet.inspect(scene.verifier.ask())
    scene.registry.hand_over()

    with pytest.raises(ConflictError):
        scene.wallet.consent(question)

    assert scene.wallet.grants()[1].state is GrantState.WITHDRAWN
    assert scene.wallet.waiting() == ()


def test_a_withdrawal_that_the_log_cannot_take_any_more_is_never_given_up(scene: WalletScene):
    grant = only_grant(scene).id
    scene.registry.hand_over()

    with pytest.raises(LogProofError):
        scene.wallet.withdraw(grant)
    (left,) = scene.restarted().waiting()

    assert (left.grant_id, left.type) == (grant, "consent.revoke")
    assert left.refused is not None
    assert only_grant(scene).state is GrantState.WITHDRAWING


def test_a_withdrawal_arrives_in_a_log_that_was_handed_over_meanwhile(scene: WalletScene):
    scene.registry.is_down = True
    scene.wallet.withdraw(only_grant(scene).id)
    scene.registry.is_down = False
    scene.registry.hand_over(allows=(EntryType.CONSENT_REVOKE,))

    assert scene.restarted().waiting() == ()

    assert only_grant(scene).state is GrantState.WITHDRAWN


def test_a_log_that_denies_what_it_proved_does_not_end_the_withdrawal(scene: WalletScene):
    scene.registry.forget()

    with pytest.raises(LogProofError):
        scene.wallet.withdraw(only_grant(scene).id)

    assert only_grant(scene).state is GrantState.WITHDRAWING


def test_what_was_decided_while_the_log_was_away_is_handed_in_at_once_and_in_order(
    scene: WalletScene,
):
    other = scene.wallet.inspect(scene.other.ask())
    scene.registry.accredit(scene.other.did)
    scene.registry.is_down = True
    scene.wallet.withdraw(only_grant(scene).id)
    with pytest.raises(UnavailableError):
        scene.wallet.consent(other)
    assert [view.not_sent for view in scene.wallet.grants()] == [True, True]
    scene.registry.is_down = False
    before = len(scene.registry.entries())

    scene.restarted().resume()

    assert scene.registry.batches == [2]
    sent = scene.registry.entries()[before:]
    assert [b'"t":"consent.revoke"' in raw for raw in sent] == [True, False]
    assert [view.not_sent for view in scene.wallet.grants()] == [False, False]


def test_an_answer_to_many_that_was_lost_makes_nothing_twice(scene: WalletScene):
    scene.registry.is_down = True
    scene.wallet.withdraw(only_grant(scene).id)
    scene.registry.is_down, scene.registry.loses_answers = False, True
    scene.restarted().resume()
    assert only_grant(scene).not_sent
    scene.registry.loses_answers = False

    scene.wallet.resume_waiting()

    assert only_grant(scene).state is GrantState.WITHDRAWN
    assert len(scene.grant_entries()) == 2


def test_with_nothing_waiting_nobody_is_asked(scene: WalletScene):
    scene.registry.is_down = True

    scene.wallet.resume_waiting()

    assert scene.registry.batches == []


def test_what_the_log_does_not_have_is_shown_until_it_has_it(scene: WalletScene):
    scene.registry.is_down = True
    view = scene.wallet.withdraw(only_grant(scene).id)

    (waiting,) = scene.wallet.waiting()
    scene.registry.is_down = False
    left = scene.wallet.waiting()

    assert waiting.to_json() == {
        "grant": view.id,
        "type": "consent.revoke",
        "since": waiting.to_json()["since"],
    }
    assert left == ()
    assert only_grant(scene).state is GrantState.WITHDRAWN


def test_what_the_log_will_not_have_is_shown_with_its_reason_and_is_not_given_up(
    scene: WalletScene,
):
    scene.registry.is_down = True
    scene.wallet.withdraw(only_grant(scene).id)
    scene.registry.is_down = False
    scene.registry.forget()

    for _ in range(2):
        (waiting,) = scene.wallet.waiting()

        assert waiting.refused is not None
        assert waiting.to_json()["code"] == "not_found"
    assert only_grant(scene).state is GrantState.WITHDRAWING
