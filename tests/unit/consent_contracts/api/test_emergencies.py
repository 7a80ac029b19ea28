"""Break-glass at the custodian: nothing opens without an entry, and nobody looks in secret."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from httpx import Response

from consent_contracts import break_glass_request, signed
from consent_contracts.break_glass_log import COMMITMENTS
from consent_contracts.break_glass_notice import Notices, NoticesWanted, require_true
from consent_contracts.break_glass_rule import EmergencyReason, SecondFactor
from consent_contracts.grant import Effect, Recipient
from consent_contracts.purpose import Purpose
from registry.client.edge.presence import Reach
from registry.model.envelope import Entry
from ssi_core import strict_json
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_encode
from ssi_core.errors import MalformedError, ProofError, RejectedError
from ssi_core.keys import Ed25519Signer, P256Signer
from ssi_core.period import to_timestamp
from tests.support.consent import (
    AT,
    HOLDER,
    HOLDER_KEY,
    INSURER,
    make_access_request,
    make_grant,
    make_record,
)
from tests.support.custodian import URL, Custody
from tests.support.emergencies import (
    DOCTOR,
    HOSPITAL,
    KEY_ID,
    POLICY,
    SIGNER,
    EmergencyScene,
    make_request,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
NOTHING: dict[str, Any] = {"emergencies": []}
OTHER = Did("web", "other.example")
TREATED = make_access_request(recipient=HOSPITAL, purpose=Purpose.ETREAT, actor=DOCTOR)


@pytest.fixture
def scene() -> EmergencyScene:
    return EmergencyScene()


def under(scene: EmergencyScene, session: str, **changes: Any) -> dict[str, Any]:
    """Return what the custodian's own systems are told who ask under a session."""
    request = replace(TREATED, **changes).to_json()
    answer = scene.custody.post("/consent/decide", {"request": request, "emergency": session})
    body: dict[str, Any] = answer.json()
    return body


def only(scene: EmergencyScene) -> dict[str, Any]:
    (found,) = scene.custody.get("/consent/emergencies").json()["emergencies"]
    assert isinstance(found, dict)
    return found


def test_a_signed_request_opens_a_session_that_the_log_has(scene: EmergencyScene):
    answer = scene.ask()

    body = answer.json()
    (entry,) = scene.entries()
    session = body["emergency"]["session"]
    assert answer.status_code == 201
    assert body["decision"]["decision"] == "permit"
    assert body["decision"]["emergency"] == session == Entry.parse(entry).members["id"]
    assert body["decision"]["overrides"] == ["no_grant"]
    assert body["emergency"]["state"] == "open"
    assert body["emergency"]["ends_at"] == to_timestamp(AT + HOUR)
    assert body["emergency"]["flagged"] is False
    assert body["emergency"]["entry"]["state"] == "logged"
    place = body["emergency"]["entry"]["index"]
    assert scene.registry.real.reader.entry(place) == entry


def test_the_audit_record_names_the_entry_and_who_why_and_nothing_of_whom(scene: EmergencyScene):
    session = scene.ask().json()["emergency"]["session"]
    under(scene, session)

    made = scene.custody.get("/consent/decisions").json()["decisions"]

    assert [each["emergency"] for each in made] == [session, session]
    assert {each["actor"] for each in made} == {str(DOCTOR)}
    assert HOLDER_KEY not in strict_json.render(made)
    kept = scene.custody.get(f"/consent/emergencies/{session}").json()
    assert (kept["reason"], kept["role"]) == ("OVRER", "physician")
    assert HOLDER_KEY not in strict_json.render(kept)


def test_within_the_session_its_person_gets_what_is_asked_for_and_nobody_else(
    scene: EmergencyScene,
):
    session = scene.ask().json()["emergency"]["session"]

    same = under(scene, session)
    another = under(scene, session, actor=Did("web", "hospital.example:physicians:8"))
    without = scene.custody.post("/consent/decide", {"request": TREATED.to_json()}).json()
    unknown = scene.custody.post(
        "/consent/decide", {"request": TREATED.to_json(), "emergency": "zUnknown"}
    )
    scene.clock.advance(HOUR)
    later = under(scene, session)

    assert same["decision"] == "permit"
    assert another["emergency_refusals"] == ["other_access"]
    assert without == {**without, "decision": "deny", "refusals": ["no_grant"]}
    assert unknown.status_code == 404
    assert later["emergency_refusals"] == ["session_over"]
    assert only(scene)["state"] == "ended"


