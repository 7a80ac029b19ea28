from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from consent_contracts.access_request import RequestedItem
from consent_contracts.authority import refusals_of_authority
from consent_contracts.decision import Decision, Deny, Permit, decide
from consent_contracts.delegation import Delegation, DelegationRecord
from consent_contracts.grant import Effect, Grant
from consent_contracts.lifecycle import GrantState
from consent_contracts.narrowing import require_narrower
from consent_contracts.refusal import Refusal
from consent_contracts.scope import ScopeItem, is_within
from ssi_core.errors import ConsentError
from tests.support import authority_oracle
from tests.support.authority_cases import AuthorityCase, random_authority_case
from tests.support.consent import AT, OF_AUTHORITY, SECOND, make_access_request, make_record
from tests.support.consent_cases import random_case, random_scope_item
from tests.support.consent_oracle import LEAVES
from tests.support.narrowing import random_narrowing

SEEDS = st.integers(0, 2**48).map(Random)
POLICY = 1800 * SECOND


def _decide(case: AuthorityCase) -> Decision:
    item = case.grant.scope[0]
    request = make_access_request(
        purpose=min(case.grant.purposes),
        items=(RequestedItem(vct=item.vct, claims=item.claims, access=item.access),),
        holder_keys=frozenset({min(case.grant.holder_keys)}),
    )
    return decide(request, [make_record(case.grant)], at=AT, context=case.context)


def _cases(count: int) -> list[AuthorityCase]:
    random = Random(7)  # noqa: S311 - cases that can be repeated, not secrets
    return [random_authority_case(random) for _ in range(count)]


def test_authority_and_its_oracle_never_differ() -> None:
    for case in _cases(3_000):
        found = refusals_of_authority(case.grant, case.context, at=AT, max_staleness=POLICY)

        expected = authority_oracle.refusals(
            case.grant, case.records, case.facts, at=AT, policy=POLICY
        )
        assert {each.value for each in found} == expected


def test_the_random_chains_meet_every_refusal_and_many_permits() -> None:
    decisions = [_decide(case) for case in _cases(3_000)]

    permits = [each for each in decisions if isinstance(each, Permit)]
    named = {
        refusal for each in decisions if not isinstance(each, Permit) for refusal in each.refusals
    }

    assert len(permits) > 75
    assert named >= {*OF_AUTHORITY, Refusal.AUTHORITY_UNKNOWN}


@settings(max_examples=300)
@given(SEEDS)
def test_what_a_delegation_permits_never_exceeds_its_source(random: Random) -> None:
    case = random_authority_case(random)

    decision = _decide(case)

    if isinstance(decision, Permit):
        assert case.grant.grantor is not None
        chain = case.context.delegations.chain(case.grant.grantor, log=case.grant.log)
        inner: Grant | Delegation = case.grant
        for link in chain.links:
            outer = link.record.delegation
            assert AT in outer.period
            assert link.record.state is GrantState.ACTIVE
            assert inner.holder_keys <= outer.holder_keys
            assert outer.period.covers(inner.period)
            assert (
                inner.extent.purposes <= outer.extent.purposes
                if isinstance(inner, Delegation)
                else inner.covered_purposes <= outer.extent.purposes
            )
            assert len(link.agreed & outer.representatives) >= outer.threshold
            inner = outer


@settings(max_examples=300)
@given(SEEDS)
def test_ending_losing_or_not_knowing_a_delegation_never_permits_more(random: Random) -> None:
    case = random_authority_case(random)
    worse = [
        replace(
            each, state=random.choice((GrantState.WITHDRAWN, GrantState.SUSPENDED)), known_at=AT
        )
        if random.random() < 0.5
        else DelegationRecord(delegation=each.delegation, state=None, known_at=None)
        for each in case.records
    ]
    fewer = random.sample(case.records, random.randint(0, len(case.records)))

    after = [_decide(replace(case, records=tuple(each))) for each in (worse, fewer)]

    assert not isinstance(after[0], Permit)
    assert isinstance(_decide(case), Permit) or not isinstance(after[1], Permit)


@settings(max_examples=300)
@given(SEEDS)
def test_knowing_more_permits_only_where_not_knowing_stood_in_the_way(random: Random) -> None:
    case = random_authority_case(random)
    unsaid = random.choice(
        ({"majority_at": None}, {"incapacity": None}, {"is_living": False, "died_at": None})
    )
    less = random.choice(
        (
            replace(case, facts=replace(case.facts, **unsaid)),
            replace(case, records=case.records[: random.randrange(len(case.records) + 1)]),
        )
    )

    before, after = _decide(less), _decide(case)

    assert not (isinstance(before, Deny) and isinstance(after, Permit))


@settings(max_examples=300)
@given(SEEDS)
def test_agreement_of_more_representatives_never_takes_a_permit_away(random: Random) -> None:
    case = random_authority_case(random)
    grantor = case.grant.grantor
    assert grantor is not None
    chain = case.context.delegations.chain(grantor, log=case.grant.log)
    everybody = chain.links[0].record.delegation.representatives if chain.links else frozenset()
    more = replace(grantor, keys=grantor.keys | everybody)

    before = _decide(case)
    after = _decide(replace(case, grant=replace(case.grant, grantor=more)))

    assert isinstance(after, Permit) or not isinstance(before, Permit)


@settings(max_examples=500)
@given(SEEDS)
def test_a_scope_within_another_gives_no_leaf_at_a_higher_level(random: Random) -> None:
    inner = [random_scope_item(random) for _ in range(random.randint(1, 3))]
    outer = [*inner, *(random_scope_item(random) for _ in range(random.randint(0, 2)))]
    random.shuffle(outer)

    if is_within(inner, outer[1:] or outer):
        kept = outer[1:] or outer
        kinds = {item.vct for item in inner}
        assert all(
            _given(inner, kind, leaf) <= _given(kept, kind, leaf)
            for kind in kinds
            for leaf in set().union(*LEAVES.values())
        )
    assert is_within(inner, inner)


def _given(scope: list[ScopeItem], vct: str, leaf: str) -> int:
    ranks = [
        item.access.rank
        for item in scope
        for path in item.claims
        if item.vct == vct and leaf in LEAVES[path]
    ]
    return 0 if 0 in ranks else max(ranks, default=0)


@settings(max_examples=400)
@given(SEEDS)
def test_what_counts_as_narrower_never_permits_more(random: Random) -> None:
    case = random_case(random)
    narrowed = {
        each.grant.id: _narrower(random, each.grant)
        for each in case.records
        if each.grant.effect is Effect.PERMIT
    }
    fewer = [replace(each, grant=narrowed.get(each.grant.id, each.grant)) for each in case.records]

    before = decide(case.request, case.records, at=AT, context=case.context)
    after = decide(case.request, fewer, at=AT, context=case.context)

    assert isinstance(before, Permit) or not isinstance(after, Permit)


def test_many_random_narrowings_count_as_narrower() -> None:
    random = Random(3)  # noqa: S311 - cases that can be repeated, not secrets
    grants = [record.grant for _ in range(200) for record in random_case(random).records]
    permits = [grant for grant in grants if grant.effect is Effect.PERMIT]

    taken = [grant for grant in permits if _narrower(random, grant) != grant]

    assert len(taken) > len(permits) / 4


def _narrower(random: Random, grant: Grant) -> Grant:
    """Return a grant that `require_narrower` takes for narrower; the same if it takes none."""
    narrower = random_narrowing(random, grant)
    try:
        require_narrower(narrower, grant)
    except ConsentError:
        return grant
    return narrower
