"""Trust queries (TRQP 2.0): yes, no, never heard of, and could not find out."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient

from registry.adapters.memory import MemoryLogStore, MemoryWitnessMemory
from registry.app import create_app
from registry.model import entry
from registry.model.evidence import LogPolicy, verify_accreditation
from registry.model.log_evidence import LogEvidence
from registry.ports import LogStore
from registry.service.registry import LogKeys, Registry
from registry.service.trust import TrustAnswer, TrustQueries, TrustQuestion
from ssi_core.adapters.clock import FixedClock
from ssi_core.did.syntax import Did
from ssi_core.errors import SsiError, UnavailableError
from ssi_core.period import Period, to_rfc3339
from tests.support.registry import AT, DIAGNOSIS, LAB, ORIGIN, YEAR, organisation, signer

MINISTRY, CHAMBER, CLINIC, INSURER, STRANGER = (
    organisation(name) for name in ("ministry", "chamber", "clinic", "insurer", "stranger")
)
ROOT = MINISTRY.accredits(MINISTRY.did, role="accredit", types=(DIAGNOSIS, LAB))
RIGHT = MINISTRY.accredits(CHAMBER.did, role="accredit", parent=ROOT)
ISSUES = CHAMBER.accredits(CLINIC.did, parent=RIGHT, period=Period(AT, AT + YEAR / 2))
ASKS = MINISTRY.accredits(INSURER.did, role="verify", types=(LAB,), parent=ROOT)
ENTRIES = [MINISTRY.op, CHAMBER.op, CLINIC.op, INSURER.op, ROOT, RIGHT, ISSUES, ASKS]
NOW = AT + timedelta(days=40)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
KEYS = LogKeys(log=signer("log"), witness=signer("witness"), did_witness=signer("did"))

pytestmark = pytest.mark.spec("TRQP 2.0", "Authorization and recognition queries")


def opened(store: LogStore) -> Registry:
    registry = Registry(
        store,
        origin=ORIGIN,
        public_url="http://localhost:8100",
        keys=KEYS,
        memory=MemoryWitnessMemory(),
        clock=FixedClock(NOW),
    )
    if registry.reader.entries(0, limit=1) == []:
        refused = [each for each in registry.submit_all(ENTRIES) if isinstance(each, SsiError)]
        assert refused == []
    return registry


@pytest.fixture(scope="module")
def known() -> Iterator[Registry]:
    """A log that no test adds to."""
    with opened(MemoryLogStore()) as registry:
        yield registry


@pytest.fixture(scope="module")
def client(known: Registry) -> Iterator[TestClient]:
    with TestClient(create_app(known), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def registry() -> Iterator[Registry]:
    """A log of the test's own."""
    with opened(MemoryLogStore()) as registry:
        yield registry


def ask(registry: Registry, *, at: datetime | None = None, **asked: Any) -> TrustAnswer:
    named = query(**asked)
    question = TrustQuestion(
        entity=named["entity_id"],
        authority=named["authority_id"],
        action=named["action"],
        resource=named["resource"],
        at=at,
    )
    return registry.trust.authorized(question)


def query(
    entity: object = CLINIC.did,
    authority: object = MINISTRY.did,
    action: str = "issue",
    resource: str = DIAGNOSIS,
    **more: Any,
) -> dict[str, Any]:
    return {
        "entity_id": str(entity),
        "authority_id": str(authority),
        "action": action,
        "resource": resource,
        **more,
    }


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (query(), True),
        (query(authority=CHAMBER.did), True),
        (query(action="verify"), False),
        (query(resource=LAB), False),
        (query(entity=CHAMBER.did), False),
        (query(entity=CHAMBER.did, action="accredit"), True),
        (query(entity=MINISTRY.did, action="accredit", resource=LAB), True),
        (query(entity=INSURER.did, action="verify", resource=LAB), True),
        (query(entity=INSURER.did, authority=CHAMBER.did, action="verify"), False),
    ],
)
def test_an_entity_is_authorized_by_whoever_stands_above_it(client, asked, expected):
    answer = client.post("/authorization", json=asked)

    body = answer.json()
    assert answer.status_code == 200
    assert body["authorized"] is expected
    assert {name: body[name] for name in asked} == asked
    assert body["time_evaluated"] == to_rfc3339(NOW)
    assert bool(body["entries"]) is expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (query(entity=CHAMBER.did), True),
        (query(entity=CHAMBER.did, action="verify"), True),
        (query(entity=MINISTRY.did), True),
        (query(entity=MINISTRY.did, authority=CHAMBER.did), False),
        (query(entity=CLINIC.did), False),
        (query(entity=CHAMBER.did, resource=LAB), False),
    ],
)
def test_only_who_may_accredit_is_recognized(client, asked, expected):
    answer = client.post("/recognition", json=asked)

    assert answer.status_code == 200
    assert answer.json()["recognized"] is expected


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        (query(entity=STRANGER.did), "/entity_id"),
        (query(entity="https://clinic.example/"), "/entity_id"),
        (query(authority=STRANGER.did), "/authority_id"),
        (query(authority=CLINIC.did), "/authority_id"),
        (query(action="govern"), "/action"),
        (query(resource="urn:example:passport"), "/resource"),
        (query(authority=CHAMBER.did, resource=LAB), "/resource"),
    ],
)
@pytest.mark.parametrize("path", ["/authorization", "/recognition"])
def test_what_the_log_has_never_heard_of_is_not_found_and_is_no_no(client, path, asked, place):
    answer = client.post(path, json=asked)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["pointer"] == place


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (AT - timedelta(seconds=1), False),
        (AT, True),
        (NOW, True),
        (NOW + timedelta(minutes=4), True),
    ],
)
def test_a_moment_in_the_past_is_judged_as_it_was(client, time, expected):
    moment = to_rfc3339(time)

    body = client.post("/authorization", json=query(context={"time": moment})).json()

    assert body["authorized"] is expected
    assert body["time_requested"] == moment
    assert body["context"] == {"time": moment}


