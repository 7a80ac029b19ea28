from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from consent_contracts.break_glass import (
    AskedEmergency,
    Emergency,
    EndedEmergency,
    Ending,
    Finding,
    OpenedEmergency,
    close,
    review,
    review_queue,
    settle,
)
from consent_contracts.break_glass_decision import decide_in_emergency
from consent_contracts.break_glass_log import (
    EmergencySecret,
    LoggedEmergency,
    disclosures,
    log_body,
)
from consent_contracts.break_glass_opening import open_glass
from consent_contracts.break_glass_rule import EmergencyReason, EmergencyRule, SecondFactor
from consent_contracts.context import NOTHING_KNOWN
from consent_contracts.decision import Deny, Permit
from consent_contracts.explanation import explain
from consent_contracts.purpose import Purpose
from ssi_core import strict_json
from ssi_core.did.syntax import Did
from ssi_core.errors import ConflictError, ConsentError, MalformedError
from tests.support.consent import AT, HOLDER_KEY, INSURER, LOG, SECOND, make_access_request

DOCTOR = Did("web", "hospital.example:physicians:7")
REVIEWER = Did("web", "hospital.example:privacy")
MINUTE = timedelta(minutes=1)
REQUEST = make_access_request(purpose=Purpose.BTG, actor=DOCTOR)
SECRET = EmergencySecret(bytes(range(32)))
ASKED = AskedEmergency(
    request=REQUEST, reason=EmergencyReason.EMERGENCY_TREATMENT, asked_at=AT - MINUTE
)
RULE = EmergencyRule(
    jurisdiction="DE",
    absolute_opt_out=False,
    reasons=frozenset(EmergencyReason),
    notice_within=timedelta(days=3),
    review_within=timedelta(days=30),
)


def _opened(
    entry_id: str = "zGlass", *, at: Any = AT, rule: EmergencyRule = RULE
) -> OpenedEmergency:
    asked = replace(ASKED, asked_at=at - MINUTE)
    return open_glass(
        asked,
        rule=rule,
        second_factor=SecondFactor(
            actor=DOCTOR, methods=frozenset({"hwk", "fpt"}), verified_at=at - MINUTE
        ),
        logged=LoggedEmergency(
            log=LOG,
            id=entry_id,
            entry=3,
            tree_size=4,
            body=log_body(REQUEST, asked.reason, SECRET, at=asked.asked_at),
            seen_at=at,
        ),
        secret=SECRET,
        records=[],
        context=NOTHING_KNOWN,
        at=at,
    )


OPENED = _opened()


def test_it_is_asked_opened_ended_and_reviewed() -> None:
    ended = settle(OPENED, at=AT + 60 * MINUTE)
    reviewed = review(ended, reviewer=REVIEWER, finding=Finding.NOT_JUSTIFIED, at=AT + 61 * MINUTE)

    assert ended == EndedEmergency(OPENED, AT + 60 * MINUTE, Ending.EXPIRED)
    assert (reviewed.reviewer, reviewed.finding) == (REVIEWER, Finding.NOT_JUSTIFIED)


def test_time_alone_ends_it() -> None:
    assert settle(OPENED, at=AT + 60 * MINUTE - SECOND) is OPENED
    assert isinstance(settle(OPENED, at=AT + 60 * MINUTE), EndedEmergency)


def test_no_rule_lets_it_last_longer_than_an_hour() -> None:
    with pytest.raises(MalformedError):
        replace(RULE, longest=timedelta(minutes=60, seconds=1))


def test_a_rule_names_the_reasons_that_it_accepts() -> None:
    with pytest.raises(MalformedError):
        replace(RULE, reasons=frozenset())


def test_the_person_is_told_by_a_certain_time() -> None:
    notice = OPENED.notice

    assert notice.due_at == AT + timedelta(days=3)
    assert (notice.session, notice.actor, notice.holder_keys) == (
        "zGlass",
        DOCTOR,
        frozenset({HOLDER_KEY}),
    )


def test_those_that_wait_longest_are_reviewed_first() -> None:
    strict = replace(RULE, review_within=timedelta(days=1))
    late, early = _opened("zLate", at=AT), _opened("zEarly", at=AT - timedelta(days=1))
    urgent = _opened("zUrgent", at=AT, rule=strict)
    done = review(
        close(_opened("zDone"), at=AT), reviewer=REVIEWER, finding=Finding.JUSTIFIED, at=AT
    )

    queue = review_queue([late, done, urgent, early, ASKED], at=AT + timedelta(hours=2))

    assert [each.session.id for each in queue] == ["zUrgent", "zEarly", "zLate"]


