"""Random grants, records and requests over domains so small that conditions often meet.

Claims come from a little tree: `a` and `a.b` with parts, `c`, and a list `l`.
"""

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, Final, TypeVar

from consent_contracts.access import AccessLevel
from consent_contracts.decision import AccessRequest, GrantRecord, GrantState, RequestedItem
from consent_contracts.grant import Grant, Limits, Obligation, ScopeItem
from consent_contracts.purpose import Purpose
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

_T = TypeVar("_T")
KEYS: Final = tuple(digest(f"holder key {number}") for number in range(3))
PURPOSES: Final = (
    Purpose.HPAYMT,
    Purpose.COVERAGE,
    Purpose.ELIGVER,
    Purpose.CLMATTCH,
    Purpose.TREAT,
    Purpose.ETREAT,
)
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
_GIVING: Final = (AccessLevel.INFORMATION, AccessLevel.SAMPLE, AccessLevel.FULL)
_HOUR: Final = timedelta(hours=1)


def random_case(random: Random) -> tuple[AccessRequest, list[GrantRecord]]:
    """Return a request and up to four records, sometimes two of them about one grant."""
    grants = [random_grant(random, f"z{number}") for number in range(random.randrange(5))]
    records = [random_record(random, grant) for grant in grants]
    if grants and random.random() < 0.1:
        records.append(random_record(random, random.choice(grants)))
    request = random_request(random)
    if grants and random.random() < 0.8:
        request = _aimed_at(random, request, grants)
    return request, records


def random_request(random: Random) -> AccessRequest:
    """Return a request of up to two items."""
    return AccessRequest(
        recipient=random.choice((INSURER, INSURER, INSURER, RESEARCHER)),
        purpose=random.choice(PURPOSES),
        items=tuple(_random_item(random) for _ in range(random.choice((0, 1, 1, 1, 1, 2, 2)))),
        holder_keys=_some(random, KEYS[:2], least=0 if random.random() < 0.05 else 1),
    )


def _aimed_at(random: Random, request: AccessRequest, grants: list[Grant]) -> AccessRequest:
    """Return a request that asks one of `grants` for who and why, and some of them for what."""
    grant = random.choice(grants)
    return replace(
        request,
        recipient=_party(grant),
        purpose=random.choice(sorted(random.choice(sorted(grant.purposes)).covered)),
        holder_keys=_some(random, tuple(sorted(grant.holder_keys)), most=1),
        items=tuple(
            _item_of(random, random.choice((grant, random.choice(grants)))) for _ in request.items
        ),
    )


def _party(grant: Grant) -> Did:
    assert isinstance(grant.recipient.party, Did)
    return grant.recipient.party


def _item_of(random: Random, grant: Grant) -> RequestedItem:
    item = random.choice(grant.scope)
    return RequestedItem(
        vct=item.vct,
        claims=_some(random, tuple(sorted(item.claims, key=repr)), most=2),
        access=random.choice([level for level in _GIVING if level <= item.access] or _GIVING),
    )


def random_grant(random: Random, grant_id: str) -> Grant:
    """Return a grant whose period is likely to be about `AT`."""
    start = AT - random.choice((0, 1, 1, 1, 1, 1, -1)) * _HOUR
    return make_grant(
        id=grant_id,
        holder_keys=_some(random, KEYS, least=2),
        recipient=random.choice((INSURER, INSURER, INSURER, RESEARCHER)),
        purposes=_some(random, PURPOSES),
        scope=tuple(_random_scope_item(random) for _ in range(random.randint(1, 3))),
        period=Period(
            start, max(start + SECOND, AT + random.choice((0, 1, 1, 2, 2, 2, 2)) * _HOUR)
        ),
        max_staleness=random.choice((60, 3600)) * SECOND,
        limits=_random_limits(random),
        obligations=_some(random, tuple(Obligation), least=0),
    )


