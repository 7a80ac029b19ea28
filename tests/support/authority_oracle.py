"""What stands against a grant by representatives: sets and loops, written without the engine.

The rules are those of docs/reference/consent-authority.md. A scope is compared leaf by leaf.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from consent_contracts.basis import Appointment, Mandate
from consent_contracts.delegation import Delegation, DelegationRecord
from consent_contracts.grant import Grant
from consent_contracts.grantor import Grantor
from consent_contracts.purpose import Purpose
from consent_contracts.scope import ScopeItem
from consent_contracts.subject_facts import SubjectFacts
from tests.support.consent_oracle import LEAVES

_BAD = {"suspended", "withdrawn", "expired", "superseded"}


def refusals(
    grant: Grant,
    records: tuple[DelegationRecord, ...],
    facts: SubjectFacts,
    *,
    at: datetime,
    policy: timedelta,
) -> set[str]:
    """Return the codes of what stands against the grant's authority."""
    assert grant.grantor is not None
    found = set()
    dead = facts.died_at is not None and facts.died_at <= at
    if dead:
        found.add("subject_deceased")
    if None in (facts.majority_at, facts.incapacity) or not (
        facts.is_living or facts.died_at is not None
    ):
        found.add("authority_unknown")
    links, end = _way(grant, records)
    if end:
        found.add(end)
    for keys, told, acts, inner in links:
        outer = told[0].delegation
        found.update(_of_log(told, at, policy))
        needed = outer.threshold
        if len([key for key in keys if key in outer.representatives]) < needed:
            found.add("authority_incomplete")
        if any(act not in {each.value for each in outer.acts} for act in acts):
            found.add("beyond_authority")
        found.update(_reach(inner, outer))
        found.update(_of_basis(outer, grant, facts, at))
    return found


def _way(
    grant: Grant, records: tuple[DelegationRecord, ...]
) -> tuple[list[tuple[frozenset[str], list[DelegationRecord], set[str], object]], str | None]:
    links: list[tuple[frozenset[str], list[DelegationRecord], set[str], object]] = []
    step: object = grant.grantor
    inner: Grant | Delegation = grant
    acts = {"give"}
    been: list[str] = []
    while isinstance(step, Grantor):
        wanted = step.delegation
        told = [
            each
            for each in records
            if each.delegation.id == wanted and each.delegation.log == grant.log
        ]
        if wanted in been:
            return links, "circular_authority"
        if len(been) == 8:
            return links, "beyond_authority"
        if not told:
            return links, "authority_unknown"
        been.append(wanted)
        links.append((step.keys, told, acts, inner))
        inner = told[0].delegation
        acts = {act.value for act in inner.acts} | {"delegate"}
        step = inner.basis
    return links, None


def _of_log(told: list[DelegationRecord], at: datetime, policy: timedelta) -> Iterator[str]:
    delegation = told[0].delegation
    moments = [each.known_at for each in told if each.known_at is not None]
    assert delegation.period.start is not None
    assert delegation.period.end is not None
    for each in told:
        if each.state is None:
            yield "authority_unknown"
        elif each.state.value in _BAD:
            yield "authority_ended"
        elif each.state.value == "pending":
            yield "beyond_authority"
    if moments and all(
        at > each + delegation.max_staleness or at > each + policy for each in moments
    ):
        yield "authority_unknown"
    if any(each >= delegation.period.end for each in (at, *moments)):
        yield "authority_ended"
    if at < delegation.period.start:
        yield "beyond_authority"


def _reach(inner: object, outer: Delegation) -> Iterator[str]:
    assert isinstance(inner, Grant | Delegation)
    for key in inner.holder_keys:
        if key not in outer.holder_keys:
            yield "beyond_authority"
    for purpose in Purpose:
        own = any(_is_below(purpose, each) for each in inner.purposes)
        if own and not any(_is_below(purpose, each) for each in outer.purposes):
            yield "beyond_authority"
    if inner.period.start < outer.period.start or inner.period.end > outer.period.end:  # type: ignore[operator]
        yield "beyond_authority"
    if outer.scope is None:
        return
    items = _items(inner)
    if items is None or any(
        _level(items, leaf) > _level(outer.scope.claims, leaf)
        for leaf in set().union(*LEAVES.values())
    ):
        yield "beyond_authority"


def _items(inner: Grant | Delegation) -> tuple[ScopeItem, ...] | None:
    if isinstance(inner, Grant):
        return inner.scope
    return None if inner.scope is None else inner.scope.claims


def _level(items: tuple[ScopeItem, ...], leaf: str) -> int:
    return max(
        (item.access.rank for item in items for path in item.claims if leaf in LEAVES[path]),
        default=0,
    )


def _is_below(asked: Purpose, granted: Purpose) -> bool:
    while asked is not granted:
        if asked.parent is None:
            return False
        asked = asked.parent
    return True


def _of_basis(outer: Delegation, grant: Grant, facts: SubjectFacts, at: datetime) -> Iterator[str]:
    basis, began = outer.basis, outer.period.start
    spans = facts.incapacity
    assert began is not None
    assert grant.period.start is not None
    match basis:
        case Appointment(cause="minority") if facts.majority_at and facts.majority_at <= at:
            yield "frozen_at_majority"
        case Appointment(cause="incapacity") if spans is not None:
            if not any(at in span and grant.period.start in span for span in spans):
                yield "authority_ended"
        case Mandate(enduring=enduring):
            if facts.majority_at and began < facts.majority_at:
                yield "beyond_authority"
            if any(began in span for span in spans or ()):
                yield "beyond_authority"
            moments = [began, at, *(span.start for span in spans or () if span.start)]
            since = [each for each in moments if began <= each <= at]
            if not enduring and any(each in span for each in since for span in spans or ()):
                yield "authority_ended"
        case _:
            pass
