"""A small evaluator of ODRL policies under our profile, written from docs/reference/odrl.md."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from consent_contracts.health_record import HealthRecord
from ssi_core.period import Period

_LADDER = "ULMNRV"
_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality|"
_CODES = "http://terminology.hl7.org/CodeSystem/v3-ActReason#"


@dataclass(frozen=True, kw_only=True)
class Situation:
    """Who does what, when and where; everything is known, except of a record."""

    recipient: str
    purpose: str
    level: str
    at: datetime
    country: str
    group_size: int
    roles: frozenset[str]
    accreditations: frozenset[tuple[str, str]]


def permits(policy: Any, asset: tuple[str, Any] | HealthRecord, situation: Situation) -> bool:
    """Say whether a permission allows the use of a claim (type, path) or a record."""
    allowed = any(
        _applies(policy, rule, situation) and _is_target(rule["target"], asset, unknown=False)
        for rule in policy.get("permission", [])
        if _action(rule) == "use"
    )
    return allowed and not prohibits(policy, asset, situation)


def prohibits(policy: Any, asset: tuple[str, Any] | HealthRecord, situation: Situation) -> bool:
    """Say whether a prohibition forbids the use."""
    return any(
        _applies(policy, rule, situation) and _is_target(rule["target"], asset, unknown=True)
        for rule in policy.get("prohibition", [])
        if _action(rule) == "use"
    )


def _action(rule: Any) -> str:
    action = rule["action"]
    name: str = action if isinstance(action, str) else action[0]["rdf:value"]["@id"]
    return name.removeprefix("odrl:")


def _applies(policy: Any, rule: Any, situation: Situation) -> bool:
    refined = [] if isinstance(rule["action"], str) else rule["action"][0]["refinement"]
    levels = all(situation.level in each["rightOperand"] for each in refined)
    constraints = all(_holds(each, situation) for each in rule.get("constraint", []))
    return levels and constraints and _is_assignee(policy.get("assignee"), situation)


def _is_assignee(assignee: Any, situation: Situation) -> bool:
    if assignee is None:
        return True
    if assignee["type"] == "Party":
        return bool(assignee["uid"] == situation.recipient)
    named = {each["leftOperand"]: each["rightOperand"] for each in assignee["refinement"]}
    kind, role = named.get("consent:accreditedAs"), named.get("consent:role")
    if role is not None and role not in situation.roles:
        return False
    if kind is not None:
        return (kind, assignee["source"]) in situation.accreditations
    return assignee["source"] in ("consent:anyone", situation.recipient)


def _holds(constraint: Any, situation: Situation) -> bool:
    value = constraint["rightOperand"]
    match constraint["leftOperand"], constraint["operator"]:
        case "purpose", "isAnyOf":
            return {"@id": _CODES + situation.purpose} in value
        case "dateTime", "gteq":
            return situation.at >= datetime.fromisoformat(value["@value"])
        case "dateTime", "lt":
            return situation.at < datetime.fromisoformat(value["@value"])
        case "spatial", "isAnyOf":
            return {"@id": f"https://w3id.org/dpv/loc#{situation.country}"} in value
        case "consent:groupSize", "gteq":
            return situation.group_size >= int(value["@value"])
        case ("count", "lteq") | ("timeInterval", "eq"):
            return True  # Nothing was used before.
        case _:
            raise AssertionError(constraint)


def _is_target(target: Any, asset: tuple[str, Any] | HealthRecord, *, unknown: bool) -> bool:
    source = target.get("source", target.get("uid"))
    if (source == "consent:records") != isinstance(asset, HealthRecord):
        return False
    meets = _record_meets if isinstance(asset, HealthRecord) else _claim_meets
    found = [meets(each, asset) for each in target.get("refinement", [])]
    return all(unknown if each is None else each for each in found)


def _claim_meets(refinement: Any, asset: Any) -> bool | None:
    (vct, path), value = asset, refinement["rightOperand"]
    match refinement["leftOperand"]:
        case "consent:credentialType":
            return bool(vct == value)
        case "consent:claim":
            return any(_leads_to(json.loads(text), path) for text in value)
        case "consent:touchedClaim":
            return any(_meet(json.loads(text), path) for text in value)
        case _:
            raise AssertionError(refinement)


def _leads_to(pattern: list[Any], path: tuple[Any, ...]) -> bool:
    return len(pattern) <= len(path) and all(
        step == part or (step is None and isinstance(part, int))
        for step, part in zip(pattern, path, strict=False)
    )


def _meet(pattern: list[Any], path: tuple[Any, ...]) -> bool:
    return all(
        one == other or (None in (one, other) and str not in (type(one), type(other)))
        for one, other in zip(pattern, path, strict=False)
    )


def _record_meets(refinement: Any, record: Any) -> bool | None:
    value = refinement["rightOperand"]
    members: dict[str, Callable[[], Any]] = {
        "consent:resourceType": lambda: {record.resource_type},
        "consent:instance": lambda: {record.id},
        "consent:category": lambda: record.categories,
        "consent:code": lambda: record.codes,
        "consent:author": lambda: record.authors,
        "consent:careContext": lambda: record.care_contexts,
    }
    operand = refinement["leftOperand"]
    if operand in members:
        found = members[operand]()
        return None if found is None else bool(found & set(value))
    if operand in ("consent:labelUpTo", "consent:labelFrom"):
        return _label(record.labels, set(value), upwards=operand == "consent:labelFrom")
    if record.period is None:
        return None
    start, end = (_end(text) for text in value.split("/"))
    if operand == "consent:dataPeriod":
        return Period(start, end).covers(record.period)
    before = record.period.end and start and record.period.end <= start
    after = record.period.start and end and record.period.start >= end
    return not (before or after)


def _label(owned: frozenset[str] | None, wanted: set[str], *, upwards: bool) -> bool | None:
    if owned is None:
        return None
    steps = {_SYSTEM + code: place for place, code in enumerate(_LADDER)}
    if (owned & wanted) - steps.keys():
        return True
    bounds = [steps[label] for label in wanted if label in steps]
    if not bounds:
        return False
    own = [label for label in owned if label.startswith(_SYSTEM)]
    if not own or any(label not in steps for label in own):
        return None
    height = max(steps[label] for label in own)
    return height >= min(bounds) if upwards else height <= max(bounds)


def _end(text: str) -> datetime | None:
    return None if text == ".." else datetime.fromisoformat(text).astimezone(UTC)
