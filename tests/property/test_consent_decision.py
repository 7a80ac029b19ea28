import os
from collections.abc import Iterable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent_contracts.access import AccessLevel
from consent_contracts.access_request import Requested, RequestedItem, RequestedRecord
from consent_contracts.context import Context
from consent_contracts.decision import (
    ConsentIndex,
    Decision,
    Deny,
    GrantRecord,
    GrantState,
    Permit,
    Refusal,
    decide,
)
from consent_contracts.grant import Effect, Grant, Obligation, Recipient
from consent_contracts.health_record import SETS
from consent_contracts.recipient import Accreditation
from consent_contracts.refusal import BIT
from consent_contracts.summary import Summary
from consent_contracts.terms import narrowest
from tests.support.consent import AT, OF_AUTHORITY, RESEARCHER, SECOND
from tests.support.consent_cases import (
    Case,
    random_case,
    random_context,
    random_grant,
    random_record,
)
from tests.support.consent_oracle import POLICY, of_item, oracle
from tests.support.narrowing import random_narrowing
from tests.support.record_cases import random_health_record

SEEDS = st.integers(0, 2**48).map(Random)
# CONTRIBUTING.md tells of this: 100,000 are a matter of minutes.
CASES = int(os.environ.get("CONSENTRY_TEST_DECISIONS", "5000"))


def _decide(case: Case) -> Decision:
    return decide(case.request, case.records, at=AT, context=case.context)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(10))
