"""What a wallet is told of a broken glass: asked for by the right key only, and checked."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Final

import pytest

from consent_contracts.break_glass import Ending, Finding
from consent_contracts.purpose import Purpose
from ssi_core import strict_json
from ssi_core.adapters.http import HttpAnswer
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_encode
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import Ed25519Signer, thumbprint
from ssi_core.period import to_timestamp
from ssi_core.proof.disclosure import Disclosure
from tests.support.consent import make_access_request
from tests.support.custodian import URL
from tests.support.emergencies import (
    DOCTOR,
    HOSPITAL,
    KEY_ID,
    POLICY,
    REVIEWER,
    SIGNER,
    Documents,
    EmergencyScene,
    make_review,
)
from tests.support.simulated_http import Sent, json_answer
from tests.support.wallet_scene import WalletScene
from wallet.credential import copies_of
from wallet.history import Step
from wallet.trust import Custodian, Trust

CUSTODIAN: Final = "https://custodian.example"
TEN_MINUTES: Final = timedelta(minutes=10)


class Told:
    """A wallet, and the custodian of its issuer, over one log and one clock."""

    def __init__(self) -> None:
        self.hospital = Documents()
        self.wallets = WalletScene(also=self.hospital)
        self.held = self.wallets.accept()
        self.clinic = EmergencyScene(registry=self.wallets.registry, clock=self.wallets.clock)
        self.alters: Callable[[JsonObject], JsonObject] = lambda body: body
        self.asked: list[JsonObject] = []
        self.wallets.http.servers[URL] = self._serve
        issuer = self.held.issuer
        trust = self.wallets.wallet.trust()
        self.wallets.wallet.change_trust(
            Trust(log=trust.log, roots=trust.roots, custodians=(Custodian(issuer, URL),))
        )

    def break_glass(self, name: str = "one", *, others: Sequence[str] = ()) -> str:
        """Have the hospital open what is bound by one of the wallet's keys, and by `others`."""
        copy = copies_of(self.wallets.vault, self.held.id)[1]
        request = make_access_request(
            recipient=HOSPITAL,
            purpose=Purpose.ETREAT,
            actor=DOCTOR,
            holder_keys=frozenset({thumbprint(copy.key.public_key.jwk), *others}),
        )
        answer = self.clinic.ask(id=name, request=request)
        assert answer.status_code == 201, answer.text
        session: str = answer.json()["emergency"]["session"]
        return session

    def _serve(self, sent: Sent) -> HttpAnswer:
        body = strict_json.parse_object(sent.body)
        self.asked.append(body)
        answer = self.clinic.custody.post("/emergencies/notices", body)
        told = strict_json.parse_object(answer.content)
        return json_answer(self.alters(told), answer.status_code)


@pytest.fixture
def told() -> Told:
    return Told()


def test_a_broken_glass_is_told_proved_and_written_down(told: Told):
    session = told.break_glass()

    news = told.wallets.wallet.resume().emergencies

    (emergency,) = told.wallets.wallet.emergencies()
    last = told.wallets.wallet.history()[-1]
    assert [each.id for each in news] == [session]
    assert emergency.proved
    assert (emergency.notice.actor, emergency.notice.recipient) == (DOCTOR, HOSPITAL)
    assert (last.step, last.about) == (Step.GLASS_BROKEN, session)
    assert last.detail == f"{HOSPITAL}: OVRER"


def test_it_is_told_once(told: Told):
    told.break_glass()
    told.wallets.wallet.resume()

    assert told.wallets.wallet.resume().emergencies == ()
    assert told.wallets.restarted().resume().emergencies == ()
    assert len(told.wallets.wallet.emergencies()) == 1
    assert told.wallets.steps().count(Step.GLASS_BROKEN) == 1


def test_nothing_hides_behind_what_an_answer_has_no_room_for(told: Told):
    others = [base64url_encode(sha256(bytes([number])).digest()) for number in range(255)]
    sessions = [told.break_glass(f"request-{number}", others=others) for number in range(20)]

    news = told.wallets.wallet.ask_custodians()

    assert {each.id for each in news} == set(sessions)
    assert all(each.proved for each in news)


