"""Random grants, records and requests over domains so small that conditions often meet.

Claims come from a little tree: `a` and `a.b` with parts, `c`, and a list `l`.
"""

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, Final, NamedTuple

from consent_contracts.access import AccessLevel
from consent_contracts.access_request import Requested
from consent_contracts.context import Context
from consent_contracts.decision import AccessRequest, GrantRecord, GrantState, RequestedItem
from consent_contracts.grant import Effect, Grant, Grantor, Limits, Obligation, ScopeItem
from consent_contracts.purpose import Purpose
from consent_contracts.recipient import Accreditation, Recipient, RecipientKind
from consent_contracts.record_scope import RecordScope
from ssi_core.claim_path import ClaimPath
from ssi_core.did.syntax import Did
from ssi_core.period import Period
from tests.support.consent import (
    AT,
    DIAGNOSIS,
    INSURER,
    LABORATORY,
    RESEARCHER,
    SECOND,
    digest,
    make_grant,
)
from tests.support.draw import some
from tests.support.record_cases import (
    random_record_scope,
    random_requested_record,
    record_within,
)
from tests.support.research_cases import keeping, random_terms, random_use

KEYS: Final = tuple(digest(f"holder key {number}") for number in range(3))
PERSON: Final = Did("web", "hospital.example:physicians:7")
ACCREDITED: Final = Accreditation(RecipientKind.INSURER, Did("web", "ministry.example"))
PURPOSES: Final = (
    Purpose.HPAYMT,
    Purpose.COVERAGE,
    Purpose.ELIGVER,
    Purpose.CLMATTCH,
    Purpose.TREAT,
    Purpose.ETREAT,
)
RESEARCH: Final = (Purpose.HRESCH, Purpose.CLINTRCH, Purpose.DSRCH, Purpose.POARCH)
PATHS: Final[tuple[ClaimPath, ...]] = (
    ("a",),
    ("a", "x"),
    ("a", "b"),
    ("a", "b", "y"),
    ("c",),
    ("l",),
    ("l", None),
    ("l", 0),
    ("l", 1),
)
ROLES: Final = ("nurse", "physician")
_COUNTS: Final = (0, 1, 1, 2, 2, 3, 3, 4, 4)
_PARTIES: Final[tuple[Did | Accreditation, ...]] = (
    *[INSURER] * 4,
    RESEARCHER,
    PERSON,
    ACCREDITED,
)
_GIVING: Final = (AccessLevel.INFORMATION, AccessLevel.SAMPLE, AccessLevel.FULL)
_HOUR: Final = timedelta(hours=1)


class Case(NamedTuple):
    """What a decision is made from, except the moment."""

    request: AccessRequest
    records: list[GrantRecord]
    context: Context


def random_case(random: Random) -> Case:
    """Return a request and up to four records, sometimes two of them about one grant."""
    grants = [random_grant(random, f"z{number}") for number in range(random.choice(_COUNTS))]
    if grants and random.random() < 0.3:
        grants.append(_objection_to(random, random.choice(grants)))
    records = [random_record(random, grant) for grant in grants]
    if grants and random.random() < 0.1:
        records.append(random_record(random, random.choice(grants)))
    request, context = random_request(random), random_context(random)
    if grants and random.random() < 0.85:
        request, context = _aimed_at(random, request, context, grants)
    return Case(request, records, context)


def random_request(random: Random) -> AccessRequest:
    """Return a request of up to two items."""
    purpose = random.choice((*PURPOSES, *RESEARCH))
    return AccessRequest(
        recipient=random.choice((INSURER, INSURER, INSURER, RESEARCHER)),
        purpose=purpose,
        items=tuple(_random_item(random) for _ in range(random.choice((0, *[1] * 15, *[2] * 9)))),
        holder_keys=some(random, KEYS[:2], least=0 if random.random() < 0.03 else 1),
        actor=random.choice((None, None, None, PERSON)),
        research=random_use(random) if random.random() < 0.8 else None,
    )


