"""Contracts under any input: our errors or a decision, and never a yes by what nobody signed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent_contracts.context import Context
from consent_contracts.contracts.cohort import cohort_of
from consent_contracts.contracts.contract import Contract, decide
from consent_contracts.contracts.facts import parse_accreditations
from consent_contracts.contracts.inputs import ContractInputs
from consent_contracts.contracts.insurance_claim import InsuranceClaim
from consent_contracts.contracts.referral import Referral
from consent_contracts.contracts.research_access import ResearchAccess
from consent_contracts.contracts.research_terms import (
    Participant,
    ResearchTerms,
    parse_participants,
)
from consent_contracts.decision import Permit
from ssi_core.errors import MalformedError
from tests.support.contract_scene import published

CONTRACTS: dict[str, Contract] = {
    "insurance-claim": InsuranceClaim(),
    "referral": Referral(),
    "research-access": ResearchAccess(),
}
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([-1, 0, 2**53, 10**30, 0.5, float(10**20)]),
    st.sampled_from(["", "x", "did:web:x", "\ud800", "é\u202e", "A" * 43]),
    st.sampled_from([[], {}, [[]], [{}], {"": None}]),
)

OTHERS: tuple[Any, ...] = (None, 0, 1, "did:web:x.example", [], {})


def _places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _places(inner, (*path, name))
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _places(inner, (*path, number))


def _with(inputs: dict[str, Any], path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    changed: dict[str, Any] = json.loads(json.dumps(inputs))
    inner: Any = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return changed


@settings(max_examples=300)
@given(data=st.data(), file=st.sampled_from(sorted(CONTRACTS)))
def test_junk_anywhere_is_refused_by_our_error_or_decided(data: st.DataObject, file: str) -> None:
    inputs = published(file)
    path = data.draw(st.sampled_from(list(_places(inputs))))
    changed = _with(inputs, path, data.draw(JUNK))

    try:
        decision = decide(CONTRACTS[file], ContractInputs.parse(changed))
    except MalformedError:
        return

    before, after = ContractInputs.parse(inputs), ContractInputs.parse(changed)
    assert (decision.inputs_digest == before.digest) is (before == after)


@pytest.mark.parametrize("file", sorted(CONTRACTS))
def test_no_member_of_the_terms_can_be_changed_after_they_were_signed(file: str) -> None:
    inputs = published(file)
    authorised = 0

    for path in _places(inputs["terms"]):
        for value in OTHERS:
            changed = _with(inputs, ("terms", *path), value)
            if changed == inputs:
                continue
            try:
                decision = decide(CONTRACTS[file], ContractInputs.parse(changed))
            except MalformedError:
                continue
            authorised += decision.outcome == "authorise"

    assert authorised == 0


def _naive(
    terms: ResearchTerms, people: tuple[Participant, ...], context: Context, at: Any
) -> set[str]:
    """Ask everyone again, for the group that is left, until nobody leaves it."""
    group = list(people)
    while True:
        here = replace(context, group_size=len(group))
        kept = [
            each
            for each in group
            if isinstance(
                replace(each.consents, context=here).decide(terms.request(each.holder_keys), at=at),
                Permit,
            )
        ]
        if len(kept) == len(group):
            return {each.member for each in kept}
        group = kept


@settings(max_examples=60)
@given(
    sizes=st.lists(st.integers(1, 6), min_size=4, max_size=4),
    gone=st.sets(st.integers(0, 3)),
    seed=st.randoms(use_true_random=False),
)
def test_the_cohort_is_what_is_left_when_nobody_leaves_it(
    sizes: list[int], gone: set[int], seed: Any
) -> None:
    body = published("research-access")
    for number, person in enumerate(body["facts"]["participants"]):
        record = person["consent"]["records"][0]
        record["grant"]["terms"]["limits"] |= {"minimum_group_size": sizes[number]}
        record["state"] = "withdrawn" if number in gone else "active"
    seed.shuffle(body["facts"]["participants"])
    inputs = ContractInputs.parse(body)
    terms = ResearchTerms.parse(inputs.terms)
    people = parse_participants(inputs.facts["participants"], at="")
    known = parse_accreditations(inputs.facts, at="")

    members = cohort_of(terms, people, known, at=inputs.at)

    expected = _naive(terms, people, Context(accreditations=known), inputs.at)
    assert {each.participant.member for each in members} == expected
    assert all(each.permit.grants[0].limits.minimum_group_size for each in members)