def test_what_is_told_counts_though_more_is_promised_and_does_not_come(told: Told):
    session = told.break_glass()
    told.alters = lambda body: {**body, "more": True}

    news = told.wallets.wallet.ask_custodians()

    assert [each.id for each in news] == [session]


def test_what_was_opened_while_the_log_was_away_is_told_and_proved_later(told: Told):
    told.clinic.cut_off()
    told.break_glass()

    told.wallets.wallet.ask_custodians()
    (before,) = told.wallets.wallet.emergencies()
    told.clinic.back()
    told.wallets.wallet.ask_custodians()
    (after,) = told.wallets.wallet.emergencies()

    assert (before.proved, after.proved) == (False, True)
    assert after.notice.flagged
    assert told.wallets.steps().count(Step.GLASS_BROKEN) == 1


def test_a_custodian_that_tells_another_story_than_the_log_is_not_proved(told: Told):
    one, two = told.break_glass("one"), told.break_glass("two")

    def swapped(body: JsonObject) -> JsonObject:
        names, notices = {one: two, two: one}, notices_of(body)
        return {"notices": [{**each, "session": names[str(each["session"])]} for each in notices]}

    told.alters = swapped
    told.wallets.wallet.ask_custodians()

    assert [each.proved for each in told.wallets.wallet.emergencies()] == [False, False]


def test_a_custodian_that_answers_about_somebody_else_is_not_heard(told: Told):
    told.break_glass()
    told.wallets.wallet.ask_custodians()
    about_others: JsonObject = {
        "notices": [each.notice.to_json() for each in told.wallets.wallet.emergencies()]
    }
    stranger = Told()
    stranger.alters = lambda _body: about_others

    stranger.wallets.wallet.ask_custodians()

    assert len(told.wallets.wallet.emergencies()) == 1
    assert stranger.wallets.wallet.emergencies() == ()


def test_a_notice_whose_disclosures_make_no_sense_breaks_nothing(told: Told):
    told.break_glass()

    def nonsense(body: JsonObject) -> JsonObject:
        notices = strict_json.as_array(body["notices"], at="")
        return {"notices": [_with_actor(each, "nobody") for each in notices]}

    told.alters = nonsense

    assert told.wallets.wallet.resume().emergencies == ()


def test_that_it_was_closed_and_what_was_found_reaches_the_wallet(told: Told):
    session = told.break_glass()
    told.wallets.wallet.ask_custodians()
    told.wallets.clock.advance(TEN_MINUTES)
    told.clinic.close(session)
    closed = told.wallets.wallet.ask_custodians()
    (before,) = told.wallets.wallet.emergencies()
    told.clinic.review(session, finding=Finding.NOT_JUSTIFIED, grounds="She was awake.")

    news = told.wallets.wallet.ask_custodians()
    again = told.wallets.wallet.ask_custodians()

    (after,) = told.wallets.restarted().emergencies()
    last = told.wallets.wallet.history()[-1]
    assert before.notice.ended_at == told.wallets.clock.now()
    assert [each.id for each in (*closed, *news, *again)] == [session]
    assert after.notice.reviewed is not None
    assert (after.notice.reviewed.reviewer, after.notice.reviewed.grounds) == (
        REVIEWER,
        "She was awake.",
    )
    assert (after.proved, after.review_proved) == (True, True)
    assert (last.step, last.about, last.detail) == (Step.GLASS_REVIEWED, session, "not_justified")


def test_that_the_custodian_took_the_right_away_reaches_the_wallet(told: Told):
    session = told.break_glass()
    told.wallets.wallet.ask_custodians()
    told.clinic.under(replace(POLICY, organisations=frozenset({Did("web", "other.example")})))
    told.clinic.custody.custodian.rights.enforce()

    told.wallets.wallet.ask_custodians()

    (after,) = told.wallets.restarted().emergencies()
    shown = after.to_json()
    assert (after.id, after.notice.ending) == (session, Ending.REVOKED)
    assert (shown["ended_at"], shown["ending"]) == (
        to_timestamp(told.wallets.clock.now()),
        "revoked",
    )