def random_context(random: Random) -> Context:
    """Return what is known about the one who asks, or that it is not."""
    return Context(
        roles=None if random.random() < 0.15 else some(random, ROLES, least=0),
        accreditations=None if random.random() < 0.15 else some(random, (ACCREDITED,), least=0),
        jurisdiction=random.choice((None, "DE", "DE", "FR")),
        group_size=random.choice((None, None, 4, 5, 10, 12)),
    )


def _aimed_at(
    random: Random, request: AccessRequest, context: Context, grants: list[Grant]
) -> tuple[AccessRequest, Context]:
    """Return a request that asks one of `grants` for who and why, and some of them for what."""
    grant = random.choice([each for each in grants if each.effect is Effect.PERMIT] or grants)
    party, role = grant.recipient.party, grant.recipient.role
    if isinstance(party, Accreditation) and random.random() < 0.9:
        context = replace(context, accreditations=frozenset({party}))
    if role is not None and random.random() < 0.8:
        context = replace(context, roles=frozenset({role}))
    if grant.data_use and random.random() < 0.7:
        request = replace(request, research=keeping(random, grant.data_use))
    aimed = replace(
        request,
        recipient=party if isinstance(party, Did) and party != PERSON else request.recipient,
        actor=party if party == PERSON else request.actor,
        purpose=random.choice(sorted(grant.covered_purposes)),
        holder_keys=some(random, tuple(sorted(grant.holder_keys)), most=1),
        items=tuple(
            _item_of(random, random.choice((grant, grant, random.choice(grants))))
            for _ in request.items
        ),
    )
    return aimed, context


def _item_of(random: Random, grant: Grant) -> Requested:
    every: tuple[ScopeItem | RecordScope, ...] = (*grant.scope, *grant.records)
    item = random.choice(every)
    level = random.choice([level for level in _GIVING if level <= item.access] or _GIVING)
    if not isinstance(item, ScopeItem):
        return replace(
            random_requested_record(random), record=record_within(random, item), access=level
        )
    claims = some(random, tuple(sorted(item.claims, key=repr)), most=2)
    return RequestedItem(vct=item.vct, claims=claims, access=level)


def random_grant(random: Random, grant_id: str, *, effect: Effect | None = None) -> Grant:
    """Return a grant whose period is likely to be about `AT`; if not said, one in seven objects."""
    researches = random.random() < 0.3
    purposes = some(random, RESEARCH if researches else PURPOSES, most=2)
    claims, records = random.choice(((2, 0), (2, 0), (2, 0), (0, 2), (1, 1)))
    members: dict[str, Any] = {
        "id": grant_id,
        "holder_keys": some(random, KEYS, least=2),
        "recipient": Recipient(random.choice(_PARTIES), _random_role(random)),
        "purposes": purposes,
        "except_purposes": _random_exceptions(random, purposes),
        "scope": tuple(random_scope_item(random) for _ in range(claims)),
        "records": tuple(random_record_scope(random) for _ in range(records)),
        "period": _random_period(random),
        "max_staleness": random.choice((30, 60, *[3600] * 4)) * SECOND,
        "limits": _random_limits(random),
        "obligations": some(random, tuple(Obligation), least=0),
    }
    if random.random() < 0.04:
        members["grantor"] = Grantor(keys=frozenset({KEYS[0]}), delegation="zDelegation")
    if random.random() < 0.06 and grant_id != "z1":
        members["supersedes"] = "z1"
    if effect is None:
        effect = Effect.DENY if random.random() < 0.15 else Effect.PERMIT
    if effect is Effect.DENY:
        members |= _turned_into_an_objection(random, members)
    elif researches:
        members["data_use"] = random_terms(random)
    return make_grant(**members)


