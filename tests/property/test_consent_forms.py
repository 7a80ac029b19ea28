"""Whatever a grant says, its other forms say it too, or refuse, and never more."""

import json
from dataclasses import replace
from importlib import resources
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from consent_contracts.access import AccessLevel
from consent_contracts.access_request import AccessRequest, RequestedItem, RequestedRecord
from consent_contracts.consent_event import EventParty
from consent_contracts.context import Context
from consent_contracts.decision import Permit, decide
from consent_contracts.grant import Effect, Grant, Limits, Recipient, RecordScope
from consent_contracts.odrl import policy
from consent_contracts.permission_ticket import Afterwards, TicketParty, ticket_claims
from consent_contracts.purpose import Purpose
from consent_contracts.receipt_27560 import Receipt27560
from consent_contracts.receipt_27560_dpv import gives_anything, receipt_contexts
from consent_contracts.scope import ScopeItem
from ssi_core import jcs, strict_json
from ssi_core.did.syntax import Did
from ssi_core.errors import DataLossError
from ssi_core.rdf.json_ld import JsonLd
from tests.support.consent import (
    AT,
    DIAGNOSIS,
    INSURER,
    LABORATORY,
    RESEARCHER,
    digest,
    make_grant,
    make_record,
)
from tests.support.consent_cases import ACCREDITED, KEYS, PATHS, ROLES, random_grant
from tests.support.draw import some
from tests.support.odrl_evaluator import Situation, permits, prohibits
from tests.support.receipts import NOTICE, make_controller, make_receipt
from tests.support.receipts import given as given_event
from tests.support.record_cases import (
    random_health_record,
    random_record_scope,
    record_within,
)

SEEDS = st.integers(0, 2**48).map(Random)
LEVELS = (AccessLevel.INFORMATION, AccessLevel.SAMPLE, AccessLevel.FULL)
SCHEMA = Draft202012Validator(
    json.loads(
        (resources.files("consent_contracts") / "schemas/receipt-27560-v1.schema.json").read_text(
            "utf-8"
        )
    )
)
EVERYTHING = make_grant(
    id="zEverything",
    holder_keys=frozenset(KEYS),
    purposes=frozenset(Purpose),
    scope=tuple(
        ScopeItem(vct=vct, claims=frozenset(PATHS), access=AccessLevel.FULL)
        for vct in (DIAGNOSIS, LABORATORY)
    ),
    records=(RecordScope(access=AccessLevel.FULL),),
)


def _asked(random: Random, grant: Grant, level: AccessLevel) -> tuple[AccessRequest, list[Any]]:
    """Return a request near to what `grant` speaks of, and what it asks for one by one."""
    near: Any = random.choice((*grant.scope, *grant.records))
    assets: list[Any]
    item: Any
    if isinstance(near, RecordScope):
        aimed = random.random() < 0.7
        assets = [record_within(random, near) if aimed else random_health_record(random)]
        item = RequestedRecord(record=assets[0], access=level)
    else:
        paths = random.choice((tuple(sorted(near.claims, key=repr)), PATHS))
        claims = some(random, paths, most=2)
        assets = [(near.vct, path) for path in claims]
        item = RequestedItem(vct=near.vct, claims=claims, access=level)
    party = grant.recipient.party
    request = AccessRequest(
        recipient=party if isinstance(party, Did) else random.choice((INSURER, RESEARCHER)),
        purpose=random.choice([*sorted(grant.covered_purposes)] * 3 + [Purpose.TREAT]),
        items=(item,),
        holder_keys=grant.holder_keys,
    )
    if random.random() < 0.1:
        request = replace(request, recipient=RESEARCHER)
    return request, assets


def _situation(random: Random, request: AccessRequest, level: AccessLevel) -> Situation:
    accredited = random.random() < 0.8
    return Situation(
        recipient=str(request.recipient),
        purpose=request.purpose.value,
        level=str(level),
        at=AT,
        country=random.choice(("DE", "IE", "NL")),
        group_size=random.choice((1, 10, 100, 1000)),
        roles=frozenset(ROLES) if random.random() < 0.6 else some(random, ROLES, least=0),
        accreditations=frozenset({(ACCREDITED.kind.value, str(ACCREDITED.accredited_by))})
        if accredited
        else frozenset(),
    )


def _context(situation: Situation) -> Context:
    return Context(
        roles=situation.roles,
        accreditations=frozenset({ACCREDITED}) if situation.accreditations else frozenset(),
        jurisdiction=situation.country,
        group_size=situation.group_size,
    )


