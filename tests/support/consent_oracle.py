"""What a decision must be, by loops over leaves, grants and items: written without the engine.

The rules are those of docs/reference/consent-vectors.md; nothing here is fast or clever.
"""

from datetime import datetime, timedelta

from consent_contracts.access import AccessLevel
from consent_contracts.decision import (
    AccessRequest,
    GrantRecord,
    GrantState,
    Refusal,
    RequestedItem,
)
from consent_contracts.grant import Grant
from consent_contracts.purpose import Purpose
from ssi_core.claim_path import ClaimPath

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
NOT_KNOWING = {"state_unknown", "stale_evidence"}
ORDER = [refusal.value for refusal in Refusal]


def _is_below(asked: Purpose, granted: Purpose) -> bool:
    while asked is not granted:
        if asked.parent is None:
            return False
        asked = asked.parent
    return True


def _levels(grant: Grant, vct: str, leaf: str) -> list[AccessLevel]:
    return [
        item.access
        for item in grant.scope
        for path in item.claims
        if item.vct == vct and leaf in LEAVES[path]
    ]


def of_claim(grant: Grant, item: RequestedItem, path: ClaimPath) -> set[str]:
    """Return what the grant lacks for one claim of an item."""
    by_leaf = [_levels(grant, item.vct, leaf) for leaf in LEAVES[path]]
    if not all(by_leaf):
        return {"beyond_scope"}
    for levels in by_leaf:
        if AccessLevel.NONE in levels or max(levels) < item.access:
            return {"access_level_exceeded"}
    return set()


def _of_evidence(record: GrantRecord) -> set[str]:
    found = set()
    if record.state is None:
        found.add("state_unknown")
    elif record.state in STATES:
        found.add(STATES[record.state])
    assert record.grant.period.end is not None
    if record.known_at is not None and record.known_at >= record.grant.period.end:
        found.add("expired")
    if record.grant.limits.uses is not None and record.uses >= record.grant.limits.uses:
        found.add("use_limit")
    return found


def _of_record(
    request: AccessRequest, record: GrantRecord, every: list[GrantRecord], at: datetime
) -> set[str]:
    grant = record.grant
    assert grant.period.start is not None
    assert grant.period.end is not None
    found = set()
    for other in every:
        if other.grant.id == grant.id:
            found |= _of_evidence(other)
    if request.recipient != grant.recipient.party:
        found.add("wrong_recipient")
    if not any(_is_below(request.purpose, purpose) for purpose in grant.purposes):
        found.add("wrong_purpose")
    if any(key not in grant.holder_keys for key in request.holder_keys):
        found.add("other_subject")
    if at < grant.period.start:
        found.add("not_yet_valid")
    if at >= grant.period.end:
        found.add("expired")
    if record.known_at is not None and at - record.known_at > min(grant.max_staleness, POLICY):
        found.add("stale_evidence")
    if grant.limits.erase_by is not None and at >= grant.limits.erase_by:
        found.add("expired")
    interval = grant.limits.interval
    if interval and record.last_used_at and record.last_used_at + interval > at:
        found.add("use_limit")
    return found


def _distance(reasons: set[str]) -> int:
    for steps, names in enumerate(
        (
            {"wrong_recipient"},
            {"wrong_purpose"},
            {"other_subject"},
            {"beyond_scope", "access_level_exceeded"},
        )
    ):
        if reasons & names:
            return 4 - steps
    return 0


def oracle(
    request: AccessRequest, records: list[GrantRecord], at: datetime
) -> tuple[str, list[str | None], list[str]]:
    """Return the answer, the ids of the grants relied on, and the reasons in order."""
    if not (request.items and request.holder_keys and records):
        empty = [] if request.items and request.holder_keys else ["empty_request"]
        return "deny", [], empty + ([] if records else ["no_grant"])
    ranked = sorted(records, key=lambda record: record.grant.id or "")
    ranked.sort(key=lambda record: record.grant.period.end or at, reverse=True)
    ids = [record.grant.id for record in ranked]
    items = [item for item in request.items if isinstance(item, RequestedItem)]
    assert len(items) == len(request.items)
    table = [_of_item(request, item, ranked, at) for item in items]
    for column, grant_id in enumerate(ids):
        if not any(row[column] for row in table):
            return "permit", [grant_id], []
    return _row_by_row(table, ids)


def _of_item(
    request: AccessRequest, item: RequestedItem, ranked: list[GrantRecord], at: datetime
) -> list[set[str]]:
    row = []
    for record in ranked:
        reasons = _of_record(request, record, ranked, at)
        for path in item.claims:
            reasons |= of_claim(record.grant, item, path)
        row.append(reasons)
    return row


def _row_by_row(
    table: list[list[set[str]]], ids: list[str | None]
) -> tuple[str, list[str | None], list[str]]:
    certain = False
    relied_on: list[str | None] = []
    found: set[str] = set()
    for row in table:
        covering = [grant_id for grant_id, reasons in zip(ids, row, strict=True) if not reasons]
        if covering:
            relied_on.append(covering[0])
            continue
        unsure = [reasons for reasons in row if reasons <= NOT_KNOWING]
        nearest = min(_distance(reasons) for reasons in row)
        near = [reasons for reasons in row if _distance(reasons) == nearest]
        certain = certain or not unsure
        found.update(*(unsure or near))
    if found:
        return ("deny" if certain else "indeterminate"), [], sorted(found, key=ORDER.index)
    return "permit", list(dict.fromkeys(relied_on)), []
