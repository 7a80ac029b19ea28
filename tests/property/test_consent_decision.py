from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent_contracts.access import AccessLevel
from consent_contracts.decision import (
    AccessRequest,
    ConsentIndex,
    Deny,
    GrantRecord,
    GrantState,
    Permit,
    Refusal,
    RequestedItem,
    decide,
)
from consent_contracts.grant import Grant, Obligation
from consent_contracts.purpose import Purpose
from consent_contracts.terms import narrowest
from ssi_core.claim_path import ClaimPath
from tests.support.consent import AT, RESEARCHER, SECOND
from tests.support.consent_cases import random_case, random_grant, random_narrowing, random_record

SEEDS = st.integers(0, 2**48).map(Random)
POLICY = timedelta(seconds=60)

# The oracle: loops over leaves, grants and items, written without a look at the engine. Each inner
# node has one leaf more than anybody names, since real claims have parts that a grant cannot know.
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


def _of_claim(grant: Grant, item: RequestedItem, path: ClaimPath) -> set[str]:
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
    if request.recipient != grant.recipient:
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
) -> tuple[list[str | None], list[str]]:
    """Return the ids of the grants relied on, or the reasons in order."""
    if not (request.items and request.holder_keys and records):
        empty = [] if request.items and request.holder_keys else ["empty_request"]
        return [], empty + ([] if records else ["no_grant"])
    ranked = sorted(records, key=lambda record: record.grant.id or "")
    ranked.sort(key=lambda record: record.grant.period.end or at, reverse=True)
    ids = [record.grant.id for record in ranked]
    table = [_of_item(request, item, ranked, at) for item in request.items]
    for column, grant_id in enumerate(ids):
        if not any(row[column] for row in table):
            return [grant_id], []
    return _row_by_row(table, ids)


def _of_item(
    request: AccessRequest, item: RequestedItem, ranked: list[GrantRecord], at: datetime
) -> list[set[str]]:
    row = []
    for record in ranked:
        reasons = _of_record(request, record, ranked, at)
        for path in item.claims:
            reasons |= _of_claim(record.grant, item, path)
        row.append(reasons)
    return row


def _row_by_row(
    table: list[list[set[str]]], ids: list[str | None]
) -> tuple[list[str | None], list[str]]:
    relied_on: list[str | None] = []
    found: set[str] = set()
    for row in table:
        covering = [grant_id for grant_id, reasons in zip(ids, row, strict=True) if not reasons]
        if covering:
            relied_on.append(covering[0])
            continue
        nearest = min(_distance(reasons) for reasons in row)
        found.update(*(reasons for reasons in row if _distance(reasons) == nearest))
    if found:
        return [], sorted(found, key=ORDER.index)
    return list(dict.fromkeys(relied_on)), []