def test_an_open_session_does_not_wait_for_review() -> None:
    assert review_queue([OPENED], at=AT) == ()


@pytest.mark.parametrize("reviewer", [DOCTOR, INSURER], ids=["who opened", "its organisation"])
def test_nobody_reviews_themselves(reviewer: Did) -> None:
    with pytest.raises(ConsentError):
        review(close(OPENED, at=AT), reviewer=reviewer, finding=Finding.JUSTIFIED, at=AT)


def test_there_are_no_other_ways_through_it() -> None:
    ended = close(OPENED, at=AT + MINUTE)
    reviewed = review(ended, reviewer=REVIEWER, finding=Finding.JUSTIFIED, at=AT + MINUTE)

    not_open: list[Emergency] = [ASKED, ended, reviewed]
    not_ended: list[Emergency] = [ASKED, OPENED, reviewed]

    for state in not_open:
        with pytest.raises(ConflictError):
            close(state, at=AT + MINUTE)
    for state in not_ended:
        with pytest.raises(ConflictError):
            review(state, reviewer=REVIEWER, finding=Finding.JUSTIFIED, at=AT + MINUTE)
    with pytest.raises(ConflictError):
        review(ended, reviewer=REVIEWER, finding=Finding.JUSTIFIED, at=AT)
    with pytest.raises(ConflictError):
        close(OPENED, at=AT - SECOND)


def test_what_is_only_asked_permits_nothing() -> None:
    decision = decide_in_emergency(REQUEST, [], ASKED, at=AT)

    assert isinstance(decision, Deny)
    assert decision.emergency == ("session_not_open_yet",)


def test_the_permit_names_its_session_and_tells_the_person() -> None:
    decision = decide_in_emergency(REQUEST, [], OPENED, at=AT)

    assert isinstance(decision, Permit)
    assert decision.emergency == "zGlass"
    assert decision.grants == ()
    assert not decision.limits.onward_sharing
    assert any("emergency" in each for each in explain(REQUEST, decision, asker="Hospital"))


def test_the_log_learns_nothing_of_whom_it_was_about() -> None:
    body = log_body(REQUEST, ASKED.reason, SECRET, at=AT)
    text = strict_json.render(body)

    assert set(body) == {"t", "c", "ts"}
    for secret in (HOLDER_KEY, str(DOCTOR), str(INSURER), "BTG", "OVRER", "code"):
        assert secret not in text
    assert int(str(body["ts"])) % 3600 == 0


def test_the_entry_commits_to_what_the_person_is_shown() -> None:
    body = log_body(REQUEST, ASKED.reason, SECRET, at=AT)
    shown = {each.name: each for each in disclosures(REQUEST, ASKED.reason, SECRET)}

    assert set(dict(body["c"]).values()) == {each.digest() for each in shown.values()}  # type: ignore[arg-type]
    assert shown["reason"].value == "OVRER"


def test_other_secrets_give_other_commitments() -> None:
    other = EmergencySecret.generate()

    one = log_body(REQUEST, ASKED.reason, SECRET, at=AT)["c"]
    two = log_body(REQUEST, ASKED.reason, other, at=AT)["c"]

    assert isinstance(one, dict)
    assert isinstance(two, dict)
    assert not set(one.values()) & set(two.values())
    assert "raw" not in repr(other)


NONSENSE: dict[str, Callable[[], object]] = {
    "a short secret": lambda: EmergencySecret(b"short"),
    "a factor that does not count": lambda: SecondFactor(
        actor=DOCTOR, methods=frozenset({"sms"}), verified_at=AT
    ),
    "a factor without time zone": lambda: SecondFactor(
        actor=DOCTOR, methods=frozenset({"pin"}), verified_at=AT.replace(tzinfo=None)
    ),
    "an entry outside its tree": lambda: LoggedEmergency(
        log=LOG, id="z", entry=4, tree_size=4, body={}, seen_at=AT
    ),
    "an entry without time zone": lambda: LoggedEmergency(
        log=LOG, id="z", entry=3, tree_size=4, body={}, seen_at=AT.replace(tzinfo=None)
    ),
    "curiosity": lambda: EmergencyReason.parse("CURIOUS"),
    "an empty rule": lambda: EmergencyRule.parse({}),
    "a rule with more": lambda: EmergencyRule.parse({**RULE.to_json(), "unless": 1}),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_what_makes_no_sense_is_refused(name: str) -> None:
    with pytest.raises(MalformedError):
        NONSENSE[name]()
