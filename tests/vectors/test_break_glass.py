import json
from importlib.resources import files
from typing import Any

import pytest

from consent_contracts.access_request import AccessRequest
from consent_contracts.break_glass import AskedEmergency, Emergency, close
from consent_contracts.break_glass_decision import decide_in_emergency
from consent_contracts.break_glass_log import (
    EmergencySecret,
    Entered,
    LoggedEmergency,
    QueuedEmergency,
)
from consent_contracts.break_glass_opening import EmergencyRefusal, open_glass
from consent_contracts.break_glass_rule import EmergencyReason, EmergencyRule, SecondFactor
from consent_contracts.context import NOTHING_KNOWN, Context
from consent_contracts.record import GrantRecord
from ssi_core.encoding import base64url_decode
from ssi_core.errors import ConsentError, ConsentUndeterminedError
from ssi_core.json_types import JsonObject
from ssi_core.period import from_timestamp

FORMAT = "consentry-break-glass-vectors/1"
BODY = json.loads((files("consent_contracts") / "vectors" / "break-glass.json").read_text("utf-8"))
VECTORS = {vector["name"]: vector for vector in BODY["vectors"]}


def _decide(vector: dict[str, Any]) -> JsonObject:
    records = [GrantRecord.parse(record) for record in vector["grants"]]
    context = Context.parse(vector["context"]) if "context" in vector else NOTHING_KNOWN
    at = from_timestamp(vector["at"])
    try:
        session = _opened(vector, records, context)
    except ConsentError as refused:
        return {"refused": list(refused.refusals)}
    except ConsentUndeterminedError as unknown:
        return {"undetermined": list(unknown.refusals)}
    request = AccessRequest.parse(vector.get("request", vector["asked"]["request"]))
    return decide_in_emergency(request, records, session, at=at, context=context).to_json()


def _opened(vector: dict[str, Any], records: list[GrantRecord], context: Context) -> Emergency:
    asked = AskedEmergency(
        request=AccessRequest.parse(vector["asked"]["request"]),
        reason=EmergencyReason.parse(vector["asked"]["reason"]),
        asked_at=from_timestamp(vector["asked"]["asked_at"]),
        role=vector["asked"].get("role"),
    )
    rule, factor = vector["rule"], vector["second_factor"]
    session = open_glass(
        asked,
        rule=None if rule is None else EmergencyRule.parse(rule),
        second_factor=None if factor is None else SecondFactor.parse(factor),
        logged=_logged(vector["logged"]),
        secret=EmergencySecret(base64url_decode(vector["secret"])),
        records=records,
        context=context,
        earlier=vector.get("earlier", ()),
        at=from_timestamp(vector["opened_at"]),
    )
    if "closed_at" not in vector:
        return session
    return close(session, at=from_timestamp(vector["closed_at"]))


def _logged(source: dict[str, Any] | None) -> Entered | None:
    if source is None:
        return None
    moments = {name: from_timestamp(source[name]) for name in source if name.endswith("_at")}
    members: dict[str, Any] = source | moments
    return QueuedEmergency(**members) if "queued_at" in source else LoggedEmergency(**members)


@pytest.mark.parametrize("name", VECTORS)
def test_a_published_vector_is_decided_as_it_says(name: str) -> None:
    vector = VECTORS[name]

    decision = _decide(vector)

    assert decision == vector["expected"]


def test_no_two_vectors_have_one_name_or_one_question() -> None:
    vectors = BODY["vectors"]
    questions = [
        json.dumps([value for member, value in each.items() if member not in ("name", "expected")])
        for each in vectors
    ]

    assert BODY["format"] == FORMAT
    assert len(VECTORS) == len(vectors) >= 50
    assert len(set(questions)) == len(questions)


@pytest.mark.parametrize("refusal", EmergencyRefusal)
def test_every_reason_to_leave_the_glass_whole_stands_in_a_vector(
    refusal: EmergencyRefusal,
) -> None:
    expected = [each["expected"] for each in VECTORS.values()]

    named = [
        reason
        for each in expected
        for member in ("refused", "undetermined", "emergency_refusals")
        for reason in each.get(member, ())
    ]

    assert refusal.value in named


@pytest.mark.parametrize("name", VECTORS)
def test_what_a_vector_holds_is_written_as_it_was_read(name: str) -> None:
    rule, factor = VECTORS[name]["rule"], VECTORS[name]["second_factor"]

    if rule is not None:
        assert EmergencyRule.parse(rule).to_json() == rule
    if factor is not None:
        assert SecondFactor.parse(factor).to_json() == factor
