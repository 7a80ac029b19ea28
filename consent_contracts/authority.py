"""Whether the one who gave a grant might give it, and whether it still stands by that authority.

docs/adr/0020-who-may-act-for-a-person.md has the rules, and why each is as it is.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from consent_contracts.access_request import Requested, RequestedItem
from consent_contracts.basis import Appointment, Basis, Cause, Mandate
from consent_contracts.context import Context
from consent_contracts.delegation import Act, Delegation
from consent_contracts.delegations import Chain, Link
from consent_contracts.extent import Claimed, Extent
from consent_contracts.grant import Grant
from consent_contracts.grantor import Grantor
from consent_contracts.health_record import HealthRecord
from consent_contracts.lifecycle import GrantState
from consent_contracts.record import ANY_AGE
from consent_contracts.record_scope import levels_of_record
from consent_contracts.refusal import Refusal
from consent_contracts.scope import level_of
from consent_contracts.subject_facts import NOTHING_KNOWN, SubjectFacts
from consent_contracts.wire import SECOND
from ssi_core.errors import ConsentError, ConsentUndeterminedError
from ssi_core.period import Period

ADOLESCENT: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode|ADOL"
"""The label of what an adolescent need not share with those who act for a minor."""

_NONE: Final = frozenset[Refusal]()
_UNKNOWN: Final = frozenset({Refusal.AUTHORITY_UNKNOWN})
_ENDED: Final = frozenset({Refusal.AUTHORITY_ENDED})
_INCOMPLETE: Final = frozenset({Refusal.AUTHORITY_INCOMPLETE})
_BEYOND: Final = frozenset({Refusal.BEYOND_AUTHORITY})
_FROZEN: Final = frozenset({Refusal.FROZEN_AT_MAJORITY})
_DECEASED: Final = frozenset({Refusal.SUBJECT_DECEASED})
_OF_STATE: Final[Mapping[GrantState | None, frozenset[Refusal]]] = MappingProxyType(
    {
        None: _UNKNOWN,
        GrantState.PENDING: _BEYOND,
        GrantState.ACTIVE: _NONE,
        GrantState.SUSPENDED: _ENDED,
        GrantState.WITHDRAWN: _ENDED,
        GrantState.EXPIRED: _ENDED,
        GrantState.SUPERSEDED: _ENDED,
    }
)
# What gives somebody more than before takes as many as the delegation says; the rest takes one.
_TOGETHER: Final = frozenset({Act.GIVE, Act.DELEGATE})


def refusals_of_authority(
    grant: Grant, context: Context, *, at: datetime, max_staleness: timedelta = ANY_AGE
) -> frozenset[Refusal]:
    """Return what stands against the authority behind `grant` at this moment; empty if nothing."""
    if grant.grantor is not None:
        return refusals_of_act(
            Act.GIVE,
            by=grant.grantor,
            log=grant.log,
            extent=Extent.of_grant(grant),
            context=context,
            at=at,
            max_staleness=max_staleness,
        )
    facts = context.subject or NOTHING_KNOWN
    own = _BEYOND if facts.incapacity_at(grant.period.start or at) else _NONE
    return own | _DECEASED if facts.has_died(at) else own


def refusals_of_act(
    act: Act,
    *,
    by: Grantor,
    log: str,
    extent: Extent,
    context: Context,
    at: datetime,
    max_staleness: timedelta = ANY_AGE,
) -> frozenset[Refusal]:
    """Return what stands against representatives doing `act` now, as far as `extent` reaches.

    Delegations are looked up in `log`, and up to where the first of them comes from.
    """
    facts = context.subject or NOTHING_KNOWN
    chain = context.delegations.chain(by, log=log)
    found = chain.refusals if facts.is_complete else chain.refusals | _UNKNOWN
    if facts.has_died(at):
        found |= _DECEASED
    inner, acts = extent, frozenset({act})
    for link in chain.links:
        delegation, reach = link.record.delegation, link.reach
        found |= _standing(link, at=at, max_staleness=max_staleness)
        found |= _agreed(link, acts)
        if not (acts <= delegation.acts and inner.is_within(reach)):
            found |= _BEYOND
        inner, acts = reach, delegation.acts | {Act.DELEGATE}
        found |= _of_basis(delegation, since=extent.period.start or at, facts=facts, at=at)
    return found


def refusals_of_sight(
    item: Requested,
    *,
    by: Grantor,
    log: str,
    holder_keys: Collection[str],
    context: Context,
    at: datetime,
    max_staleness: timedelta = ANY_AGE,
) -> frozenset[Refusal]:
    """Return what stands against a representative's own look at `item`; empty if nothing."""
    nothing_given = Extent(
        holder_keys=frozenset(holder_keys),
        purposes=frozenset(),
        scope=Claimed(),
        period=Period(at, at + SECOND),
    )
    found = refusals_of_act(
        Act.SEE,
        by=by,
        log=log,
        extent=nothing_given,
        context=context,
        at=at,
        max_staleness=max_staleness,
    )
    chain = context.delegations.chain(by, log=log)
    for link in chain.links:
        scope = link.record.delegation.scope
        found |= _NONE if scope is None else _shown(scope, item)
    return found if isinstance(item, RequestedItem) else found | _confided(item.record, chain)