@pytest.mark.parametrize(
    "story",
    [{"ending": "expired"}, {"ended_at": 1, "ending": "revoked"}],
    ids=["another reason", "another moment"],
)
def test_an_end_that_was_told_keeps_its_moment_and_its_reason(told: Told, story: JsonObject):
    session = told.break_glass()
    told.clinic.close(session)
    told.wallets.wallet.ask_custodians()
    (before,) = told.wallets.wallet.emergencies()
    told.alters = lambda body: {
        "notices": [{**each, **story} for each in notices_of(body)],
        "more": False,
    }

    told.wallets.wallet.ask_custodians()

    assert told.wallets.wallet.emergencies() == (before,)
    assert before.notice.ending is Ending.CLOSED


def test_an_end_without_a_reason_which_earlier_custodians_told_gets_one_later(told: Told):
    session = told.break_glass()
    told.clinic.close(session)
    told.alters = lambda body: {
        "notices": [
            {name: each[name] for name in each if name != "ending"} for each in notices_of(body)
        ],
        "more": False,
    }
    told.wallets.wallet.ask_custodians()
    (before,) = told.wallets.wallet.emergencies()
    told.alters = lambda body: body

    told.wallets.wallet.ask_custodians()

    (after,) = told.wallets.wallet.emergencies()
    assert (before.notice.ending, after.notice.ending) == (None, Ending.CLOSED)
    assert before.notice.ended_at == after.notice.ended_at


def test_what_was_reviewed_before_the_first_question_is_told_at_once(told: Told):
    session = told.break_glass()
    told.clinic.close(session)
    told.clinic.review(session)

    (news,) = told.wallets.wallet.ask_custodians()

    assert news.review_proved
    assert told.wallets.steps()[-2:] == [Step.GLASS_BROKEN, Step.GLASS_REVIEWED]
    assert len(told.wallets.wallet.emergencies()) == 1


def test_a_review_that_the_organisation_did_not_sign_is_not_proved_and_can_be_replaced(told: Told):
    session = told.break_glass()
    told.clinic.close(session)
    told.clinic.review(session, finding=Finding.NOT_JUSTIFIED)
    forged = make_review(session=session, at=told.wallets.clock.now()).sign(
        signer=Ed25519Signer(bytes(32)), key_id=KEY_ID
    )
    told.alters = lambda body: {
        "notices": [{**each, "review": forged} for each in notices_of(body)]
    }
    told.wallets.wallet.ask_custodians()
    (before,) = told.wallets.wallet.emergencies()
    told.alters = lambda body: body
    told.wallets.wallet.ask_custodians()
    told.alters = lambda body: {
        "notices": [{**each, "review": forged} for each in notices_of(body)]
    }

    told.wallets.wallet.ask_custodians()

    (after,) = told.wallets.wallet.emergencies()
    assert (before.notice.review, before.review_proved) == (forged, False)
    assert after.review_proved
    assert after.notice.reviewed is not None
    assert after.notice.reviewed.finding is Finding.NOT_JUSTIFIED


def test_a_review_made_for_another_custodian_is_not_proved(told: Told):
    session = told.break_glass()
    told.clinic.close(session)
    now = told.wallets.clock.now()
    other = make_review(session=session, at=now, audience="https://other.example").sign(
        signer=SIGNER, key_id=KEY_ID
    )
    told.alters = lambda body: {"notices": [{**each, "review": other} for each in notices_of(body)]}

    (news,) = told.wallets.wallet.ask_custodians()

    assert not news.review_proved


def test_a_review_is_proved_later_where_the_organisations_did_did_not_resolve(told: Told):
    session = told.break_glass()
    told.clinic.close(session)
    told.clinic.review(session)
    told.hospital.is_down = True
    told.wallets.wallet.ask_custodians()
    (before,) = told.wallets.wallet.emergencies()
    told.hospital.is_down = False

    told.wallets.wallet.ask_custodians()

    (after,) = told.wallets.wallet.emergencies()
    assert (before.review_proved, after.review_proved) == (False, True)
    assert told.wallets.steps().count(Step.GLASS_REVIEWED) == 1


