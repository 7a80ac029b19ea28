"""Where a custodian has a roster, people sign for themselves, and nobody's word is taken."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from httpx import Response

from consent_contracts import break_glass_request
from consent_contracts.break_glass_ending import REVIEW_TYPE
from consent_contracts.break_glass_request import EmergencyPolicy
from consent_contracts.break_glass_roster import Roster, state
from consent_contracts.break_glass_rule import EmergencyReason
from consent_contracts.purpose import Purpose
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.keys import P256Signer
from tests.support.consent import AT, INSURER, make_access_request
from tests.support.emergencies import (
    DOCTOR,
    DOCTOR_KEY,
    HOSPITAL,
    POLICY,
    REVIEWER,
    REVIEWER_KEY,
    ROSTER,
    EmergencyScene,
    make_request,
    make_review,
)

MINUTE = timedelta(minutes=1)
DOCTOR_ENTRY, REVIEWER_ENTRY = ROSTER
STRANGER = Did("web", "hospital.example:physicians:8")


def treated(**changes: Any) -> Any:
    return make_access_request(
        **{"recipient": HOSPITAL, "purpose": Purpose.ETREAT, "actor": DOCTOR, **changes}
    )


@pytest.fixture
def scene() -> EmergencyScene:
    return EmergencyScene(policy=replace(POLICY, roster=Roster.parse(ROSTER)))


def closed(scene: EmergencyScene) -> str:
    session: str = scene.ask_with(DOCTOR_KEY).json()["emergency"]["session"]
    assert scene.close(session).status_code == 200
    return session


def test_a_person_on_the_roster_signs_and_the_glass_opens(scene: EmergencyScene):
    answer = scene.ask_with(DOCTOR_KEY)

    assert answer.status_code == 201, answer.text
    assert answer.json()["decision"]["decision"] == "permit"
    assert answer.json()["emergency"]["role"] == "physician"


def _with_statement_of(scene: EmergencyScene, **others: Any) -> Response:
    """Ask with what the doctor signed of a request that is another in one thing."""
    request = make_request(second_factor=None)
    signed = replace(request, **others)
    said = state(signed.to_json(), typ=break_glass_request.TYPE, signer=DOCTOR_KEY, at=AT)
    return scene.ask(second_factor=None, statement=said)


CHEATS: dict[str, tuple[Callable[[EmergencyScene], Response], int, str, list[str] | None]] = {
    "the organisation's word alone": (
        lambda scene: scene.ask(),
        403,
        "consent_denied",
        ["no_second_factor"],
    ),
    "another's key": (
        lambda scene: scene.ask_with(REVIEWER_KEY),
        403,
        "proof_rejected",
        None,
    ),
    "a key that nobody has": (
        lambda scene: scene.ask_with(P256Signer.generate()),
        403,
        "proof_rejected",
        None,
    ),
    "somebody who is not on it": (
        lambda scene: scene.ask_with(DOCTOR_KEY, request=treated(actor=STRANGER)),
        403,
        "not_trusted",
        None,
    ),
    "nobody": (
        lambda scene: scene.ask_with(DOCTOR_KEY, request=treated(actor=None)),
        403,
        "consent_denied",
        ["no_person", "no_second_factor"],
    ),
    "a role that the roster does not give": (
        lambda scene: scene.ask_with(DOCTOR_KEY, role="surgeon"),
        403,
        "consent_denied",
        ["role_not_accepted"],
    ),
    "no role": (
        lambda scene: scene.ask_with(DOCTOR_KEY, role=None),
        403,
        "consent_denied",
        ["role_not_accepted"],
    ),
    "somebody who only reviews": (
        lambda scene: scene.ask_with(REVIEWER_KEY, request=treated(actor=REVIEWER)),
        403,
        "consent_denied",
        ["role_not_accepted"],
    ),
    "what was signed for another request": (
        lambda scene: _with_statement_of(scene, id="request-2"),
        403,
        "proof_rejected",
        None,
    ),
    "what was signed for another custodian": (
        lambda scene: _with_statement_of(scene, audience="https://other.example"),
        403,
        "proof_rejected",
        None,
    ),
    "what was signed for another reason": (
        lambda scene: _with_statement_of(scene, reason=EmergencyReason.PUBLIC_SAFETY),
        403,
        "proof_rejected",
        None,
    ),
    "junk for a statement": (
        lambda scene: scene.ask(second_factor=None, statement="x"),
        400,
        "malformed",
        None,
    ),
}


@pytest.mark.parametrize("name", CHEATS)
def test_without_the_persons_own_signature_it_stays_whole(scene: EmergencyScene, name: str):
    cheat, status, expected, refusals = CHEATS[name]

    answer = cheat(scene)

    assert answer.status_code == status, answer.text
    assert answer.json()["type"].rpartition(":")[2] == expected
    assert answer.json().get("refusals") == refusals
    assert scene.entries() == []


def test_a_statement_is_of_now(scene: EmergencyScene):
    request = make_request(second_factor=None)
    old = state(
        request.to_json(), typ=break_glass_request.TYPE, signer=DOCTOR_KEY, at=AT - 6 * MINUTE
    )

    answer = scene.ask(second_factor=None, statement=old)

    assert answer.json()["refusals"] == ["no_second_factor"]


def test_a_statement_is_nothing_to_a_custodian_without_a_roster():
    scene = EmergencyScene()

    answer = scene.ask_with(DOCTOR_KEY)

    assert answer.json()["refusals"] == ["no_second_factor"]


def test_a_reviewer_signs_with_a_key_of_their_own(scene: EmergencyScene):
    session = closed(scene)

    answer = scene.review(session, by=REVIEWER_KEY)

    assert answer.status_code == 200, answer.text
    assert answer.json()["review"]["reviewer"] == str(REVIEWER)


REVIEWS: dict[str, tuple[Callable[[EmergencyScene, str], Response], str]] = {
    "unsigned": (lambda scene, session: scene.review(session), "proof_rejected"),
    "signed by another": (
        lambda scene, session: scene.review(session, by=DOCTOR_KEY),
        "proof_rejected",
    ),
    "by somebody who is not on the roster": (
        lambda scene, session: scene.review(session, by=REVIEWER_KEY, reviewer=STRANGER),
        "not_trusted",
    ),
}


@pytest.mark.parametrize("name", REVIEWS)
def test_a_review_that_its_reviewer_did_not_sign_is_none(scene: EmergencyScene, name: str):
    cheat, expected = REVIEWS[name]
    session = closed(scene)

    answer = cheat(scene, session)

    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (403, expected)
    assert scene.custody.get("/consent/emergencies/unreviewed").json()["waiting"] == 1


def test_who_only_breaks_the_glass_does_not_review(scene: EmergencyScene):
    session = closed(scene)

    answer = scene.review(session, by=DOCTOR_KEY, reviewer=DOCTOR)

    assert (answer.status_code, answer.json()["refusals"]) == (403, ["not_a_reviewer"])


def test_a_reviewers_statement_is_of_now_too(scene: EmergencyScene):
    session = closed(scene)
    review = make_review(session=session)
    old = state(review.to_json(), typ=REVIEW_TYPE, signer=REVIEWER_KEY, at=AT - 6 * MINUTE)

    answer = scene.review(session, statement=old)

    assert answer.json()["type"].rpartition(":")[2] == "evidence_too_old"


def test_who_may_do_both_still_does_not_review_themselves():
    both = [{**_entry(DOCTOR_ENTRY), "reviews": True}]
    scene = EmergencyScene(policy=replace(POLICY, roster=Roster.parse(both)))
    session = closed(scene)

    answer = scene.review(session, by=DOCTOR_KEY, reviewer=DOCTOR)

    assert answer.json()["refusals"] == ["own_session"]


def _entry(value: Any, **changes: Any) -> dict[str, Any]:
    return {**value, **changes}


NONSENSE: dict[str, Any] = {
    "nobody": [],
    "not a list": {},
    "one twice": [DOCTOR_ENTRY, DOCTOR_ENTRY],
    "a key for two": [DOCTOR_ENTRY, _entry(REVIEWER_ENTRY, key=DOCTOR_KEY.public_key.jwk)],
    "two keys for one": [
        DOCTOR_ENTRY,
        _entry(DOCTOR_ENTRY, organisation=str(INSURER), key=REVIEWER_KEY.public_key.jwk),
    ],
    "one factor": [_entry(DOCTOR_ENTRY, methods=["hwk"])],
    "one kind of factor": [_entry(DOCTOR_ENTRY, methods=["hwk", "swk"])],
    "nothing held": [_entry(DOCTOR_ENTRY, methods=["pin", "fpt"])],
    "a method that does not count": [_entry(DOCTOR_ENTRY, methods=["hwk", "sms"])],
    "nothing to do": [{k: v for k, v in _entry(DOCTOR_ENTRY).items() if k != "roles"}],
    "an organisation": [_entry(DOCTOR_ENTRY, actor=str(HOSPITAL))],
    "a secret key": [_entry(DOCTOR_ENTRY, key={**DOCTOR_KEY.public_key.jwk, "d": "AA"})],
    "more than is known": [_entry(DOCTOR_ENTRY, unless="asked")],
}


@pytest.mark.parametrize("name", NONSENSE)
def test_a_roster_that_makes_no_sense_is_refused(name: str):
    with pytest.raises(MalformedError):
        Roster.parse(NONSENSE[name])


def test_a_roster_has_no_people_of_organisations_that_are_not_believed():
    policy: JsonObject = {
        "rule": POLICY.rule.to_json(),
        "organisations": [str(INSURER)],
        "roster": ROSTER,
    }

    with pytest.raises(MalformedError):
        EmergencyPolicy.parse(policy)


def test_one_person_may_work_for_two_organisations_with_one_key():
    elsewhere = _entry(DOCTOR_ENTRY, organisation=str(INSURER))

    roster = Roster.parse([DOCTOR_ENTRY, elsewhere])

    assert roster.organisations == {HOSPITAL, INSURER}
