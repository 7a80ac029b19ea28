from collections.abc import Iterable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent_contracts.access import AccessLevel
from consent_contracts.decision import (
    ConsentIndex,
    Deny,
    GrantRecord,
    GrantState,
    Permit,
    Refusal,
    RequestedItem,
    decide,
)
from consent_contracts.grant import Grant, Obligation, Recipient
from consent_contracts.terms import narrowest
from tests.support.consent import AT, RESEARCHER, SECOND
from tests.support.consent_cases import random_case, random_grant, random_narrowing, random_record
from tests.support.consent_oracle import POLICY, of_claim, oracle

SEEDS = st.integers(0, 2**48).map(Random)


@pytest.mark.parametrize("seed", range(10))
def test_the_engine_and_the_oracle_never_differ(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - cases that can be repeated, not secrets
    for _ in range(500):
        request, records = random_case(random)

        decision = decide(request, records, at=AT, max_staleness=POLICY)

        expected = oracle(request, records, AT)
        if isinstance(decision, Permit):
            assert ("permit", [grant.id for grant in decision.grants], []) == expected
        else:
            answer = "deny" if isinstance(decision, Deny) else "indeterminate"
            assert (answer, [], [each.value for each in decision.refusals]) == expected


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
        assert all(grant.recipient.party == request.recipient for grant in decision.grants)
        assert all(AT in grant.period for grant in decision.grants)
        assert all(record.state is GrantState.ACTIVE for record in own)
        assert all(request.holder_keys <= grant.holder_keys for grant in decision.grants)
        assert all(_is_given(item, decision.grants) for item in request.items)
        assert decision.obligations == _union(grant.obligations for grant in decision.grants)
        assert all(decision.limits.is_within(grant.limits) for grant in decision.grants)


def _is_given(item: RequestedItem, grants: tuple[Grant, ...]) -> bool:
    return any(not any(of_claim(grant, item, path) for path in item.claims) for grant in grants)


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

    assert isinstance(before, Permit) or not isinstance(after, Permit)


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
            recipient=Recipient(replace(RESEARCHER, method_specific_id="broker.example")),
        ),
    )

    before = decide(request, records, at=AT)

    for added in (ended, foreign):
        after = decide(request, [*records, added], at=AT)
        assert isinstance(before, Permit) or not isinstance(after, Permit)


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

    assert not isinstance(after, Permit)


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

    assert not isinstance(more, Permit) or isinstance(decide(less, records, at=AT), Permit)


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
