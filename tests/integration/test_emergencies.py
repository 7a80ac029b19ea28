"""Break-glass with real processes: a hospital, a custodian, and a registry that can be cut off."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest

from consent_contracts.purpose import Purpose
from registry.client.proving import described_policy
from registry.model.evidence import verify_emergency
from ssi_core import strict_json
from ssi_core.adapters.clock import SystemClock
from tests.support import planted
from tests.support.consent import HOLDER_KEY, make_access_request
from tests.support.custodian_server import WITH_LOG, CustodianServer
from tests.support.emergency_processes import DOCTOR, Processes, processes
from tests.support.stalling_proxy import Stall, StallingProxy
from tests.support.waiting import eventually


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Processes]:
    with processes(tmp_path) as started:
        yield started


def test_it_opens_with_an_entry_that_anybody_can_prove_and_survives_a_power_cut(scene: Processes):
    opened = scene.ask("one")
    session = opened.json()["emergency"]["session"]
    scene.custodian.kill()
    scene.custodian.start()

    question = make_access_request(
        recipient=scene.hospital.did, purpose=Purpose.ETREAT, actor=DOCTOR
    ).to_json()
    later = scene.custodian.post("/consent/decide", {"request": question, "emergency": session})
    audit = scene.custodian.get("/consent/decisions").json()["decisions"]

    assert opened.status_code == 201, opened.text
    assert opened.json()["decision"]["decision"] == "permit"
    assert later.json()["decision"] == "permit"
    assert [each["emergency"] for each in audit] == [session, session]
    policy = described_policy(scene.registry.log(), max_checkpoint_age=timedelta(minutes=5))
    evidence = scene.registry.emergency(session)
    shown = verify_emergency(evidence, emergency_id=session, policy=policy, at=SystemClock().now())
    assert shown.index == opened.json()["emergency"]["entry"]["index"]
    assert scene.told() == [session]


def test_what_is_refused_is_not_in_the_log_and_a_request_is_used_once_over_restarts(
    scene: Processes,
):
    text = scene.signed("one")
    body = {"request": text}
    role = scene.ask("two", role="porter")
    elsewhere = scene.ask("three", audience="https://other.example")
    first = httpx.post(f"{scene.custodian.url}/emergencies", json=body, timeout=30)
    scene.custodian.kill()
    scene.custodian.start()

    again = httpx.post(f"{scene.custodian.url}/emergencies", json=body, timeout=30)

    assert role.json()["refusals"] == ["role_not_accepted"]
    assert elsewhere.json()["type"] == "urn:consentry:problem:audience_rejected"
    assert first.status_code == 201
    assert again.json()["type"] == "urn:consentry:problem:replay_rejected"
    assert scene.told() == [first.json()["emergency"]["session"]]


def test_cut_off_it_opens_flagged_and_the_log_gets_each_entry_once_and_in_order(scene: Processes):
    before = scene.ask("before").json()["emergency"]["session"]
    scene.way.cut()
    opened = [scene.ask(f"away-{number}") for number in range(2)]
    scene.custodian.kill()
    scene.custodian.start()
    opened.append(scene.ask("after the power cut"))
    sessions = [each.json()["emergency"]["session"] for each in opened]
    meanwhile, cut_off = scene.told(), scene.custodian.get("/healthz").json()

    scene.way.mend()
    for session in sessions:
        eventually(partial(scene.require_logged, session))

    assert meanwhile == [before]
    assert (cut_off["registry"], cut_off["not_sent"]) == ("offline", len(sessions))
    assert datetime.fromisoformat(cut_off["since"]).tzinfo is not None
    assert eventually(partial(online, scene))["not_sent"] == 0
    for answer in opened:
        assert answer.status_code == 201, answer.text
        assert answer.json()["decision"]["decision"] == "permit"
        assert answer.json()["emergency"]["flagged"] is True
        assert answer.json()["emergency"]["entry"]["state"] == "queued"
    assert scene.told() == [before, *sessions]
    assert all(scene.kept(each)["flagged"] for each in sessions)


def online(scene: Processes) -> dict[str, Any]:
    health: dict[str, Any] = scene.custodian.get("/healthz").json()
    assert health["registry"] == "online"
    return health


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_custodian_killed_on_its_way_to_the_log_has_opened_nothing(
    scene: Processes, tmp_path: Path, when: Literal["before", "after"]
):
    policy = str(tmp_path / "emergencies.json")
    with ExitStack() as stack:
        line = stack.enter_context(StallingProxy())
        line.target = scene.registry.base_url
        settings = {"REGISTRY_URL": line.url, "EMERGENCY_POLICY": policy}
        killed = stack.enter_context(
            CustodianServer(tmp_path / "new", program=WITH_LOG, **settings)
        )
        beside = stack.enter_context(ThreadPoolExecutor(1))
        line.hold(Stall("POST", "/entries/batch", when))
        text = scene.signed("one", audience=killed.url)
        asking = beside.submit(
            httpx.post, f"{killed.url}/emergencies", json={"request": text}, timeout=30
        )
        assert line.reached.wait(20)
        killed.kill()
        line.release()
        killed.start()
        (left,) = killed.get("/consent/emergencies").json()["emergencies"]
        question = make_access_request(
            recipient=scene.hospital.did, purpose=Purpose.ETREAT, actor=DOCTOR
        ).to_json()
        asked_under = {"request": question, "emergency": left["session"]}
        decided = killed.post("/consent/decide", asked_under).json()
        eventually(partial(_require_told, scene, [left["session"]]))

    assert isinstance(asking.exception(), httpx.HTTPError)
    assert left["state"] == "asked"
    assert decided["emergency_refusals"] == ["session_not_open_yet"]


def _require_told(scene: Processes, sessions: list[str]) -> None:
    # What was on its way arrives, once: the log says too much rather than too little.
    assert scene.told() == sessions


def test_a_custodian_that_never_met_the_log_opens_nothing_without_it(
    scene: Processes, tmp_path: Path
):
    policy = str(tmp_path / "emergencies.json")
    scene.way.cut()
    with CustodianServer(
        tmp_path / "new", program=WITH_LOG, REGISTRY_URL=scene.way.url, EMERGENCY_POLICY=policy
    ) as new:
        answer = httpx.post(
            f"{new.url}/emergencies",
            json={"request": scene.signed("one", audience=new.url)},
            timeout=30,
        )
        decided = new.post("/consent/decide", {"request": make_access_request().to_json()})

    assert answer.status_code == 503
    assert decided.json()["decision"] == "deny"
    assert scene.told() == []


def test_nothing_about_an_emergency_is_in_a_file_of_custodian_or_registry(
    scene: Processes, tmp_path: Path
):
    scene.ask("one")
    scene.way.cut()
    scene.ask("two")
    scene.ask("three", role="porter")
    scene.custodian.stop()
    # The hospital's DID is public at the registry; that it looked, and at whom, is not.
    secret = [str(DOCTOR), "Quintolindezxa", HOLDER_KEY, "OVRER", "ETREAT", "physician"]

    for folder in ("custodian", "registry"):
        for path, content in planted.files(tmp_path / folder).items():
            assert planted.betrayed(content, secret) == [], path
    entries = strict_json.render([raw.decode() for raw in scene.registry.entries(0)])
    assert planted.betrayed(entries.encode(), secret) == []