def test_what_has_ended_was_in_force_until_the_moment_of_its_end(registry):
    end = AT + timedelta(days=20)
    ending = entry.accredit_revoke(
        log=ORIGIN,
        accreditation_id=entry.entry_id(ISSUES) or "",
        issuer=CHAMBER.did,
        key_id=CHAMBER.key_id,
        signer=CHAMBER.key,
        at=end,
    )

    registry.submit(ending)

    assert not ask(registry).holds
    assert not ask(registry, at=end).holds
    assert ask(registry, at=end - timedelta(seconds=1)).holds


def test_an_end_higher_up_ends_what_stands_on_it(registry):
    registry.submit(MINISTRY.ends(RIGHT))

    assert not ask(registry).holds
    assert ask(registry, entity=INSURER.did, action="verify", resource=LAB).holds


def test_a_deactivated_accreditor_vouches_for_nobody_from_then_on(registry):
    registry.submit(CHAMBER.updates(deactivate=True))

    assert not ask(registry).holds
    assert ask(registry, at=AT).holds


def paused(registry, *, begins: datetime, ends: datetime, nonce: int = 0) -> None:
    """Suspend the right on which the clinic's accreditation stands, and let it count again."""
    pause = MINISTRY.suspends(RIGHT, nonce=nonce, at=begins)
    registry.submit(pause)
    registry.submit(MINISTRY.resumes(pause, at=ends))


def told(client: TestClient, moment: datetime) -> tuple[int, bool | None]:
    """The status of the answer of what was at a moment, and what it says."""
    answer = client.post("/authorization", json=query(context={"time": to_rfc3339(moment)}))
    return answer.status_code, answer.json().get("authorized")


def test_what_was_suspended_at_a_moment_was_not_held_then_though_it_counts_again(registry):
    begins, ends = AT + timedelta(days=3), AT + timedelta(days=5)
    paused(registry, begins=begins, ends=ends)

    assert ask(registry).holds
    assert ask(registry, at=begins - SECOND).holds
    assert not ask(registry, at=begins).holds
    # It was resumed at some moment of that second.
    assert not ask(registry, at=ends).holds
    assert ask(registry, at=ends + SECOND).holds
    assert ask(registry, entity=INSURER.did, action="verify", resource=LAB, at=begins).holds


def test_what_is_now_is_as_the_log_has_it_whatever_the_clocks_of_signers_say(registry):
    pause = MINISTRY.suspends(RIGHT, at=NOW + HOUR)

    registry.submit(pause)
    suspended = ask(registry)
    registry.submit(MINISTRY.resumes(pause, at=NOW + 2 * HOUR))
    resumed = ask(registry)

    assert (suspended.holds, resumed.holds) == (False, True)


def test_an_accreditation_says_the_second_also_where_that_is_a_whole_hour(registry):
    begins = AT.replace(minute=0, second=0) + timedelta(days=3)
    ends = begins + timedelta(hours=5)
    paused(registry, begins=begins, ends=ends)

    assert not ask(registry, at=ends).holds
    assert ask(registry, at=ends + SECOND).holds


def test_what_ended_while_it_was_suspended_was_not_held_from_the_suspension_on(registry):
    begins, ends = AT + timedelta(days=3), AT + timedelta(days=5)
    registry.submit(MINISTRY.suspends(RIGHT, at=begins))
    registry.submit(MINISTRY.ends(RIGHT, at=ends))

    assert ask(registry, at=begins - SECOND).holds
    assert not ask(registry, at=begins).holds
    assert not ask(registry, at=ends + SECOND).holds