def _objection_to(random: Random, grant: Grant) -> Grant:
    """Return an objection to much of what `grant` permits."""
    members: dict[str, Any] = {
        "effect": Effect.DENY,
        "recipient": random.choice((grant.recipient, Recipient(None))),
        "records": tuple(random_record_scope(random) for _ in range(random.choice((1, 2, 2)))),
        "scope": tuple(random_scope_item(random) for _ in range(random.choice((1, 2, 2)))),
        "id": "zNearby",
        "data_use": (),
        "supersedes": None,
    }
    members |= _turned_into_an_objection(random, members)
    return replace(grant, **members)


def _turned_into_an_objection(random: Random, members: dict[str, Any]) -> dict[str, Any]:
    turned: dict[str, Any] = {"effect": Effect.DENY}
    if random.random() < 0.5:
        turned["recipient"] = Recipient(None, _random_role(random), _random_others(random))
    levels = {item.access for item in (*members["scope"], *members["records"])}
    if levels == {AccessLevel.NONE}:
        denying = replace(random_record_scope(random), access=AccessLevel.INFORMATION)
        turned["records"] = (*members["records"], denying)
    return turned


def _random_others(random: Random) -> frozenset[Recipient]:
    if random.random() < 0.6:
        return frozenset()
    return frozenset({Recipient(random.choice(_PARTIES), _random_role(random))})


def _random_role(random: Random) -> str | None:
    return random.choice((None, None, None, None, *ROLES))


def _random_exceptions(random: Random, purposes: frozenset[Purpose]) -> frozenset[Purpose]:
    if random.random() < 0.85:
        return frozenset()
    every = PURPOSES + RESEARCH
    return frozenset({random.choice(every)}) - {above for each in purposes for above in _up(each)}


def _up(purpose: Purpose) -> list[Purpose]:
    return [each for each in Purpose if purpose in each.covered]


def _random_period(random: Random) -> Period:
    start = AT - random.choice((0, *[1] * 9, 24 * 40, 24 * 40, -1)) * _HOUR
    return Period(start, max(start + SECOND, AT + random.choice((0, *[1] * 5, *[2] * 5)) * _HOUR))


def random_record(random: Random, grant: Grant) -> GrantRecord:
    """Return a record of `grant`, most often one that says it is active and is fresh."""
    if random.random() < 0.05:
        return GrantRecord.unknown(grant)
    uses = random.choice((0, 0, 0, 0, 1, 2))
    return GrantRecord(
        grant=grant,
        state=GrantState.ACTIVE if random.random() < 0.85 else random.choice(tuple(GrantState)),
        known_at=AT - random.choice((*[0] * 14, 59, 60, 61, 3601, -3, -3600)) * SECOND,
        uses=uses,
        last_used_at=AT - random.choice((0, 29, 30, 31)) * SECOND if uses else None,
    )


def _random_item(random: Random) -> Requested:
    if random.random() < 0.3:
        return random_requested_record(random)
    return RequestedItem(
        vct=random.choice((DIAGNOSIS, DIAGNOSIS, DIAGNOSIS, LABORATORY)),
        claims=some(random, PATHS, most=2),
        access=random.choice(_GIVING),
    )


def random_scope_item(random: Random) -> ScopeItem:
    """Return a few claims, at a level that is mostly high."""
    return ScopeItem(
        vct=random.choice((DIAGNOSIS, DIAGNOSIS, DIAGNOSIS, LABORATORY)),
        claims=some(random, PATHS, most=4),
        access=random.choice((*_GIVING, AccessLevel.FULL, AccessLevel.FULL, AccessLevel.NONE)),
    )


def _random_limits(random: Random) -> Limits:
    return Limits(
        onward_sharing=random.random() < 0.5,
        uses=random.choice((None, None, None, None, 1, 2, 3)),
        interval=random.choice((None, None, 30 * SECOND)),
        erase_by=random.choice((None, None, AT, AT + _HOUR, AT + 2 * _HOUR)),
        jurisdictions=random.choice((None, None, frozenset({"DE"}), frozenset({"DE", "FR"}))),
        minimum_group_size=random.choice((None, None, 5, 10)),
    )