@pytest.mark.parametrize("seed", range(10))
def test_the_engine_and_the_oracle_never_differ(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - cases that can be repeated, not secrets
    for _ in range(500):
        request, records = random_case(random)

        decision = decide(request, records, at=AT, max_staleness=POLICY)

        relied_on, reasons = oracle(request, records, AT)
        if isinstance(decision, Permit):
            assert ([grant.id for grant in decision.grants], []) == (relied_on, reasons)
        else:
            assert ([], [each.value for each in decision.refusals]) == (relied_on, reasons)


def test_the_random_cases_meet_every_refusal_and_many_permits() -> None:
    random = Random(0)  # noqa: S311 - cases that can be repeated, not secrets
    decisions = [decide(*random_case(random), at=AT, max_staleness=POLICY) for _ in range(3_000)]

    permits = [each for each in decisions if isinstance(each, Permit)]
    named = {refusal for each in decisions if isinstance(each, Deny) for refusal in each.refusals}

    assert len(permits) > 300
    assert any(len(permit.grants) > 1 for permit in permits)
    assert named == set(Refusal)


@settings(max_examples=300)
@given(SEEDS)
def test_a_permit_never_exceeds_its_grants(random: Random) -> None:
    request, records = random_case(random)

    decision = decide(request, records, at=AT)

    if isinstance(decision, Permit):
        own = [record for record in records if record.grant in decision.grants]
        assert all(grant.recipient == request.recipient for grant in decision.grants)
        assert all(AT in grant.period for grant in decision.grants)
        assert all(record.state is GrantState.ACTIVE for record in own)
        assert all(request.holder_keys <= grant.holder_keys for grant in decision.grants)
        assert all(_is_given(item, decision.grants) for item in request.items)
        assert decision.obligations == _union(grant.obligations for grant in decision.grants)
        assert all(decision.limits.is_within(grant.limits) for grant in decision.grants)


def _is_given(item: RequestedItem, grants: tuple[Grant, ...]) -> bool:
    return any(not any(_of_claim(grant, item, path) for path in item.claims) for grant in grants)


def _union(sets: Iterable[frozenset[Obligation]]) -> frozenset[Obligation]:
    return frozenset(element for each in sets for element in each)


@settings(max_examples=300)
@given(SEEDS)
def test_narrowing_never_permits_more(random: Random) -> None:
    request, records = random_case(random)
    narrowed = {
        record.grant.id: random_narrowing(random, record.grant)
        for record in records
        if random.random() < 0.7
    }
    fewer = [
        replace(record, grant=narrowed.get(record.grant.id, record.grant)) for record in records
    ]

    before = decide(request, records, at=AT)
    after = decide(request, fewer, at=AT)

    assert isinstance(before, Permit) or isinstance(after, Deny)


@settings(max_examples=300)
@given(SEEDS)
def test_the_order_of_grants_does_not_matter(random: Random) -> None:
    request, records = random_case(random)
    shuffled = random.sample(records, len(records))

    one, other = decide(request, records, at=AT), decide(request, shuffled, at=AT)

    assert one == other


@settings(max_examples=300)
@given(SEEDS)
def test_grants_without_an_id_are_relied_on_in_any_order_too(random: Random) -> None:
    request, records = random_case(random)
    records = [replace(record, grant=replace(record.grant, id=None)) for record in records]
    shuffled = random.sample(records, len(records))

    one, other = decide(request, records, at=AT), decide(request, shuffled, at=AT)

    assert one == other


@settings(max_examples=300)
@given(SEEDS)
def test_a_grant_that_ended_or_is_not_for_us_never_turns_a_denial_into_a_permit(
    random: Random,
) -> None:
    request, records = random_case(random)
    extra = random_record(random, random_grant(random, "zExtra"))
    ended = replace(extra, state=GrantState.WITHDRAWN, known_at=AT)
    foreign = replace(
        extra,
        grant=replace(
            extra.grant,
            recipient=replace(RESEARCHER, method_specific_id="broker.example"),
        ),
    )

    before = decide(request, records, at=AT)

    for added in (ended, foreign):
        after = decide(request, [*records, added], at=AT)
        assert isinstance(before, Permit) or isinstance(after, Deny)


@settings(max_examples=300)
@given(SEEDS)
def test_suspending_withdrawing_or_losing_sight_never_permits_more(random: Random) -> None:
    request, records = random_case(random)
    worse = [
        GrantRecord.unknown(record.grant)
        if random.random() < 0.3
        else replace(
            record,
            state=random.choice((GrantState.SUSPENDED, GrantState.WITHDRAWN)),
            known_at=record.known_at or AT,
        )
        for record in records
    ]

    after = decide(request, worse, at=AT)

    assert isinstance(after, Deny)


@settings(max_examples=300)
@given(SEEDS)
def test_a_permit_that_time_has_ended_never_comes_back(random: Random) -> None:
    request, records = random_case(random)
    ends = [record.grant.period.end or AT for record in records]
    over = max([AT, *ends])

    decisions = [decide(request, records, at=over + number * SECOND) for number in range(3)]

    assert all(isinstance(decision, Deny) for decision in decisions)


@settings(max_examples=300)
@given(SEEDS)
def test_asking_for_less_is_permitted_wherever_asking_for_more_is(random: Random) -> None:
    request, records = random_case(random)
    less = replace(
        request,
        items=tuple(
            replace(
                item, access=AccessLevel.INFORMATION, claims=frozenset([min(item.claims, key=repr)])
            )
            for item in request.items
        ),
    )

    more = decide(request, records, at=AT)

    assert isinstance(more, Deny) or isinstance(decide(less, records, at=AT), Permit)


@settings(max_examples=300)
@given(SEEDS)
def test_an_index_decides_as_its_records_do(random: Random) -> None:
    request, records = random_case(random)

    assert decide(request, ConsentIndex.of(records), at=AT) == decide(request, records, at=AT)


@settings(max_examples=300)
@given(SEEDS)
def test_the_narrowest_limits_are_within_each(random: Random) -> None:
    limits = [random_grant(random, "z").limits for _ in range(3)]

    together = narrowest(limits)

    assert all(together.is_within(each) for each in limits)
    assert narrowest([together, *limits]) == together