def test_of_a_time_before_the_suspensions_that_the_log_remembers_nobody_knows(registry):
    days = [AT + timedelta(days=3 * number) for number in range(1, 10)]
    with TestClient(create_app(registry), raise_server_exceptions=False) as client:
        for number, day in enumerate(days[:7]):
            paused(registry, begins=day, ends=day + HOUR, nonce=number)
        few = [told(client, moment) for moment in (days[0] - HOUR, days[0], days[0] + 2 * HOUR)]
        for number, day in enumerate(days[7:], 7):
            paused(registry, begins=day, ends=day + HOUR, nonce=number)
        moments = (AT - SECOND, days[0] - HOUR, days[0], days[1], days[1] + 2 * HOUR)
        many = [told(client, moment) for moment in moments]

    assert few == [(200, True), (200, False), (200, True)]
    # What was not in force by its own period is a no, whatever was forgotten.
    assert many == [(200, False), (503, None), (503, None), (200, False), (200, True)]


def test_another_accreditation_that_was_held_makes_a_yes_of_what_is_not_known(registry):
    for number in range(8):
        day = AT + timedelta(days=number + 1)
        paused(registry, begins=day, ends=day + HOUR, nonce=number)
    with pytest.raises(UnavailableError):
        ask(registry, at=AT + HOUR)

    registry.submit(MINISTRY.accredits(CLINIC.did, parent=ROOT))

    assert ask(registry, at=AT + HOUR).holds


@pytest.mark.parametrize(
    "broken",
    [
        {"time": to_rfc3339(NOW + timedelta(hours=1))},
        {"time": "2026-11-21T09:30:00+01:00"},
        {"time": "yesterday"},
        {"time": 5},
        {"Planted-Value-Zebra": ["not", "a", "text"]},
    ],
)
def test_a_context_that_cannot_be_meant_is_refused(client, broken):
    answer = client.post("/authorization", json=query(context=broken))

    assert answer.status_code == 400
    assert answer.json()["pointer"].startswith("/context")
    assert "Zebra" not in answer.text


@pytest.mark.parametrize("name", ["entity_id", "authority_id", "action", "resource"])
@pytest.mark.parametrize("value", [None, "", 5, "a b", "é", "%zz", "x" * 3_000])
def test_an_identifier_keeps_to_rfc_3986(client, name, value):
    answer = client.post("/authorization", json={**query(), name: value})

    assert answer.status_code == 400
    assert answer.json()["pointer"].endswith(f"/{name}")


def test_what_is_not_understood_in_a_query_is_ignored(client):
    asked = query(context={"locator": "shelf 3", "mood": "good"}, future_member=[1])

    answer = client.post("/authorization", json=asked)

    assert answer.status_code == 200
    assert answer.json()["context"] == {"locator": "shelf 3", "mood": "good"}
    assert "time_requested" not in answer.json()


def test_the_request_id_comes_back_if_it_is_one(client):
    for given, expected in (("d4f34c12-9b7a", "d4f34c12-9b7a"), ("a b<script>", None)):
        answer = client.post("/recognition", json=query(), headers={"X-Request-ID": given})

        assert answer.headers.get("x-request-id") == expected


def test_an_answer_says_where_its_evidence_is_and_that_convinces(known, client):
    body = client.post("/authorization", json=query(authority=CHAMBER.did)).json()
    shown = client.get(f"/{body['evidence']}")
    asked = parse_qs(urlsplit(body["evidence"]).query)

    accreditation = verify_accreditation(
        LogEvidence.from_json(json.loads(shown.content)),
        subject=CLINIC.did,
        role="issue",
        type=DIAGNOSIS,
        roots={Did.parse(asked["root"][0])},
        policy=LogPolicy(
            origin=ORIGIN,
            log_vkey=str(known.log_key),
            witness_vkeys=(str(known.witness_key),),
            max_checkpoint_age=timedelta(minutes=5),
        ),
        at=NOW,
    )

    chain = [json.loads(client.get(f"/entries/{index}").content) for index in body["entries"]]
    assert [each["id"] for each in chain] == list(accreditation.chain)


def test_any_store_of_the_log_answers_without_its_keys():
    store = MemoryLogStore()
    with opened(store) as registry:
        expected = ask(registry, authority=CHAMBER.did)
    replica = TrustQueries(store, clock=FixedClock(NOW))

    answer = replica.authorized(
        TrustQuestion(
            entity=str(CLINIC.did), authority=str(CHAMBER.did), action="issue", resource=DIAGNOSIS
        )
    )

    assert answer == expected
    assert answer.holds


def test_strangers_who_crowd_an_entity_do_not_turn_a_yes_into_a_no(registry):
    crowd = STRANGER.accredits(STRANGER.did, role="accredit")
    registry.submit_all([STRANGER.op, crowd])
    registry.submit_all([STRANGER.accredits(CLINIC.did, parent=crowd) for _ in range(300)])

    assert ask(registry).holds
    assert ask(registry, authority=CHAMBER.did).holds


def test_more_than_can_be_looked_through_is_not_known(registry):
    many = [MINISTRY.accredits(INSURER.did, types=(LAB,), parent=ROOT) for _ in range(300)]
    registry.submit_all(many)

    with pytest.raises(UnavailableError):
        ask(registry, entity=INSURER.did)
