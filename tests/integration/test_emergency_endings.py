"""After the glass was broken, with real processes: what was closed and reviewed stays so."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest

from consent_contracts.purpose import Purpose
from ssi_core import strict_json
from ssi_core.keys import P256Signer
from tests.support import planted
from tests.support.consent import HOLDER_KEY, make_access_request
from tests.support.emergency_processes import DOCTOR, REVIEWER, Processes, processes

GROUNDS: Final = "She was awake and had said Bergkristallnein."
AT_ONCE: Final = 6


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Processes]:
    with processes(tmp_path) as started:
        yield started


def decided(scene: Processes, session: str) -> dict[str, Any]:
    request = make_access_request(
        recipient=scene.hospital.did, purpose=Purpose.ETREAT, actor=DOCTOR
    ).to_json()
    answer = scene.custodian.post("/consent/decide", {"request": request, "emergency": session})
    body: dict[str, Any] = answer.json()
    return body


def again(scene: Processes) -> None:
    scene.custodian.kill()
    scene.custodian.start()


def test_what_was_closed_and_reviewed_stays_so_over_power_cuts(scene: Processes):
    session = scene.ask("one").json()["emergency"]["session"]
    before = decided(scene, session)
    closed = scene.close(session)
    again(scene)
    after = decided(scene, session)
    waiting = scene.custodian.get("/consent/emergencies/unreviewed").json()
    reviewed = scene.review(session, GROUNDS)
    again(scene)

    kept = scene.kept(session)

    assert (closed.status_code, reviewed.status_code) == (200, 200), reviewed.text
    assert before["decision"] == "permit"
    assert after["emergency_refusals"] == ["session_over"]
    assert [each["session"] for each in waiting["emergencies"]] == [session]
    assert kept == reviewed.json()
    assert (kept["state"], kept["review"]["grounds"]) == ("reviewed", GROUNDS)
    assert scene.custodian.get("/consent/emergencies/unreviewed").json()["waiting"] == 0
    assert scene.told() == [session]


def test_cut_off_from_the_log_a_session_is_closed_all_the_same(scene: Processes):
    scene.ask("before")
    scene.way.cut()
    session = scene.ask("away").json()["emergency"]["session"]

    closed = scene.close(session)

    assert (closed.status_code, closed.json()["state"]) == (200, "ended"), closed.text
    assert decided(scene, session)["emergency_refusals"] == ["session_over"]


def test_of_many_who_end_it_at_once_one_does(scene: Processes):
    session = scene.ask("one").json()["emergency"]["session"]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        closed = list(pool.map(lambda _: scene.close(session), range(AT_ONCE)))
        reviewed = list(pool.map(lambda _: scene.review(session, GROUNDS), range(AT_ONCE)))

    for answers in (closed, reviewed):
        assert sorted(each.status_code for each in answers) == [200] + [409] * (AT_ONCE - 1)


def test_a_policy_that_names_the_organisation_no_more_ends_what_it_opened_at_the_start(
    scene: Processes, tmp_path: Path
):
    session = scene.ask("one").json()["emergency"]["session"]
    before = decided(scene, session)
    path = tmp_path / "emergencies.json"
    policy = strict_json.parse_object(path.read_bytes())
    path.write_text(strict_json.render({**policy, "organisations": ["did:web:other.example"]}))

    again(scene)
    ended = scene.kept(session)
    path.write_text(strict_json.render(policy))
    again(scene)

    assert before["decision"] == "permit"
    assert (ended["state"], ended["ending"]) == ("ended", "revoked")
    assert scene.kept(session) == ended
    assert decided(scene, session)["emergency_refusals"] == ["session_over"]
    assert scene.review(session, GROUNDS).status_code == 200


def test_with_a_roster_only_the_keys_on_it_open_and_review(tmp_path: Path):
    doctor, privacy = P256Signer.generate(), P256Signer.generate()
    known: dict[str, Any] = {"methods": ["sc", "pin"]}
    roster: list[dict[str, Any]] = [
        {"actor": str(DOCTOR), "key": doctor.public_key.jwk, "roles": ["physician"], **known},
        {"actor": str(REVIEWER), "key": privacy.public_key.jwk, "reviews": True, **known},
    ]

    with processes(tmp_path, roster=roster) as scene:
        word = scene.ask("by word")
        forged = scene.ask_with(privacy, "by another")
        opened = scene.ask_with(doctor, "by the doctor")
        session = opened.json()["emergency"]["session"]
        scene.close(session)
        unsigned = scene.review(session, GROUNDS)
        reviewed = scene.review(session, GROUNDS, by=privacy)
        told = scene.told()

    assert word.json()["refusals"] == ["no_second_factor"]
    assert forged.json()["type"] == "urn:consentry:problem:proof_rejected"
    assert opened.status_code == 201, opened.text
    assert unsigned.json()["type"] == "urn:consentry:problem:proof_rejected"
    assert (reviewed.status_code, reviewed.json()["state"]) == (200, "reviewed")
    assert told == [session]


def test_nothing_about_an_ending_is_in_a_file_or_log_of_custodian_or_registry(
    scene: Processes, tmp_path: Path
):
    session = scene.ask("one").json()["emergency"]["session"]
    scene.close(session)
    scene.review(session, GROUNDS)
    scene.review(session, GROUNDS)
    scene.custodian.stop()
    secret = [str(DOCTOR), str(REVIEWER), "Ysmaragdexo", "Bergkristallnein", HOLDER_KEY]

    for folder in ("custodian", "registry"):
        for path, content in planted.files(tmp_path / folder).items():
            assert planted.betrayed(content, secret) == [], path
    entries = strict_json.render([raw.decode() for raw in scene.registry.entries(0)])
    assert planted.betrayed(entries.encode(), secret) == []
