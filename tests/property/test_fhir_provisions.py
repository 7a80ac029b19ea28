"""Random trees of provisions, decided by reading them as they stand, against the grants."""

import json
from collections.abc import Sequence
from random import Random
from typing import Any, Final, TypeAlias

from consent_contracts.access import AccessLevel
from consent_contracts.context import Context
from consent_contracts.decision import (
    AccessRequest,
    ConsentIndex,
    GrantRecord,
    GrantState,
    Permit,
    RequestedRecord,
    decide,
)
from consent_contracts.fhir import ReadConsent
from consent_contracts.health_record import HealthRecord
from consent_contracts.purpose import Purpose, covers
from ssi_core.did.syntax import Did
from ssi_core.errors import DataLossError
from tests.support.consent import AT, HOLDER_KEY
from tests.support.fhir_consents import ACTCODE, actors, labels, purposes, read_r4

WHO: Final = {
    "Organization/clinic": Did("web", "clinic.example"),
    "Practitioner/doctor": Did("web", "doctor.example"),
}
LABELS: Final[tuple[str, ...]] = ("PSY", "ETH", "SDV")
PURPOSES: Final[tuple[str, ...]] = ("TREAT", "ETREAT", "BTG", "COC", "HPAYMT")
TREES: Final = 400
Asked: TypeAlias = tuple[str, str, Sequence[str]]


def _tree(random: Random, depth: int = 0) -> dict[str, Any]:
    tree: dict[str, Any] = {"type": random.choice(("permit", "deny"))}
    if depth == 0:
        tree |= {"actor": list(WHO), "purpose": random.sample(PURPOSES, random.randint(1, 3))}
    elif random.random() < 0.4:
        tree["actor"] = random.sample(list(WHO), 1)
    if depth and random.random() < 0.3 and tree["type"] == "deny":
        tree["purpose"] = random.sample(PURPOSES, random.randint(1, 2))
    if random.random() < (0.3 if depth == 0 else 0.6):
        tree["securityLabel"] = random.sample(LABELS, random.randint(1, 2))
    if depth < 3:
        count = random.choice((0, 1, 1, 2, 2, 3)) if depth < 2 else random.choice((0, 0, 1))
        if count:
            tree["provision"] = [_tree(random, depth + 1) for _ in range(count)]
    return tree


def _as_fhir(tree: dict[str, Any]) -> dict[str, Any]:
    written = dict(tree)
    if "actor" in tree:
        written["actor"] = actors(*tree["actor"])
    if "purpose" in tree:
        written["purpose"] = purposes(*tree["purpose"])
    if "securityLabel" in tree:
        written["securityLabel"] = labels(*tree["securityLabel"])
    if "provision" in tree:
        written["provision"] = [_as_fhir(each) for each in tree["provision"]]
    return written


def _verdict(tree: dict[str, Any], outer: dict[str, Any], asked: Asked) -> str | None:
    """Return what the innermost provision says that meets the request, and deny in doubt."""
    who, why, has = asked
    whole = {**outer, **{name: tree[name] for name in tree if name not in ("type", "provision")}}
    inside = {_verdict(each, whole, asked) for each in tree.get("provision", ())}
    for answer in ("deny", "permit"):
        if answer in inside:
            return answer
    meets = (
        who in whole["actor"]
        and any(covers(Purpose(each), Purpose(why)) for each in whole["purpose"])
        and ("securityLabel" not in whole or bool(set(has) & set(whole["securityLabel"])))
    )
    return str(tree["type"]) if meets else None


def _index(read: ReadConsent) -> ConsentIndex:
    return ConsentIndex.of(
        GrantRecord(grant=grant, state=GrantState.ACTIVE, known_at=AT) for grant in read.grants
    )


def _permits(grants: ConsentIndex, who: str, why: str, has: Sequence[str]) -> bool:
    record = HealthRecord(
        resource_type="Observation",
        id="1",
        labels=frozenset(f"{ACTCODE}|{label}" for label in (*has, "HIV")),
    )
    request = AccessRequest(
        recipient=WHO[who],
        purpose=Purpose(why),
        items=(RequestedRecord(record=record, access=AccessLevel.FULL),),
        holder_keys=frozenset({HOLDER_KEY}),
    )
    context = Context(roles=frozenset(), accreditations=frozenset())
    return isinstance(decide(request, grants, at=AT, context=context), Permit)


def _exceptions_with_permissions(tree: dict[str, Any]) -> int:
    """Count the denials inside `tree` that contain permissions."""
    inner: list[dict[str, Any]] = tree.get("provision", [])
    own: int = sum(each["type"] == "deny" and "permit" in json.dumps(each) for each in inner)
    return own + sum(_exceptions_with_permissions(each) for each in inner)


def test_grants_permit_what_the_innermost_provision_permits_and_nothing_else() -> None:
    random = Random(19)  # noqa: S311 - the same trees every time
    read_count = permits = missed = 0
    for _ in range(TREES):
        tree = _tree(random)
        try:
            grants = _index(read_r4(_as_fhir(tree)))
        except DataLossError:
            continue
        read_count += 1
        for _ in range(6):
            who, why = random.choice(list(WHO)), random.choice(PURPOSES)
            has = random.sample(LABELS, random.randint(0, 2))

            permitted = _permits(grants, who, why, has)

            meant = _verdict(tree, {}, (who, why, has)) == "permit"
            permits += permitted
            if permitted is not meant:
                # Where two exceptions contain permissions, neither permits what the other denies.
                assert meant, (tree, who, why, has)
                assert _exceptions_with_permissions(tree) > 1, (tree, who, why, has)
                missed += 1
    assert read_count > TREES * 0.7
    assert permits > TREES * 0.7
    assert missed < permits * 0.01