def random_record(random: Random, grant: Grant) -> GrantRecord:
    """Return a record of `grant`, most often one that says it is active and is fresh."""
    if random.random() < 0.05:
        return GrantRecord.unknown(grant)
    uses = random.choice((0, 0, 0, 0, 1, 2))
    return GrantRecord(
        grant=grant,
        state=GrantState.ACTIVE if random.random() < 0.8 else random.choice(tuple(GrantState)),
        known_at=AT - random.choice((0, 0, 0, 0, 0, 59, 60, 61, 3600, 3601, -3, -3600)) * SECOND,
        uses=uses,
        last_used_at=AT - random.choice((0, 29, 30, 31)) * SECOND if uses else None,
    )


def random_narrowing(random: Random, grant: Grant) -> Grant:
    """Return a grant that gives no more than `grant`, and in one or two ways less."""
    for _ in range(random.randint(1, 2)):
        grant = replace(grant, **_narrowing(random, grant))
    return grant


def _narrowing(random: Random, grant: Grant) -> dict[str, Any]:
    below = {each for purpose in grant.purposes for each in purpose.covered}
    narrowings: dict[str, Any] = {
        "holder_keys": _some(random, tuple(sorted(grant.holder_keys))),
        "purposes": _some(random, tuple(sorted(below))),
        "scope": _narrowed_scope(random, grant),
        "period": _narrowed_period(random, grant.period),
        "max_staleness": min(grant.max_staleness, 60 * SECOND),
        "limits": replace(grant.limits, uses=1, onward_sharing=False),
        "obligations": grant.obligations | _some(random, tuple(Obligation)),
    }
    name = random.choice(tuple(narrowings))
    return {name: narrowings[name]}


def _narrowed_period(random: Random, period: Period) -> Period:
    assert period.start is not None
    assert period.end is not None
    later = min(period.start + random.randrange(2) * _HOUR, period.end - SECOND)
    return Period(later, max(later + SECOND, period.end - random.randrange(2) * _HOUR))


def _narrowed_scope(random: Random, grant: Grant) -> tuple[ScopeItem, ...]:
    items = list(grant.scope)
    place = random.randrange(len(items))
    item = items[place]
    match random.randrange(3):
        case 0:
            lower = [level for level in AccessLevel if level <= item.access]
            items[place] = replace(item, access=random.choice(lower))
        case 1 if item.access is not AccessLevel.NONE:
            items[place] = replace(item, claims=_some(random, tuple(sorted(item.claims, key=repr))))
        case _:
            items.append(replace(_random_scope_item(random), access=AccessLevel.NONE))
    return tuple(items)


def _random_item(random: Random) -> RequestedItem:
    return RequestedItem(
        vct=random.choice((DIAGNOSIS, DIAGNOSIS, DIAGNOSIS, LABORATORY)),
        claims=_some(random, PATHS, most=2),
        access=random.choice(_GIVING),
    )


def _random_scope_item(random: Random) -> ScopeItem:
    return ScopeItem(
        vct=random.choice((DIAGNOSIS, DIAGNOSIS, DIAGNOSIS, LABORATORY)),
        claims=_some(random, PATHS, most=4),
        access=random.choice((*_GIVING, AccessLevel.FULL, AccessLevel.FULL, AccessLevel.NONE)),
    )


def _random_limits(random: Random) -> Limits:
    return Limits(
        onward_sharing=random.random() < 0.5,
        uses=random.choice((None, None, 1, 2, 3)),
        interval=random.choice((None, None, 30 * SECOND)),
        erase_by=random.choice((None, AT + _HOUR, AT + 2 * _HOUR)),
        jurisdictions=random.choice((None, frozenset({"DE"}), frozenset({"DE", "FR"}))),
        minimum_group_size=random.choice((None, 5, 10)),
    )


def _some(random: Random, items: tuple[_T, ...], least: int = 1, most: int = 99) -> frozenset[_T]:
    count = random.randint(least, min(most, len(items)))
    return frozenset(random.sample(items, count))