def _factor(**changes: Any) -> SecondFactor:
    factor = make_request().second_factor
    assert factor is not None
    return replace(factor, **changes)


REFUSED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "another role": ({"role": "porter"}, ["role_not_accepted"]),
    "no role": ({"role": None}, ["role_not_accepted"]),
    "a reason that the rule does not take": (
        {"reason": EmergencyReason.PUBLIC_SAFETY},
        ["reason_not_accepted"],
    ),
    "no second factor": ({"second_factor": None}, ["no_second_factor"]),
    "one factor twice": (
        {"second_factor": _factor(methods=frozenset({"hwk", "swk"}))},
        ["no_second_factor"],
    ),
    "an old factor": (
        {"second_factor": _factor(verified_at=AT - 6 * MINUTE)},
        ["no_second_factor"],
    ),
    "no person": ({"request": replace(TREATED, actor=None)}, ["no_person", "no_second_factor"]),
    "an everyday purpose": (
        {"request": replace(TREATED, purpose=Purpose.TREAT)},
        ["not_an_emergency_purpose"],
    ),
    "nothing": ({"request": replace(TREATED, items=())}, ["nothing_asked_for"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_rule_does_not_allow_opens_nothing_and_is_not_in_the_log(
    scene: EmergencyScene, name: str
):
    changes, refusals = REFUSED[name]

    answer = scene.ask(**changes)

    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:consentry:problem:consent_denied"
    assert answer.json()["refusals"] == refusals
    assert scene.entries() == []
    assert scene.outbox.waiting() == 0
    assert scene.custody.get("/consent/emergencies").json() == NOTHING


def test_an_objection_that_nobody_may_override_opens_nothing(scene: EmergencyScene):
    objection = make_grant(
        effect=Effect.DENY,
        recipient=Recipient(HOSPITAL),
        purposes=frozenset({Purpose.ETREAT}),
        obligations=frozenset(),
    )
    kept = scene.custody.post("/consent/grants", make_record(objection).to_json())

    answer = scene.ask()

    assert kept.status_code == 201
    assert answer.json()["refusals"] == ["absolute_opt_out"]
    assert scene.entries() == []


def test_a_request_without_a_reason_is_not_a_request(scene: EmergencyScene):
    claims = dict(make_request().to_json())
    del claims["reason"]
    text = signed.sign(claims, typ=break_glass_request.TYPE, signer=SIGNER, key_id=KEY_ID)

    answer = scene.send(text)

    assert (answer.status_code, answer.json()["pointer"]) == (400, "/reason")
    assert scene.entries() == []


CHEATS: dict[str, tuple[Callable[[EmergencyScene], Response], int, str]] = {
    "another key": (
        lambda scene: scene.ask(signer=Ed25519Signer(bytes(32))),
        403,
        "proof_rejected",
    ),
    "another custodian": (
        lambda scene: scene.ask(audience="https://other.example"),
        403,
        "audience_rejected",
    ),
    "too old": (lambda scene: scene.ask(at=AT - 3 * MINUTE), 403, "expired"),
    "from the future": (lambda scene: scene.ask(at=AT + 2 * MINUTE), 403, "not_yet_valid"),
    "an organisation that nobody named": (
        lambda scene: scene.ask(key_id=f"{OTHER}#assertion"),
        403,
        "not_trusted",
    ),
    "a key that the document does not have": (
        lambda scene: scene.ask(key_id=f"{HOSPITAL}#other"),
        403,
        "proof_rejected",
    ),
}


@pytest.mark.parametrize("name", CHEATS)
def test_a_request_that_does_not_hold_opens_nothing(scene: EmergencyScene, name: str):
    cheat, status, code = CHEATS[name]

    answer = cheat(scene)

    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (status, code)
    assert scene.entries() == []


def test_a_strangers_did_is_not_even_resolved(scene: EmergencyScene):
    scene.ask(key_id=f"{OTHER}#assertion")

    assert scene.documents.asked == []


def test_a_request_is_used_once(scene: EmergencyScene):
    first = scene.ask()

    again = scene.ask()

    assert first.status_code == 201
    assert again.status_code == 403
    assert again.json()["type"] == "urn:consentry:problem:replay_rejected"
    assert len(scene.entries()) == 1


def test_a_request_for_longer_than_five_minutes_cannot_be_made():
    with pytest.raises(MalformedError):
        make_request(expires_at=AT + 6 * MINUTE)


def test_an_organisation_cannot_ask_for_another():
    with pytest.raises(ProofError):
        make_request(request=replace(TREATED, recipient=INSURER))


def test_a_custodian_without_a_policy_opens_nothing():
    scene = EmergencyScene(policy=None)

    answer = scene.ask()

    assert answer.status_code == 503
    assert answer.json()["refusals"] == ["rule_unknown"]


def test_a_custodian_without_a_log_opens_nothing(scene: EmergencyScene):
    alone = Custody(policy=POLICY, resolver=scene.documents, clock=scene.clock)
    scene.custody = alone

    answer = scene.ask()

    assert answer.status_code == 503
    assert alone.get("/consent/emergencies").json() == NOTHING


def test_a_log_that_refuses_the_entry_opens_nothing(scene: EmergencyScene):
    scene.registry.refuses = RejectedError("the log has been handed over")

    answer = scene.ask()

    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (403, "rejected")
    assert only(scene)["state"] == "asked"
    assert under(scene, only(scene)["session"])["emergency_refusals"] == ["session_not_open_yet"]


def test_a_log_that_acknowledges_and_proves_nothing_opens_nothing(scene: EmergencyScene):
    scene.registry.hides_grants = True

    answer = scene.ask()

    assert answer.status_code == 404
    assert only(scene)["state"] == "asked"


def test_while_the_log_is_away_the_entry_is_kept_and_the_session_flagged(scene: EmergencyScene):
    scene.cut_off()
    scene.clock.advance(10 * MINUTE)

    body = scene.ask().json()

    assert body["decision"]["decision"] == "permit"
    assert body["emergency"]["flagged"] is True
    assert body["emergency"]["entry"] == {
        "id": body["emergency"]["session"],
        "log": "registry.example/2026",
        "state": "queued",
        "known_at": to_timestamp(AT),
    }
    assert scene.outbox.waiting() == 1
    assert scene.watch.reach is Reach.OFFLINE


def test_when_the_log_is_back_it_gets_the_entries_once_and_in_order(scene: EmergencyScene):
    scene.cut_off()
    sessions = [
        scene.ask(id=f"request-{number}").json()["emergency"]["session"] for number in range(3)
    ]

    scene.back()
    scene.back()

    assert [Entry.parse(raw).members["id"] for raw in scene.entries()] == sessions
    for session in sessions:
        kept = scene.custody.get(f"/consent/emergencies/{session}").json()
        assert (kept["flagged"], kept["entry"]["state"]) == (True, "logged")
        assert scene.registry.real.reader.entry(kept["entry"]["index"]) in scene.entries()


def test_an_entry_whose_receipt_was_lost_is_one_entry(scene: EmergencyScene):
    scene.log.look()
    scene.registry.loses_answers = True
    session = scene.ask().json()["emergency"]["session"]
    scene.registry.loses_answers = False

    scene.back()

    assert [Entry.parse(raw).members["id"] for raw in scene.entries()] == [session]
    assert (only(scene)["flagged"], only(scene)["entry"]["state"]) == (True, "logged")


def test_the_log_may_be_away_for_72_hours_and_no_longer(scene: EmergencyScene):
    scene.cut_off()
    scene.clock.advance(72 * HOUR)
    within = scene.ask(id="within")
    scene.clock.advance(timedelta(seconds=1))

    beyond = scene.ask(id="beyond")

    assert within.status_code == 201
    assert beyond.status_code == 503
    assert beyond.json()["refusals"] == ["log_away_too_long"]


def test_a_log_that_was_never_known_opens_nothing_while_it_is_away(scene: EmergencyScene):
    scene.registry.is_down = True

    answer = scene.ask()

    assert answer.status_code == 503
    assert only(scene)["state"] == "asked"


def test_a_session_whose_entry_the_log_will_not_have_is_over(scene: EmergencyScene):
    scene.cut_off()
    session = scene.ask().json()["emergency"]["session"]
    scene.registry.refuses = RejectedError("the log has been handed over")

    scene.back()

    assert only(scene)["state"] == "ended"
    assert only(scene)["entry"]["state"] == "refused"
    assert under(scene, session)["emergency_refusals"] == ["session_over"]


def test_the_hospitals_key_is_known_when_its_did_does_not_resolve(scene: EmergencyScene):
    scene.custody.custodian.emergencies.look()
    scene.cut_off()
    scene.documents.is_down = True
    scene.clock.advance(71 * HOUR)
    within = scene.ask(id="within")
    forged = scene.ask(id="forged", signer=Ed25519Signer(bytes(32)))
    scene.clock.advance(2 * HOUR)

    beyond = scene.ask(id="beyond")

    assert within.status_code == 201
    assert forged.status_code == 403
    assert beyond.status_code == 503


def test_looking_for_keys_that_are_known_asks_nobody(scene: EmergencyScene):
    scene.custody.custodian.emergencies.look()
    scene.custody.custodian.emergencies.look()

    assert scene.documents.asked == [HOSPITAL]


def test_the_person_is_told_by_disclosures_that_the_log_commits_to(scene: EmergencyScene):
    session = scene.ask().json()["emergency"]["session"]
    assert "told_at" not in only(scene)

    answer = scene.told()

    (notice,) = Notices.parse(answer.json()).told
    (entry,) = scene.entries()
    commitments = strict_json.as_object(Entry.parse(entry).members["c"], at="/c")
    assert require_true(notice, commitments) is notice
    assert (notice.session, notice.recipient, notice.actor) == (session, HOSPITAL, DOCTOR)
    assert notice.reason is EmergencyReason.EMERGENCY_TREATMENT
    assert only(scene)["told_at"] == to_timestamp(AT)
    assert len(notice.disclosures) == len(COMMITMENTS)


def test_another_holder_is_told_of_nothing(scene: EmergencyScene):
    scene.ask()

    answer = scene.told(signer=P256Signer.generate())

    assert answer.json() == {"notices": [], "more": False}
    assert "told_at" not in only(scene)


def test_more_than_an_answer_holds_is_told_in_parts(scene: EmergencyScene):
    others = (base64url_encode(sha256(bytes([number])).digest()) for number in range(255))
    about = replace(TREATED, holder_keys=frozenset({HOLDER_KEY, *others}))
    opened = [scene.ask(id=f"request-{number}", request=about) for number in range(20)]
    sessions = [each.json()["emergency"]["session"] for each in opened]

    first = scene.told()
    part = Notices.parse(first.json())
    rest = Notices.parse(scene.told(after=part.told[-1].session).json())
    strange = scene.told(after="zNobodys")

    assert len(first.content) < 2**19
    assert (part.more, rest.more) == (True, False)
    assert [each.session for each in (*part.told, *rest.told)] == sessions
    assert strange.status_code == 404


def test_nobody_is_told_by_a_signature_that_is_not_theirs_or_not_of_now(scene: EmergencyScene):
    scene.ask()
    theirs = NoticesWanted(audience=URL, issued_at=AT).sign(HOLDER)
    header, payload, _ = theirs.split(".")
    forged = NoticesWanted(audience=URL, issued_at=AT).sign(P256Signer.generate())

    borrowed = scene.custody.post(
        "/emergencies/notices", {"request": ".".join((header, payload, forged.split(".")[2]))}
    )
    elsewhere = scene.told(audience="https://other.example")
    old = scene.told(issued_at=AT - 6 * MINUTE)

    codes = [each.json()["type"].rpartition(":")[2] for each in (borrowed, elsewhere, old)]
    assert codes == ["proof_rejected", "audience_rejected", "evidence_too_old"]
    assert "told_at" not in only(scene)


def test_what_was_only_asked_for_is_told_to_nobody(scene: EmergencyScene):
    scene.registry.is_down = True
    scene.ask()

    assert scene.told().json() == {"notices": [], "more": False}


def test_who_looks_back_needs_the_token(scene: EmergencyScene):
    nobody = {"Authorization": ""}

    assert scene.custody.client.get("/consent/emergencies", headers=nobody).status_code == 401


def test_the_entry_says_nothing_of_who_looked_at_whom(scene: EmergencyScene):
    scene.ask()

    (entry,) = scene.entries()

    for word in (HOLDER_KEY, str(HOSPITAL), str(DOCTOR), "OVRER", "ETREAT", "physician", "code"):
        assert word.encode() not in entry
    assert set(Entry.parse(entry).members) == {
        "v", "t", "log", "id", "ctl", "c", "n", "ts", "proof",
    }  # fmt: skip


def test_two_emergencies_about_one_person_have_nothing_in_common(scene: EmergencyScene):
    scene.ask(id="one")
    scene.ask(id="two")

    one, two = (Entry.parse(raw).members for raw in scene.entries())

    for name in ("id", "ctl", "n", "proof"):
        assert one[name] != two[name]
    first, second = (strict_json.as_object(each["c"], at="/c") for each in (one, two))
    assert not set(map(str, first.values())) & set(map(str, second.values()))
