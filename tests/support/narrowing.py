"""Random ways to make a grant give less."""

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, Final

from consent_contracts.access import AccessLevel
from consent_contracts.duo import DataUse, TermKind
from consent_contracts.grant import Grant, Obligation, ScopeItem
from consent_contracts.purpose import Purpose
from consent_contracts.record_scope import RecordScope
from ssi_core.period import Period
from tests.support.consent import AT, SECOND
from tests.support.consent_cases import RESEARCH, ROLES, random_scope_item
from tests.support.draw import some
from tests.support.record_cases import narrower_record_scope, random_record_scope
from tests.support.research_cases import random_term, random_terms

_HOUR: Final = timedelta(hours=1)
_MODIFIERS: Final = [
    each for each in DataUse if each.kind is TermKind.MODIFIER and each is not DataUse.CC
]


def random_narrowing(random: Random, grant: Grant) -> Grant:
    """Return a grant that gives no more than `grant`, and in one or two ways less."""
    for _ in range(random.randint(1, 2)):
        grant = replace(grant, **_narrowing(random, grant))
    return grant


def _narrowing(random: Random, grant: Grant) -> dict[str, Any]:
    limits, role = grant.limits, random.choice(ROLES)
    narrowings: dict[str, Any] = {
        "holder_keys": some(random, tuple(sorted(grant.holder_keys))),
        "recipient": replace(grant.recipient, role=grant.recipient.role or role),
        "purposes": _narrowed_purposes(random, grant),
        "except_purposes": _more_exceptions(random, grant),
        "scope": _narrowed_scope(random, grant.scope) if grant.scope else (),
        "records": _narrowed_records(random, grant.records) if grant.records else (),
        "period": _narrowed_period(random, grant.period),
        "max_staleness": min(grant.max_staleness, 60 * SECOND),
        "limits": random.choice(
            (
                replace(limits, uses=1, onward_sharing=False),
                replace(limits, interval=(limits.interval or SECOND) * 2),
                replace(limits, erase_by=min(limits.erase_by or AT + _HOUR, AT + _HOUR)),
                replace(limits, jurisdictions=frozenset({"DE"})),
                replace(limits, minimum_group_size=10),
            )
        ),
        "obligations": grant.obligations | some(random, tuple(Obligation)),
        "data_use": _more_terms(random, grant),
    }
    name = random.choice(tuple(narrowings))
    return {name: narrowings[name]}


def _narrowed_purposes(random: Random, grant: Grant) -> frozenset[Purpose]:
    return some(random, tuple(sorted(grant.covered_purposes)))


def _more_exceptions(random: Random, grant: Grant) -> frozenset[Purpose]:
    more = grant.except_purposes | {random.choice(sorted(grant.covered_purposes))}
    covered = {each for purpose in more for each in purpose.covered}
    return more if grant.covered_purposes - covered else grant.except_purposes


def _more_terms(random: Random, grant: Grant) -> Any:
    if not grant.purposes <= {below for each in RESEARCH for below in each.covered}:
        return ()
    if not grant.data_use:
        return tuple(each for each in random_terms(random) if each.term is not DataUse.CC)
    named = {each.term for each in grant.data_use}
    new = random.choice(_MODIFIERS)
    return grant.data_use if new in named else (*grant.data_use, random_term(random, new))


def _narrowed_period(random: Random, period: Period) -> Period:
    assert period.start is not None
    assert period.end is not None
    later = min(period.start + random.randrange(2) * _HOUR, period.end - SECOND)
    return Period(later, max(later + SECOND, period.end - random.randrange(2) * _HOUR))


def _narrowed_scope(random: Random, scope: tuple[ScopeItem, ...]) -> tuple[ScopeItem, ...]:
    items = list(scope)
    place = random.randrange(len(items))
    item = items[place]
    match random.randrange(3):
        case 0:
            lower = [level for level in AccessLevel if level <= item.access]
            items[place] = replace(item, access=random.choice(lower))
        case 1 if item.access is not AccessLevel.NONE:
            items[place] = replace(item, claims=some(random, tuple(sorted(item.claims, key=repr))))
        case _:
            items.append(replace(random_scope_item(random), access=AccessLevel.NONE))
    return tuple(items)


def _narrowed_records(random: Random, scope: tuple[RecordScope, ...]) -> tuple[RecordScope, ...]:
    items = list(scope)
    place = random.randrange(len(items))
    if items[place].access is AccessLevel.NONE or random.random() < 0.4:
        items.append(replace(random_record_scope(random), access=AccessLevel.NONE))
    else:
        items[place] = narrower_record_scope(random, items[place])
    return tuple(items)