def test_what_was_told_first_stands(told: Told):
    session = told.break_glass()
    told.clinic.close(session)
    told.wallets.wallet.ask_custodians()
    (before,) = told.wallets.wallet.emergencies()
    told.alters = lambda body: {
        "notices": [{**each, "flagged": True, "opened_at": 1} for each in notices_of(body)]
    }
    told.clinic.review(session)
    told.wallets.wallet.ask_custodians()
    (altered,) = told.wallets.wallet.emergencies()
    told.alters = lambda body: {"notices": [{**each, "ended_at": 1} for each in notices_of(body)]}

    told.wallets.wallet.ask_custodians()

    (after,) = told.wallets.wallet.emergencies()
    assert altered == before
    assert after.notice.ended_at == before.notice.ended_at
    assert after.review_proved


def notices_of(body: JsonObject) -> list[JsonObject]:
    found = strict_json.as_array(body["notices"], at="")
    return [strict_json.as_object(each, at="") for each in found]


def _with_actor(notice: JsonValue, actor: str) -> JsonObject:
    source = strict_json.as_object(notice, at="")
    texts = [str(each) for each in strict_json.as_array(source["disclosures"], at="")]
    disclosed = [
        Disclosure.make("actor", actor) if each.name == "actor" else each
        for each in Disclosure.parse_all(texts)
    ]
    return {**source, "disclosures": [each.text for each in disclosed]}


JUNK: dict[str, HttpAnswer] = {
    "an error": json_answer({"title": "no"}, 500),
    "no JSON": HttpAnswer(status=200, headers={}, body=b"\xff"),
    "no list": json_answer({"notices": "none"}),
    "half a notice": json_answer({"notices": [{"session": "z"}]}),
}


@pytest.mark.parametrize("name", JUNK)
def test_junk_from_a_custodian_tells_nothing_and_breaks_nothing(told: Told, name: str):
    told.wallets.http.servers[URL] = lambda _sent: JUNK[name]

    resumed = told.wallets.wallet.resume()

    assert resumed.emergencies == ()


def test_who_cannot_be_reached_is_asked_the_next_time(told: Told):
    told.break_glass()
    served = told.wallets.http.servers.pop(URL)
    told.wallets.wallet.ask_custodians()
    told.wallets.http.servers[URL] = served

    assert len(told.wallets.wallet.ask_custodians()) == 1


def test_in_the_background_custodians_are_asked_every_ten_minutes(told: Told):
    wallet = told.wallets.wallet
    wallet.resume(patient=True)
    once = len(told.asked)
    wallet.resume(patient=True)
    again = len(told.asked)
    told.wallets.clock.advance(TEN_MINUTES)

    wallet.resume(patient=True)

    assert once == again == wallet.copies(told.held.id)
    assert len(told.asked) == 2 * once


def test_each_key_asks_alone_and_only_the_custodian_of_its_issuer(told: Told):
    told.wallets.wallet.ask_custodians()
    asked = len(told.asked)
    told.wallets.wallet.change_trust(Trust(custodians=(Custodian("did:web:another.example", URL),)))

    told.wallets.wallet.ask_custodians()

    assert asked == told.wallets.wallet.copies(told.held.id)
    assert len(told.asked) == asked
    assert [body.keys() for body in told.asked] == [{"request"}] * asked


def test_custodians_are_remembered():
    scene = WalletScene()
    custodian = Custodian.parse("did:web:clinic.example=https://custodian.example/")

    scene.wallet.change_trust(Trust(custodians=(custodian,)))

    assert scene.restarted().trust().custodians == (Custodian("did:web:clinic.example", CUSTODIAN),)


@pytest.mark.parametrize("text", ["", "=", "did:web:x", "did:web:x=", "=https://x"])
def test_a_custodian_has_an_issuer_and_a_url(text: str):
    with pytest.raises(MalformedError):
        Custodian.parse(text)