def refusals_of_confidence(
    grant: Grant, record: HealthRecord, context: Context
) -> frozenset[Refusal]:
    """Return whether `record` is one that those who gave `grant` for a minor may not give."""
    if grant.grantor is None:
        return _NONE
    return _confided(record, context.delegations.chain(grant.grantor, log=grant.log))


def is_for_a_minor(basis: Basis) -> bool:
    """Say whether this lets somebody act for a person because they are not of age."""
    return isinstance(basis, Appointment) and basis.cause is Cause.MINORITY


def require_authority(refusals: Collection[Refusal]) -> None:
    """Return if there are none; raise with the code of each if there are.

    `ConsentError`, or `ConsentUndeterminedError` if something could not be found out and no more.
    """
    if not refusals:
        return
    codes = tuple(each.value for each in Refusal if each in refusals)
    if all(each.is_not_knowing for each in refusals):
        raise ConsentUndeterminedError("who may do this is not known", refusals=codes)
    raise ConsentError("this is not for them to do", refusals=codes)


def _standing(link: Link, *, at: datetime, max_staleness: timedelta) -> frozenset[Refusal]:
    found, period = _NONE, link.record.delegation.period
    known = [record.known_at for record in link.records if record.known_at is not None]
    for record in link.records:
        found |= _OF_STATE[record.state]
    limit = min(link.record.delegation.max_staleness, max_staleness)
    if known and at - max(known) > limit:
        found |= _UNKNOWN
    # A clock that lags behind its own evidence gains no time by it.
    if period.end is not None and max([at, *known]) >= period.end:
        found |= _ENDED
    return found | _BEYOND if period.start is not None and at < period.start else found


def _agreed(link: Link, acts: frozenset[Act]) -> frozenset[Refusal]:
    delegation = link.record.delegation
    needed = delegation.threshold if acts & _TOGETHER else 1
    return _INCOMPLETE if len(link.agreed & delegation.representatives) < needed else _NONE


def _of_basis(
    delegation: Delegation, *, since: datetime, facts: SubjectFacts, at: datetime
) -> frozenset[Refusal]:
    """Return what the person's own state says against the beginning of a chain."""
    match delegation.basis:
        case Appointment(cause=Cause.MINORITY):
            is_of_age = facts.majority_at is not None and at >= facts.majority_at
            return _FROZEN if is_of_age else _NONE
        case Appointment(cause=Cause.INCAPACITY) if facts.incapacity is not None:
            current = facts.incapacity_at(at)
            # What was given in an earlier incapacity does not come back with the next.
            return _ENDED if current is None or since not in current else _NONE
        case Mandate(enduring=enduring):
            return _of_mandate(delegation.period, facts, enduring=enduring, at=at)
        case _:
            return _NONE


def _of_mandate(
    period: Period, facts: SubjectFacts, *, enduring: bool, at: datetime
) -> frozenset[Refusal]:
    given_at = period.start or at
    was_minor = facts.majority_at is not None and given_at < facts.majority_at
    found = _BEYOND if was_minor or facts.incapacity_at(given_at) else _NONE
    lost = any(
        each.start is not None and each.start <= at and (each.end is None or each.end > given_at)
        for each in facts.incapacity or ()
    )
    return found | _ENDED if lost and not enduring else found


def _shown(scope: Claimed, item: Requested) -> frozenset[Refusal]:
    if isinstance(item, RequestedItem):
        levels = [level_of(scope.claims, item.vct, path) for path in item.claims]
        shown = all(level is not None and level >= item.access for level in levels)
        return _NONE if shown else _BEYOND
    level, possible = levels_of_record(scope.records, item.record)
    if level is not None and level >= item.access:
        return _NONE
    may_be = possible is not None and possible >= item.access
    return frozenset({Refusal.RECORD_UNKNOWN}) if may_be else _BEYOND


def _confided(record: HealthRecord, chain: Chain) -> frozenset[Refusal]:
    if not any(is_for_a_minor(link.record.delegation.basis) for link in chain.links):
        return _NONE
    if record.labels is None:
        return frozenset({Refusal.RECORD_UNKNOWN})
    return _BEYOND if ADOLESCENT in record.labels else _NONE