@settings(max_examples=300)
@given(SEEDS)
def test_an_agreement_permits_what_the_grant_permits(random: Random) -> None:
    grant = random_grant(random, "zGrant", effect=Effect.PERMIT)
    grant = replace(grant, data_use=(), grantor=None)
    level = random.choice(LEVELS)
    request, assets = _asked(random, grant, level)
    situation = _situation(random, request, level)

    decision = decide(
        request, [make_record(grant, known_at=AT)], at=AT, context=_context(situation)
    )

    try:
        told = json.loads(jcs.canonicalize(policy(grant)))
    except DataLossError:
        assert grant.limits.jurisdictions == frozenset() or not gives_anything(grant)
        return
    assert all(permits(told, asset, situation) for asset in assets) == isinstance(decision, Permit)


@settings(max_examples=300)
@given(SEEDS)
def test_prohibitions_forbid_what_an_objection_forbids(random: Random) -> None:
    objection = random_grant(random, "zObjection", effect=Effect.DENY)
    objection = replace(objection, limits=Limits(), obligations=frozenset(), grantor=None)
    level = random.choice(LEVELS)
    request, assets = _asked(random, objection, level)
    situation = _situation(random, request, level)
    permission = replace(EVERYTHING, recipient=Recipient(request.recipient))
    records = [make_record(permission, known_at=AT), make_record(objection, known_at=AT)]

    decision = decide(request, records, at=AT, context=_context(situation))

    try:
        told = json.loads(jcs.canonicalize(policy(objection)))
    except DataLossError:
        levels = {each.access for each in objection.scope}
        levels |= {each.access for each in objection.records}
        assert AccessLevel.NONE in levels or objection.recipient.excepted
        return
    forbidden = any(prohibits(told, asset, situation) for asset in assets)
    assert forbidden != isinstance(decision, Permit)


@settings(max_examples=50)
@given(SEEDS)
def test_a_receipt_tells_any_grant_without_loss(random: Random) -> None:
    grant = random_grant(random, "zGrant", effect=Effect.PERMIT)
    grant = replace(grant, notice=NOTICE.notice)
    if not gives_anything(grant):
        grant = replace(grant, records=(RecordScope(access=AccessLevel.FULL),))
    party = EventParty.DATA_SUBJECT if grant.grantor is None else EventParty.REPRESENTATIVE
    recipient = grant.recipient.party
    controller = make_controller(id=recipient if isinstance(recipient, Did) else INSURER)
    start = grant.period.start
    assert start is not None
    receipt = make_receipt(
        grant=grant, events=(given_event(start, party),), controller=controller, created_at=start
    )

    document = strict_json.parse_object(strict_json.render(receipt.to_json()))

    assert Receipt27560.parse(document) == receipt
    assert [error.json_path for error in SCHEMA.iter_errors(document)] == []
    assert JsonLd(receipt_contexts()).to_quads(document)


@settings(max_examples=200)
@given(SEEDS)
def test_a_ticket_releases_what_the_grant_gives_and_no_more(random: Random) -> None:
    grant = make_grant(
        holder_keys=frozenset(KEYS),
        purposes=frozenset({Purpose.PATRQT}),
        scope=(),
        records=tuple(_nearly_a_ticket(random) for _ in range(random.choice((1, 2)))),
    )
    record = random_health_record(random)
    request = AccessRequest(
        recipient=INSURER,
        purpose=Purpose.PATRQT,
        items=(RequestedRecord(record=record, access=AccessLevel.FULL),),
        holder_keys=grant.holder_keys,
    )
    known = make_record(grant, known_at=AT)

    decision = decide(request, [known], at=AT)

    try:
        claims: Any = ticket_claims(
            known,
            TicketParty(
                issuer="https://issuer.example",
                audience="https://network.example",
                client_key=digest("app"),
                patient={"resourceType": "Patient", "id": "1"},
            ),
            others=[known],
            ticket_id="ticket-1",
            kept_elsewhere=frozenset(Afterwards),
            at=AT,
        )
    except DataLossError:
        assert any(
            each.access is not AccessLevel.FULL
            or replace(each, resource_types=frozenset(), categories=frozenset(), codes=frozenset())
            != RecordScope(access=AccessLevel.FULL)
            or not each.resource_types
            for each in grant.records
        )
        return
    released = any(_releases(each, record) for each in claims["access"]["fhir_resources"])
    assert released == isinstance(decision, Permit)


def _nearly_a_ticket(random: Random) -> RecordScope:
    """Return a scope of records that a ticket can mostly say."""
    scope = random_record_scope(random)
    if random.random() < 0.9:
        scope = RecordScope(
            access=AccessLevel.FULL,
            resource_types=scope.resource_types or frozenset({"Observation"}),
            categories=scope.categories,
            codes=scope.codes,
        )
    return scope


def _releases(entry: Any, record: Any) -> bool:
    def has(name: str, found: frozenset[str] | None) -> bool:
        coding = entry.get(name)
        return coding is None or f"{coding['system']}|{coding['code']}" in (found or ())

    of_type = entry["type"] in ("*", record.resource_type)
    return of_type and has("category", record.categories) and has("code", record.codes)