def test_the_engine_and_the_oracle_never_differ(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - cases that can be repeated, not secrets
    for _ in range(CASES // 10):
        request, records, context = random_case(random)

        decision = decide(request, records, at=AT, max_staleness=POLICY, context=context)

        said = decision.to_json()
        answer = said["decision"], said.get("grants", []), said.get("refusals", [])
        assert answer == oracle(request, records, context, AT)


def test_the_random_cases_meet_every_refusal_and_many_permits() -> None:
    random = Random(0)  # noqa: S311 - cases that can be repeated, not secrets
    cases = [random_case(random) for _ in range(4_000)]

    decisions = [_decide(case) for case in cases]
    permits = [each for each in decisions if isinstance(each, Permit)]
    refused = [each for each in decisions if not isinstance(each, Permit)]
    named = {refusal for each in refused for refusal in each.refusals}

    assert len(permits) > 300
    assert any(len(permit.grants) > 1 for permit in permits)
    assert any(grant.records for permit in permits for grant in permit.grants)
    assert any(grant.data_use for permit in permits for grant in permit.grants)
    assert sum(not isinstance(each, Deny) for each in refused) > 50
    assert named == set(Refusal) - OF_AUTHORITY


@settings(max_examples=200)
@given(SEEDS)
def test_a_permit_never_exceeds_its_grants(random: Random) -> None:
    case = random_case(random)

    decision = _decide(case)

    if isinstance(decision, Permit):
        request, grants = case.request, decision.grants
        own = [record for record in case.records if record.grant in grants]
        assert all(_speaks_to(grant, case) for grant in grants)
        assert all(request.purpose in grant.covered_purposes for grant in grants)
        assert all(AT in grant.period and grant.effect is Effect.PERMIT for grant in grants)
        assert all(record.state is GrantState.ACTIVE for record in own)
        assert all(request.holder_keys <= grant.holder_keys for grant in grants)
        assert all(any(not of_item(grant, item) for grant in grants) for item in request.items)
        assert decision.obligations == _union(grant.obligations for grant in grants)
        assert all(decision.limits.is_within(grant.limits) for grant in grants)


def _speaks_to(grant: Grant, case: Case) -> bool:
    party, role = grant.recipient.party, grant.recipient.role
    parties = {case.request.recipient, case.request.actor, *(case.context.accreditations or ())}
    return party is not None and party in parties and role in (None, *(case.context.roles or ()))


def _union(sets: Iterable[frozenset[Obligation]]) -> frozenset[Obligation]:
    return frozenset(element for each in sets for element in each)


@settings(max_examples=300)
@given(SEEDS)
def test_narrowing_never_permits_more(random: Random) -> None:
    case = random_case(random)
    narrowed = {
        record.grant.id: random_narrowing(random, record.grant)
        for record in case.records
        if record.grant.effect is Effect.PERMIT and random.random() < 0.7
    }
    fewer = [
        replace(record, grant=narrowed.get(record.grant.id, record.grant))
        for record in case.records
    ]

    before, after = _decide(case), _decide(case._replace(records=fewer))

    assert isinstance(before, Permit) or not isinstance(after, Permit)


@settings(max_examples=300)
@given(SEEDS)
def test_an_objection_more_never_permits_more(random: Random) -> None:
    case = random_case(random)
    objection = random_grant(random, "zObjection", effect=Effect.DENY)
    more = [*case.records, random_record(random, objection)]

    before, after = _decide(case), _decide(case._replace(records=more))

    assert isinstance(before, Permit) or not isinstance(after, Permit)


@settings(max_examples=200)
@given(SEEDS)
def test_the_order_of_grants_does_not_matter(random: Random) -> None:
    case = random_case(random)
    shuffled = random.sample(case.records, len(case.records))

    assert _decide(case) == _decide(case._replace(records=shuffled))


@settings(max_examples=200)
@given(SEEDS)
def test_grants_without_an_id_are_relied_on_in_any_order_too(random: Random) -> None:
    case = random_case(random)
    records = [replace(record, grant=replace(record.grant, id=None)) for record in case.records]
    shuffled = random.sample(records, len(records))

    assert _decide(case._replace(records=records)) == _decide(case._replace(records=shuffled))


@settings(max_examples=200)
@given(SEEDS)
def test_a_grant_that_ended_or_is_not_for_us_never_turns_a_refusal_into_a_permit(
    random: Random,
) -> None:
    case = random_case(random)
    extra = random_record(random, random_grant(random, "zExtra"))
    ended = replace(extra, state=GrantState.WITHDRAWN, known_at=AT)
    broker = Recipient(replace(RESEARCHER, method_specific_id="broker.example"))
    foreign = replace(extra, grant=replace(extra.grant, recipient=broker))

    before = _decide(case)

    for added in (ended, foreign):
        after = _decide(case._replace(records=[*case.records, added]))
        assert isinstance(before, Permit) or not isinstance(after, Permit)


@settings(max_examples=200)
@given(SEEDS)
def test_suspending_withdrawing_or_losing_sight_never_permits_more(random: Random) -> None:
    case = random_case(random)
    worse = [
        GrantRecord.unknown(record.grant)
        if random.random() < 0.3
        else replace(
            record,
            state=random.choice((GrantState.SUSPENDED, GrantState.WITHDRAWN)),
            known_at=record.known_at or AT,
        )
        for record in case.records
    ]

    assert not isinstance(_decide(case._replace(records=worse)), Permit)


@settings(max_examples=200)
@given(SEEDS)
def test_a_grant_that_has_ended_never_comes_back_whatever_is_said_beside_it(
    random: Random,
) -> None:
    case = random_case(random)
    terminal = [state for state in GrantState if state.is_terminal]
    ended = [replace(record, state=random.choice(terminal), known_at=AT) for record in case.records]
    again = [replace(record, state=GrantState.ACTIVE, known_at=AT) for record in case.records]

    assert not isinstance(_decide(case._replace(records=[*again, *ended])), Permit)


@settings(max_examples=200)
@given(SEEDS)
def test_a_permit_that_time_has_ended_never_comes_back(random: Random) -> None:
    request, records, context = random_case(random)
    over = max([AT, *(record.grant.period.end or AT for record in records)])

    decisions = [
        decide(request, records, at=over + number * SECOND, context=context) for number in range(3)
    ]

    assert all(isinstance(decision, Deny) for decision in decisions)


@settings(max_examples=300)
@given(SEEDS)
def test_knowing_more_takes_no_permit_away_and_turns_no_denial_into_one(random: Random) -> None:
    case = random_case(random)
    learnt = random_context(random)
    items = tuple(_known(random, item) for item in case.request.items)
    context = replace(
        case.context,
        roles=learnt.roles if case.context.roles is None else case.context.roles,
        accreditations=learnt.accreditations
        if case.context.accreditations is None
        else case.context.accreditations,
    )

    before = _decide(case)
    after = _decide(Case(replace(case.request, items=items), case.records, context))

    assert not isinstance(before, Permit) or isinstance(after, Permit)
    assert not isinstance(before, Deny) or isinstance(after, Deny)


def _known(random: Random, item: Requested) -> Requested:
    if isinstance(item, RequestedItem):
        return item
    drawn = random_health_record(random)
    learnt = {
        name: getattr(drawn, name)
        for name in (*SETS, "period")
        if getattr(item.record, name) is None
    }
    return replace(item, record=replace(item.record, **learnt))


@settings(max_examples=200)
@given(SEEDS)
def test_asking_for_less_is_permitted_wherever_asking_for_more_is(random: Random) -> None:
    case = random_case(random)
    less = replace(case.request, items=tuple(_less(item) for item in case.request.items))

    more = _decide(case)

    assert not isinstance(more, Permit) or isinstance(_decide(case._replace(request=less)), Permit)


def _less(item: Requested) -> Requested:
    if isinstance(item, RequestedRecord):
        return replace(item, access=AccessLevel.INFORMATION)
    claims = frozenset([min(item.claims, key=repr)])
    return replace(item, access=AccessLevel.INFORMATION, claims=claims)


@settings(max_examples=200)
@given(SEEDS)
def test_an_index_decides_as_its_records_do(random: Random) -> None:
    request, records, context = random_case(random)
    index = ConsentIndex.of(records)

    decisions = [
        decide(request, known, at=AT, context=each)
        for known in (index, records)
        for each in (context, Context())
    ]

    assert decisions[:2] == decisions[2:]


@settings(max_examples=300)
@given(SEEDS)
def test_a_summary_says_what_its_grants_say_one_by_one(random: Random) -> None:
    request, records, context = random_case(random)
    entries = ConsentIndex.of(records).entries
    policy = random.choice((POLICY, 2 * POLICY))
    if not entries:
        return

    together = Summary(entries).refusals(request, context, at=AT, max_staleness=policy)

    one_by_one = 0
    for entry in entries:
        one_by_one |= entry.conditions(request, context, at=AT, max_staleness=policy)
        one_by_one |= 0 if request.purpose in entry.purposes else BIT[Refusal.WRONG_PURPOSE]
        for item in request.items:
            one_by_one |= entry.coverage(item)
    assert together == one_by_one


@settings(max_examples=200)
@given(SEEDS)
def test_the_narrowest_limits_are_within_each(random: Random) -> None:
    limits = [random_grant(random, "z").limits for _ in range(3)]

    together = narrowest(limits)

    assert all(together.is_within(each) for each in limits)
    assert narrowest([together, *limits]) == together


def test_a_class_of_recipients_is_not_the_party_that_vouches_for_it() -> None:
    random = Random(0)  # noqa: S311 - cases that can be repeated, not secrets
    grants = [random_grant(random, f"z{number}") for number in range(200)]
    classes = [each for each in grants if isinstance(each.recipient.party, Accreditation)]

    for grant in classes:
        party = grant.recipient.party
        assert isinstance(party, Accreditation)
        case = random_case(random)
        request = replace(case.request, recipient=party.accredited_by, actor=None)
        context = replace(case.context, accreditations=frozenset())
        record = random_record(random, replace(grant, effect=Effect.PERMIT))
        assert not isinstance(_decide(Case(request, [record], context)), Permit)
