"""Who may not break the glass any more: what was opened under that right is over, and told."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from consent_contracts.break_glass import Ending
from consent_contracts.break_glass_notice import BrokenGlassNotice, Notices
from consent_contracts.break_glass_request import EmergencyPolicy
from consent_contracts.break_glass_roster import Roster
from consent_contracts.purpose import Purpose
from ssi_core.did.syntax import Did
from ssi_core.errors import RejectedError
from ssi_core.period import to_timestamp
from tests.support.consent import AT, make_access_request
from tests.support.emergencies import (
    DOCTOR,
    DOCTOR_KEY,
    HOSPITAL,
    POLICY,
    ROSTER,
    RULE,
    EmergencyScene,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
CLINIC = Did("web", "clinic.example")
TREATED = make_access_request(recipient=HOSPITAL, purpose=Purpose.ETREAT, actor=DOCTOR)
ON_ROSTER = replace(POLICY, roster=Roster.parse(ROSTER))
NOT_THE_DOCTOR = Roster.parse([each for each in ROSTER if each["actor"] != str(DOCTOR)])
AS_A_NURSE = Roster.parse(
    [{**each, "roles": ["nurse"]} if "roles" in each else each for each in ROSTER]
)
ANOTHER = EmergencyPolicy(rule=RULE, organisations=frozenset({CLINIC}))
BOTH = EmergencyPolicy(rule=RULE, organisations=frozenset({CLINIC, HOSPITAL}))


@pytest.fixture
def scene() -> EmergencyScene:
    return EmergencyScene()


def opened(scene: EmergencyScene) -> str:
    session: str = scene.ask().json()["emergency"]["session"]
    return session


def asked(scene: EmergencyScene, session: str, path: str = "decide", **more: str) -> dict[str, Any]:
    question = {"request": TREATED.to_json(), "emergency": session, **more}
    answer = scene.custody.post(f"/consent/{path}", question)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def kept(scene: EmergencyScene, session: str) -> dict[str, Any]:
    body: dict[str, Any] = scene.custody.get(f"/consent/emergencies/{session}").json()
    return body


def notice(scene: EmergencyScene) -> BrokenGlassNotice:
    (found,) = Notices.parse(scene.told().json()).told
    return found


@pytest.mark.parametrize("policy", [ANOTHER, None], ids=["another's policy", "no policy"])
def test_without_the_right_the_next_decision_gives_nothing_and_it_is_written_down(
    scene: EmergencyScene, policy: EmergencyPolicy | None
):
    session = opened(scene)
    before = asked(scene, session)
    scene.under(policy)
    scene.clock.advance(5 * MINUTE)

    after = asked(scene, session)

    ended = kept(scene, session)
    assert before["decision"] == "permit"
    assert (after["decision"], after["emergency_refusals"]) == ("deny", ["session_over"])
    assert (ended["state"], ended["ending"]) == ("ended", "revoked")
    assert ended["ended_at"] == to_timestamp(AT + 5 * MINUTE)


def test_it_stays_over_when_the_right_is_given_back(scene: EmergencyScene):
    session = opened(scene)
    scene.under(ANOTHER)
    asked(scene, session)

    scene.under(POLICY)

    assert asked(scene, session)["emergency_refusals"] == ["session_over"]
    assert kept(scene, session)["ending"] == "revoked"
    assert scene.ask(id="again").status_code == 201


def test_at_the_start_everything_is_closed_that_was_opened_under_a_right_that_is_gone(
    scene: EmergencyScene,
):
    session = opened(scene)
    scene.under(ANOTHER)
    scene.clock.advance(MINUTE)

    scene.custody.custodian.rights.enforce()
    scene.clock.advance(MINUTE)
    scene.custody.custodian.rights.enforce()

    assert (kept(scene, session)["state"], kept(scene, session)["ending"]) == ("ended", "revoked")
    assert kept(scene, session)["ended_at"] == to_timestamp(AT + MINUTE)
    waiting = scene.custody.get("/consent/emergencies/unreviewed").json()
    assert [each["session"] for each in waiting["emergencies"]] == [session]


def test_an_explanation_gives_nothing_either(scene: EmergencyScene):
    session = opened(scene)
    scene.under(ANOTHER)

    assert asked(scene, session, "explain", asker="The hospital")["decision"] == "deny"


def test_a_policy_that_still_names_the_organisation_ends_nothing(scene: EmergencyScene):
    session = opened(scene)
    scene.under(BOTH)

    scene.custody.custodian.rights.enforce()

    assert asked(scene, session)["decision"] == "permit"
    assert kept(scene, session)["state"] == "open"
    assert "ending" not in kept(scene, session)


@pytest.mark.parametrize("roster", [NOT_THE_DOCTOR, AS_A_NURSE], ids=["gone", "in another role"])
def test_a_person_whom_the_roster_names_no_more_looks_no_more(roster: Roster):
    scene = EmergencyScene(policy=ON_ROSTER)
    session: str = scene.ask_with(DOCTOR_KEY).json()["emergency"]["session"]
    scene.under(ON_ROSTER)
    before = asked(scene, session)
    scene.under(replace(POLICY, roster=roster))

    after = asked(scene, session)

    assert (before["decision"], after["emergency_refusals"]) == ("permit", ["session_over"])
    assert kept(scene, session)["ending"] == "revoked"


def test_what_was_over_before_stays_as_it_ended(scene: EmergencyScene):
    session = opened(scene)
    scene.close(session)
    scene.under(ANOTHER)
    scene.clock.advance(MINUTE)

    scene.custody.custodian.rights.enforce()
    asked(scene, session)

    assert (kept(scene, session)["ending"], kept(scene, session)["ended_at"]) == (
        "closed",
        to_timestamp(AT),
    )


def test_a_clock_that_was_put_back_does_not_keep_it_open(scene: EmergencyScene):
    session = opened(scene)
    scene.under(ANOTHER)
    scene.clock.advance(-MINUTE)

    scene.custody.custodian.rights.enforce()
    scene.clock.advance(2 * MINUTE)

    assert asked(scene, session)["emergency_refusals"] == ["session_over"]
    assert kept(scene, session)["ended_at"] == to_timestamp(AT)


def test_each_way_in_which_it_ends_has_its_name_and_the_person_hears_it():
    found: dict[str, tuple[str, Ending | None]] = {}
    for way in ("time", "organisation", "custodian", "log"):
        scene = EmergencyScene()
        if way == "log":
            scene.cut_off()
        session = opened(scene)
        if way == "time":
            scene.clock.advance(HOUR)
        if way == "organisation":
            scene.close(session)
        if way == "custodian":
            scene.under(ANOTHER)
            asked(scene, session)
        if way == "log":
            scene.registry.refuses = RejectedError("the log has been handed over")
            scene.back()
        found[way] = (kept(scene, session)["ending"], notice(scene).ending)

    assert found == {
        "time": ("expired", Ending.EXPIRED),
        "organisation": ("closed", Ending.CLOSED),
        "custodian": ("revoked", Ending.REVOKED),
        "log": ("refused", Ending.REFUSED),
    }


def test_a_reviewed_session_still_says_how_it_ended(scene: EmergencyScene):
    session = opened(scene)
    scene.close(session)
    scene.review(session)

    assert (kept(scene, session)["state"], kept(scene, session)["ending"]) == ("reviewed", "closed")
    assert notice(scene).ending is Ending.CLOSED
    assert BrokenGlassNotice.parse(notice(scene).to_json()) == notice(scene)
