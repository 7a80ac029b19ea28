"""After the glass was broken: it is closed at once, looked at by another, and the person hears."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, final

import pytest
from httpx import Response

from consent_contracts.adapters.memory import MemoryStore
from consent_contracts.break_glass import Finding
from consent_contracts.break_glass_ending import Review, verify_review
from consent_contracts.break_glass_notice import BrokenGlassNotice, Notices
from consent_contracts.break_glass_request import EmergencyPolicy
from consent_contracts.kept import Document, Kind
from consent_contracts.purpose import Purpose
from consent_contracts.service.endings import Endings
from consent_contracts.service.organisations import OrganisationKeys
from consent_contracts.service.sessions import Sessions
from consent_contracts.service.vault import Vault
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError, RejectedError
from ssi_core.period import to_timestamp
from tests.support.consent import AT, HOLDER_KEY, make_access_request
from tests.support.custodian import URL, Custody
from tests.support.emergencies import (
    DOCTOR,
    HOSPITAL,
    KEY_ID,
    POLICY,
    REVIEWER,
    RULE,
    SIGNER,
    EmergencyScene,
    make_closing,
    make_review,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
CLINIC = Did("web", "clinic.example")
TREATED = make_access_request(recipient=HOSPITAL, purpose=Purpose.ETREAT, actor=DOCTOR)


@pytest.fixture
def scene() -> EmergencyScene:
    return EmergencyScene()


def opened(scene: EmergencyScene, name: str = "one") -> str:
    session: str = scene.ask(id=name).json()["emergency"]["session"]
    return session


def closed(scene: EmergencyScene, name: str = "one") -> str:
    session = opened(scene, name)
    assert scene.close(session).status_code == 200
    return session


def decided(scene: EmergencyScene, session: str) -> dict[str, Any]:
    question = {"request": TREATED.to_json(), "emergency": session}
    body: dict[str, Any] = scene.custody.post("/consent/decide", question).json()
    return body


def kept(scene: EmergencyScene, session: str) -> dict[str, Any]:
    body: dict[str, Any] = scene.custody.get(f"/consent/emergencies/{session}").json()
    return body


def notice(scene: EmergencyScene) -> BrokenGlassNotice:
    (found,) = Notices.parse(scene.told().json()).told
    return found


def code(answer: Response) -> str:
    return str(answer.json()["type"].rpartition(":")[2])


def test_a_session_that_was_closed_releases_nothing_more(scene: EmergencyScene):
    session = opened(scene)
    scene.clock.advance(5 * MINUTE)
    before = decided(scene, session)

    answer = scene.close(session)

    assert before["decision"] == "permit"
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["overdue"]) == ("ended", False)
    assert answer.json()["ended_at"] == to_timestamp(AT + 5 * MINUTE)
    assert decided(scene, session)["emergency_refusals"] == ["session_over"]
    assert kept(scene, session) == answer.json()


def test_closing_and_review_leave_the_log_as_it_was(scene: EmergencyScene):
    session = opened(scene)
    entries = scene.registry.entries()

    scene.close(session)
    scene.review(session)

    assert kept(scene, session)["state"] == "reviewed"
    assert scene.registry.entries() == entries


def test_what_is_over_is_not_closed_again(scene: EmergencyScene):
    twice = closed(scene, "twice")
    late = opened(scene, "late")
    scene.clock.advance(HOUR)

    for session in (twice, late):
        answer = scene.close(session)
        assert (answer.status_code, code(answer)) == (409, "conflict")
    assert kept(scene, twice)["ended_at"] == to_timestamp(AT)
    assert kept(scene, late)["ended_at"] == to_timestamp(AT + HOUR)


def test_what_only_was_asked_for_is_neither_closed_nor_reviewed(scene: EmergencyScene):
    scene.registry.is_down = True
    scene.ask()
    (asked,) = scene.custody.get("/consent/emergencies").json()["emergencies"]

    for answer in (scene.close(asked["session"]), scene.review(asked["session"])):
        assert (answer.status_code, code(answer)) == (409, "conflict")
    assert scene.custody.get("/consent/emergencies/unreviewed").json()["waiting"] == 0


def test_somebody_else_says_whether_it_was_right_and_why(scene: EmergencyScene):
    session = closed(scene)
    scene.clock.advance(DAY)

    answer = scene.review(session, finding=Finding.NOT_JUSTIFIED, grounds="She was awake.")

    body = answer.json()
    assert answer.status_code == 200
    assert body["state"] == "reviewed"
    assert {name: body["review"][name] for name in ("reviewer", "finding", "grounds")} == {
        "reviewer": str(REVIEWER),
        "finding": "not_justified",
        "grounds": "She was awake.",
    }
    assert body["review"]["reviewed_at"] == to_timestamp(AT + DAY)
    assert kept(scene, session) == body
    text, key = body["review"]["text"], SIGNER.public_key
    signed = Review.unverified(text)
    assert verify_review(text, key=key, audience=URL, at=signed.issued_at) == signed


def test_who_broke_the_glass_does_not_review_it(scene: EmergencyScene):
    session = closed(scene)

    answer = scene.review(session, reviewer=DOCTOR)

    assert (answer.status_code, code(answer)) == (403, "consent_denied")
    assert answer.json()["refusals"] == ["own_session"]
    assert kept(scene, session)["state"] == "ended"


def test_it_is_reviewed_when_it_has_ended_and_once(scene: EmergencyScene):
    session = opened(scene)
    early = scene.review(session)
    scene.clock.advance(HOUR)
    first = scene.review(session)

    again = scene.review(session, finding=Finding.NOT_JUSTIFIED)

    assert [each.status_code for each in (early, first, again)] == [409, 200, 409]
    assert kept(scene, session)["review"]["finding"] == "justified"


def test_a_session_whose_entry_was_refused_is_reviewed_too(scene: EmergencyScene):
    scene.cut_off()
    session = opened(scene)
    scene.registry.refuses = RejectedError("the log has been handed over")
    scene.back()

    answer = scene.review(session, finding=Finding.NOT_JUSTIFIED)

    assert answer.json()["state"] == "reviewed"
    assert answer.json()["entry"]["state"] == "refused"


CHEATS: dict[str, tuple[Callable[[EmergencyScene, str], Response], int, str]] = {
    "closed for another custodian": (
        lambda scene, session: scene.close(session, audience="https://other.example"),
        403,
        "audience_rejected",
    ),
    "closed too late": (
        lambda scene, session: scene.close(session, at=AT - 3 * MINUTE),
        403,
        "expired",
    ),
    "closed by a stranger": (
        lambda scene, session: scene.close(session, key_id=f"{CLINIC}#assertion"),
        403,
        "not_trusted",
    ),
    "closed in another's name": (
        lambda scene, session: scene.close(session, issuer=CLINIC),
        403,
        "proof_rejected",
    ),
    "closed with a review": (
        lambda scene, session: scene.custody.post(
            "/emergencies/closings",
            {
                "closing": make_review(session=session).sign(
                    signer=SIGNER, key_id=f"{HOSPITAL}#assertion"
                )
            },
        ),
        403,
        "proof_rejected",
    ),
    "closed, which nobody opened": (
        lambda scene, _session: scene.close("zUnknown"),
        404,
        "not_found",
    ),
    "reviewed for another custodian": (
        lambda scene, session: scene.review(session, audience="https://other.example"),
        403,
        "audience_rejected",
    ),
    "reviewed from the future": (
        lambda scene, session: scene.review(session, at=AT + 2 * MINUTE),
        403,
        "not_yet_valid",
    ),
    "reviewed, which nobody opened": (
        lambda scene, _session: scene.review("zUnknown"),
        404,
        "not_found",
    ),
    "reviewed by no JWS": (
        lambda scene, _session: scene.custody.post("/emergencies/reviews", {"review": "x"}),
        400,
        "malformed",
    ),
}


@pytest.mark.parametrize("name", CHEATS)
def test_an_ending_that_does_not_hold_changes_nothing(scene: EmergencyScene, name: str):
    cheat, status, expected = CHEATS[name]
    session = opened(scene)
    before = kept(scene, session)

    answer = cheat(scene, session)

    assert (answer.status_code, code(answer)) == (status, expected)
    assert kept(scene, session) == before
    assert decided(scene, session)["decision"] == "permit"


def test_another_organisation_learns_not_even_that_there_is_such_a_session():
    scene = EmergencyScene(
        policy=EmergencyPolicy(rule=RULE, organisations=frozenset({HOSPITAL, CLINIC}))
    )
    session = opened(scene)
    scene.documents.also(CLINIC)
    key_id = f"{CLINIC}#assertion"

    theirs = scene.close(session, key_id=key_id, issuer=CLINIC)
    unknown = scene.close("zUnknown", key_id=key_id, issuer=CLINIC)

    assert theirs.status_code == unknown.status_code == 404
    assert theirs.json() == unknown.json()
    assert decided(scene, session)["decision"] == "permit"


def test_a_custodian_without_a_policy_hears_no_ending(scene: EmergencyScene):
    scene.custody = Custody(resolver=scene.documents, clock=scene.clock)

    for answer in (scene.close("zSession"), scene.review("zSession")):
        assert (answer.status_code, answer.json()["refusals"]) == (503, ["rule_unknown"])


@final
class Meanwhile:
    """A store in which something else is written just before the first thing that is."""

    def __init__(self, store: MemoryStore, first: Callable[[], object]) -> None:
        self._store = store
        self._first = [first]

    def commit(self, documents: Sequence[Document]) -> None:
        while self._first:
            self._first.pop()()
        self._store.commit(documents)

    def find(self, kind: Kind, document_id: str) -> Document | None:
        return self._store.find(kind, document_id)

    def of_keys(self, kind: Kind, keys: Collection[str]) -> tuple[Document, ...]:
        return self._store.of_keys(kind, keys)

    def page(self, kind: Kind, *, after: int, limit: int) -> tuple[Document, ...]:
        return self._store.page(kind, after=after, limit=limit)


def test_what_is_written_meanwhile_does_not_keep_a_session_open(scene: EmergencyScene):
    session = opened(scene)
    resolver, clock = scene.documents, scene.clock
    keys = OrganisationKeys(Vault(MemoryStore(), bytes(32)), resolver, clock, kept_for=HOUR)
    store = Meanwhile(scene.custody.store, scene.told)
    sessions = Sessions(Vault(store, bytes(32)))
    endings = Endings(sessions, keys=keys, policy=POLICY, clock=clock)
    text = make_closing(session=session).sign(signer=SIGNER, key_id=KEY_ID)

    endings.close(text, audience=URL)

    found = kept(scene, session)
    assert (found["state"], found["told_at"]) == ("ended", to_timestamp(AT))


def test_reviews_that_wait_are_listed_by_their_deadline_and_those_overdue_are_marked():
    scene = EmergencyScene()
    first = closed(scene, "first")
    scene.clock.advance(DAY)
    second, done = opened(scene, "second"), closed(scene, "done")
    scene.review(done)
    during = scene.custody.get("/consent/emergencies/unreviewed").json()
    scene.clock.advance(RULE.review_within)

    after = scene.custody.get("/consent/emergencies/unreviewed").json()
    front = scene.custody.get("/consent/emergencies/unreviewed", limit=1).json()

    assert [each["session"] for each in during["emergencies"]] == [first]
    assert (during["waiting"], during["overdue"]) == (1, 0)
    assert [each["session"] for each in after["emergencies"]] == [first, second]
    assert [each["overdue"] for each in after["emergencies"]] == [True, False]
    assert (after["waiting"], after["overdue"]) == (2, 1)
    assert (front["waiting"], [each["session"] for each in front["emergencies"]]) == (2, [first])
    assert kept(scene, first)["overdue"] is True


def test_a_review_that_comes_late_is_kept_all_the_same(scene: EmergencyScene):
    session = closed(scene)
    scene.clock.advance(RULE.review_within + DAY)

    answer = scene.review(session)

    assert answer.status_code == 200
    assert answer.json()["review"]["reviewed_at"] > answer.json()["review_due_at"]
    assert Sessions(Vault(scene.custody.store, bytes(32))).unreviewed() == ()
    assert scene.custody.get("/consent/emergencies/unreviewed").json()["waiting"] == 0


def test_the_list_needs_the_token_and_says_nothing_of_whose_data_it_was(scene: EmergencyScene):
    closed(scene)
    nobody = {"Authorization": ""}

    refused = scene.custody.client.get("/consent/emergencies/unreviewed", headers=nobody)
    listed = scene.custody.get("/consent/emergencies/unreviewed")

    assert refused.status_code == 401
    assert HOLDER_KEY not in listed.text


def test_the_person_hears_that_it_ended_and_what_was_found(scene: EmergencyScene):
    session = opened(scene)
    during = notice(scene)
    scene.clock.advance(5 * MINUTE)
    scene.close(session)
    ended = notice(scene)
    scene.review(session)

    reviewed = notice(scene)

    assert (during.ended_at, during.review) == (None, None)
    assert during.review_due_at == AT + RULE.review_within
    assert (ended.ended_at, ended.review) == (AT + 5 * MINUTE, None)
    assert replace(reviewed, review=None) == ended
    assert reviewed.reviewed is not None
    assert reviewed.reviewed.grounds == "She was brought in unconscious."
    assert BrokenGlassNotice.parse(reviewed.to_json()) == reviewed


@pytest.mark.parametrize(
    "changes",
    [{"session": "zOther"}, {"reviewer": DOCTOR}, {"issuer": CLINIC}],
    ids=["another session", "who opened it", "another organisation"],
)
def test_a_notice_with_a_review_of_something_else_is_none(
    scene: EmergencyScene, changes: dict[str, Any]
):
    session = closed(scene)
    review = make_review(**{"session": session, **changes})
    text = review.sign(signer=SIGNER, key_id=KEY_ID)

    with pytest.raises(MalformedError):
        replace(notice(scene), review=text)


NONSENSE: dict[str, Callable[[], object]] = {
    "for an hour": lambda: make_closing(expires_at=AT + HOUR),
    "without grounds": lambda: make_review(grounds=" "),
    "with a book for grounds": lambda: make_review(grounds="x" * 501),
    "by the organisation itself": lambda: make_review(reviewer=HOSPITAL),
    "with a third finding": lambda: Review.parse({**make_review().to_json(), "finding": "perhaps"}),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_an_ending_that_makes_no_sense_cannot_be_made(name: str):
    with pytest.raises(MalformedError):
        NONSENSE[name]()
