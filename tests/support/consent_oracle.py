"""What a decision must be, by loops over leaves, grants and items: written without the engine.

The rules are those of docs/reference/consent-vectors.md; nothing here is fast or clever.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from consent_contracts.access import AccessLevel
from consent_contracts.context import Context
from consent_contracts.decision import (
    AccessRequest,
    GrantRecord,
    GrantState,
    Refusal,
    RequestedItem,
)
from consent_contracts.grant import Effect, Grant
from consent_contracts.purpose import Purpose
from consent_contracts.recipient import Accreditation
from ssi_core.claim_path import ClaimPath
from tests.support import data_use_oracle, record_oracle

POLICY = timedelta(seconds=60)

# What a path stands for. Each inner node has one leaf more than anybody names, since real claims
# have parts that a grant cannot know.
LEAVES = {
    ("a",): {"a.x", "a.b.y", "a.b.other", "a.other"},
    ("a", "x"): {"a.x"},
    ("a", "b"): {"a.b.y", "a.b.other"},
    ("a", "b", "y"): {"a.b.y"},
    ("c",): {"c"},
    ("l",): {"l.0", "l.1", "l.2", "l.name"},
    ("l", None): {"l.0", "l.1", "l.2"},
    ("l", 0): {"l.0"},
    ("l", 1): {"l.1"},
}
STATES = {
    GrantState.PENDING: "not_yet_valid",
    GrantState.SUSPENDED: "suspended",
    GrantState.WITHDRAWN: "withdrawn",
    GrantState.EXPIRED: "expired",
    GrantState.SUPERSEDED: "superseded",
}
NOT_KNOWING = {
    "recipient_unknown",
    "record_unknown",
    "state_unknown",
    "stale_evidence",
    "authority_unknown",
}
# What must hold first, what next: a grant is as near as the steps that it takes.
STEPS = (
    {"wrong_recipient"},
    {"wrong_purpose"},
    {"wrong_role", "recipient_unknown"},
    {"other_subject"},
    {"beyond_scope", "access_level_exceeded", "record_unknown"},
)
ORDER = [refusal.value for refusal in Refusal]
Answer = tuple[str, list[str | None], list[str]]


def oracle(
    request: AccessRequest, records: list[GrantRecord], context: Context, at: datetime
) -> Answer:
    """Return the answer, the ids of the grants relied on, and the reasons in order."""
    objections, permits = _by_effect(records)
    objected = [_objected(request, each, context, at) for each in objections]
    certain = [reasons for reasons in objected if "objection" in reasons]
    doubts = [] if certain else [reasons for reasons in objected if reasons]
    missing = set()
    if not (request.items and request.holder_keys):
        missing.add("empty_request")
    if not permits:
        missing.add("no_grant")
    if missing:
        return "deny", [], _ordered(missing.union(*certain))
    ranked = sorted(permits, key=lambda record: record.grant.id or "")
    ranked.sort(key=lambda record: record.grant.period.end or at, reverse=True)
    of_grants = [_of_record(request, each, records, context=context, at=at) for each in ranked]
    table = [
        [
            reasons | of_item(record.grant, item)
            for record, reasons in zip(ranked, of_grants, strict=True)
        ]
        for item in request.items
    ]
    return _answer(table, [record.grant.id for record in ranked], [*certain, *doubts])


def _by_effect(records: list[GrantRecord]) -> tuple[list[GrantRecord], list[GrantRecord]]:
    return (
        [record for record in records if record.grant.effect is Effect.DENY],
        [record for record in records if record.grant.effect is Effect.PERMIT],
    )


def _ordered(found: set[str]) -> list[str]:
    return sorted(found, key=ORDER.index)


def _answer(
    table: list[list[set[str]]], ids: list[str | None], objections: list[set[str]]
) -> Answer:
    if not objections:
        for column, grant_id in enumerate(ids):
            if not any(row[column] for row in table):
                return "permit", [grant_id], []
    relied_on: list[str | None] = []
    against = list(objections)
    for row in table:
        covering = [grant_id for grant_id, reasons in zip(ids, row, strict=True) if not reasons]
        if covering:
            relied_on.append(covering[0])
        else:
            against.append(_nearest(row))
    if not against:
        return "permit", list(dict.fromkeys(relied_on)), []
    certain = any(reasons - NOT_KNOWING for reasons in against)
    return "deny" if certain else "indeterminate", [], _ordered(set().union(*against))


def _nearest(row: list[set[str]]) -> set[str]:
    unsure = [reasons for reasons in row if reasons <= NOT_KNOWING]
    if unsure:
        return set().union(*unsure)
    nearest = max(_steps(reasons) for reasons in row)
    return set().union(*(reasons for reasons in row if _steps(reasons) == nearest))


def _steps(reasons: set[str]) -> int:
    for taken, names in enumerate(STEPS):
        if reasons & names:
            return taken
    return len(STEPS)


def _of_record(
    request: AccessRequest,
    record: GrantRecord,
    every: list[GrantRecord],
    *,
    context: Context,
    at: datetime,
) -> set[str]:
    found = _of_recipient(record.grant, request, context)
    if not _is_for(record.grant, request.purpose):
        found.add("wrong_purpose")
    if any(key not in record.grant.holder_keys for key in request.holder_keys):
        found.add("other_subject")
    found.update(_of_time(record, at))
    for other in every:
        if other.grant.id == record.grant.id:
            found.update(_of_evidence(other, at))
        if other.grant.supersedes is not None and other.grant.supersedes == record.grant.id:
            found.add("superseded")
    found.update(_of_limits(record.grant, context, at))
    if record.grant.grantor is not None:
        found.add("authority_unknown")
    if record.grant.data_use and _is_below(request.purpose, Purpose.HRESCH):
        found.update(data_use_oracle.of_data_use(record.grant, request.research, at))
    return found


def _of_recipient(grant: Grant, request: AccessRequest, context: Context) -> set[str]:
    party, role = grant.recipient.party, grant.recipient.role
    found = set()
    if isinstance(party, Accreditation):
        if context.accreditations is None:
            found.add("recipient_unknown")
        elif party not in context.accreditations:
            found.add("wrong_recipient")
    elif party not in (request.recipient, request.actor):
        found.add("wrong_recipient")
    if role is not None and context.roles is None:
        found.add("recipient_unknown")
    elif role is not None and role not in (context.roles or ()):
        found.add("wrong_role")
    return found


def _is_for(grant: Grant, asked: Purpose) -> bool:
    return any(_is_below(asked, purpose) for purpose in grant.purposes) and not any(
        _is_below(asked, purpose) for purpose in grant.except_purposes
    )


def _is_below(asked: Purpose, granted: Purpose) -> bool:
    while asked is not granted:
        if asked.parent is None:
            return False
        asked = asked.parent
    return True


def _of_time(record: GrantRecord, at: datetime) -> Iterator[str]:
    grant = record.grant
    assert grant.period.start is not None
    assert grant.period.end is not None
    if at < grant.period.start:
        yield "not_yet_valid"
    if at >= grant.period.end:
        yield "expired"
    if record.known_at is not None and at - record.known_at > min(grant.max_staleness, POLICY):
        yield "stale_evidence"


def _of_evidence(record: GrantRecord, at: datetime) -> Iterator[str]:
    limits, end = record.grant.limits, record.grant.period.end
    assert end is not None
    if record.state is None:
        yield "state_unknown"
    elif record.state in STATES:
        yield STATES[record.state]
    if record.known_at is not None and record.known_at >= end:
        yield "expired"
    if limits.uses is not None and record.uses >= limits.uses:
        yield "use_limit"
    if limits.interval and record.last_used_at and record.last_used_at + limits.interval > at:
        yield "use_limit"


def _of_limits(grant: Grant, context: Context, at: datetime) -> Iterator[str]:
    limits = grant.limits
    if limits.erase_by is not None and at >= limits.erase_by:
        yield "expired"
    places, place = limits.jurisdictions, context.jurisdiction
    if places is not None and place is not None and place not in places:
        yield "wrong_jurisdiction"
    least, size = limits.minimum_group_size, context.group_size
    if least is not None and size is not None and size < least:
        yield "group_too_small"


def _objected(
    request: AccessRequest, record: GrantRecord, context: Context, at: datetime
) -> set[str]:
    grant = record.grant
    assert grant.period.start is not None
    assert grant.period.end is not None
    ended = record.state in (GrantState.WITHDRAWN, GrantState.SUPERSEDED)
    stands = grant.period.start <= at < grant.period.end and not ended
    shared = any(key in grant.holder_keys for key in request.holder_keys)
    who = {"anyone"} if grant.recipient.party is None else set()
    doubts = _of_recipient(grant, request, context) - ({"wrong_recipient"} if who else set())
    if not (stands and shared and _is_for(grant, request.purpose)):
        return set()
    if doubts & {"wrong_recipient", "wrong_role"}:
        return set()
    for excepted in grant.recipient.excepted:
        against = _of_recipient(replace(grant, recipient=excepted), request, context)
        if not against:
            return set()
        if against == {"recipient_unknown"}:
            doubts.add("recipient_unknown")
    denied = [_denies(grant, item) for item in request.items]
    if True not in denied:
        if None not in denied:
            return set()
        doubts.add("record_unknown")
    return doubts or {"objection"}


def _denies(grant: Grant, item: object) -> bool | None:
    if not isinstance(item, RequestedItem):
        return record_oracle.denies(grant, item)
    for path in item.claims:
        for leaf in LEAVES[path]:
            levels = _levels(grant, item.vct, leaf)
            denying = [level for level in levels if AccessLevel.NONE < level <= item.access]
            if denying and AccessLevel.NONE not in levels:
                return True
    return False


def of_item(grant: Grant, item: object) -> set[str]:
    """Return what the scope of the grant lacks for one item."""
    if not isinstance(item, RequestedItem):
        return record_oracle.of_record(grant, item)
    found: set[str] = set()
    return found.union(*(of_claim(grant, item, path) for path in item.claims))


def of_claim(grant: Grant, item: RequestedItem, path: ClaimPath) -> set[str]:
    """Return what the grant lacks for one claim of an item."""
    by_leaf = [_levels(grant, item.vct, leaf) for leaf in LEAVES[path]]
    if not all(by_leaf):
        return {"beyond_scope"}
    for levels in by_leaf:
        if AccessLevel.NONE in levels or max(levels) < item.access:
            return {"access_level_exceeded"}
    return set()


def _levels(grant: Grant, vct: str, leaf: str) -> list[AccessLevel]:
    return [
        item.access
        for item in grant.scope
        for path in item.claims
        if item.vct == vct and leaf in LEAVES[path]
    ]
