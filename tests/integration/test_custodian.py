"""The custodian as a process: what it promised survives, what it keeps is unreadable, junk ends."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

import httpx
import pytest

from consent_contracts.grant import Grant, Limits, RecordScope
from consent_contracts.lifecycle import GrantState
from consent_contracts.record import GrantRecord
from ssi_core.adapters.problem_details import MEDIA_TYPE
from ssi_core.period import Period
from tests.support import planted
from tests.support.consent import HOLDER_KEY, make_access_request, make_grant
from tests.support.custodian_server import TOKEN, CustodianServer
from tests.support.fuzzer import operations, requests

NOW = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - a real process has a real clock
CODE, AUTHOR = "http://snomed.info/sct|707073731019", "Practitioner/Quintolindezxa"
QUESTION = {"request": make_access_request().to_json()}
_REQUESTS = 25
_SECONDS = 5.0


def _record(**changes: object) -> GrantRecord:
    period = Period(NOW - timedelta(hours=1), NOW + timedelta(days=30))
    grant = make_grant(period=period, **changes)
    return GrantRecord(grant=grant, state=GrantState.ACTIVE, known_at=NOW)


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CustodianServer]:
    """Return a custodian on either database."""
    settings = {}
    if request.param == "postgresql":
        settings["DATABASE"] = request.getfixturevalue("postgres_url")
    with CustodianServer(tmp_path / "custodian", **settings) as started:
        yield started


def test_after_a_power_cut_grants_uses_and_withdrawals_are_what_they_were(server):
    server.post("/consent/grants", _record(limits=Limits(uses=2)).to_json())
    first = server.post("/consent/decide", QUESTION).json()
    server.kill()
    server.start()

    second = server.post("/consent/decide", QUESTION).json()
    third = server.post("/consent/decide", QUESTION).json()
    state = {"state": "withdrawn", "known_at": int(NOW.timestamp())}
    server.post("/consent/grants/zGrant/state", state)
    server.kill()
    server.start()
    last = server.post("/consent/decide", QUESTION).json()
    listed = server.get("/consent/decisions").json()["decisions"]

    told = [first, second, third, last]
    assert [each["decision"] for each in told] == ["permit", "permit", "deny", "deny"]
    assert last["refusals"] == ["withdrawn", "use_limit"]
    assert [each["id"] for each in listed] == [each["id"] for each in told]
    assert server.stop() == 0


def test_of_many_processes_worth_of_askers_no_more_get_a_use_than_there_are(server):
    server.post("/consent/grants", _record(limits=Limits(uses=3)).to_json())

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: server.post("/consent/decide", QUESTION), range(12)))

    permitted = [each for each in answers if each.json().get("decision") == "permit"]
    assert {each.status_code for each in answers} <= {200, 409}
    assert len(permitted) == 3


def _sensitive() -> Grant:
    scope: dict[str, Any] = {"records": {"codes": [CODE], "authors": [AUTHOR]}, "access": "full"}
    return _record(scope=(), records=(RecordScope.parse(scope, at="/scope"),)).grant


def test_nothing_that_a_grant_or_a_question_says_is_in_a_file_log_or_error(tmp_path):
    record = GrantRecord(grant=_sensitive(), state=GrantState.ACTIVE, known_at=NOW)
    wanted = {"resource_type": "Observation", "id": "1", "codes": [CODE], "authors": [AUTHOR]}
    asked = {**make_access_request().to_json(), "items": [{"record": wanted, "access": "full"}]}
    with CustodianServer(tmp_path / "custodian") as server:
        assert server.post("/consent/grants", record.to_json()).status_code == 201
        answer = server.post("/consent/decide", {"request": asked}).json()
        refused = [
            server.post("/consent/grants", {"grant": {CODE: AUTHOR}}),
            server.post("/consent/decide", {"request": {CODE: AUTHOR}}),
            server.post("/access/v1/evaluation", {"subject": {"type": CODE, "id": AUTHOR}}),
            server.post("/withdrawals", {"notice": CODE}),
            server.get(f"/consent/grants/{AUTHOR}"),
        ]
        server.stop()
    secret = [CODE, "707073731019", AUTHOR, "Quintolindezxa", HOLDER_KEY, TOKEN]

    found = planted.files(tmp_path / "custodian")

    assert answer["decision"] == "permit", answer
    assert any(path.suffix == ".db" for path in found)
    for path, content in found.items():
        assert planted.betrayed(content, secret) == [], path
        assert path.stat().st_mode & 0o077 == 0 or path.name == "process.log", path
    for each in refused:
        assert 400 <= each.status_code < 500, each.text
        assert planted.betrayed(each.content, secret[:4]) == [], each.text


def test_no_request_breaks_the_custodian(tmp_path):
    seed = SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - shown when a test fails, to play it again
    chance, statuses = Random(seed), Counter[int]()  # noqa: S311 - replayed by its seed
    with CustodianServer(tmp_path / "custodian") as server:
        server.post("/consent/grants", _record().to_json())
        known = ["zGrant", HOLDER_KEY, str(make_grant().recipient.party), json.dumps(QUESTION)]
        with httpx.Client(base_url=server.url, timeout=30) as client:
            for operation in operations(client.get("/openapi.json").json()):
                count = _REQUESTS if operation.exists else 2
                for sent in requests(
                    operation, token=TOKEN, known=known, chance=chance, count=count
                ):
                    url = client.base_url.copy_with(raw_path=sent.target)
                    answer = client.request(
                        sent.method, url, headers=list(sent.headers), content=sent.body
                    )
                    statuses[answer.status_code] += 1
                    assert answer.status_code < 500, (sent, answer.text)
                    assert answer.elapsed.total_seconds() < _SECONDS, sent
                    if answer.status_code >= 400 and answer.content:
                        assert answer.headers["content-type"] == MEDIA_TYPE, sent
        after = server.post("/consent/decide", QUESTION).json()
        log = server.log.read_text()

    print(dict(statuses))  # noqa: T201 - tells whether the junk got through the door
    assert after["decision"] == "permit"
    assert {200, 400, 401, 404} <= statuses.keys()
    assert '"event":"unexpected"' not in log
