from dataclasses import replace

import pytest

from consent_contracts.adapters.claim_register_memory import MemoryClaimRegister
from consent_contracts.contracts.contract import decide
from consent_contracts.contracts.inputs import ContractInputs
from consent_contracts.contracts.insurance_claim import InsuranceClaim
from consent_contracts.contracts.register import settle
from ssi_core.did.syntax import Did
from tests.support.consent import digest
from tests.support.contract_scene import claim_at, published

CLAIM = InsuranceClaim()
ONE, TWO = Did("web", "insurer-one.example"), Did("web", "insurer-two.example")
EVENT, LEDGER = digest("event"), digest("ledger")


@pytest.fixture
def register() -> MemoryClaimRegister:
    return MemoryClaimRegister()


def _claim(**changes: str) -> ContractInputs:
    return claim_at(ONE, **{"event": EVENT, "ledger": LEDGER, "nonce": "n"} | changes)


def test_an_authorisation_enters_its_marks(register: MemoryClaimRegister) -> None:
    decision = settle(CLAIM, _claim(), register=register).decision

    assert register.taken(decision.marks) == set(decision.marks)
    assert len(decision.marks) == 3


def test_a_refusal_enters_nothing(register: MemoryClaimRegister) -> None:
    inputs = ContractInputs.parse(published("insurance-claim", "code outside cover"))
    would_be = decide(CLAIM, ContractInputs.parse(published("insurance-claim"))).marks

    decision = settle(CLAIM, inputs, register=register).decision

    assert decision.reasons == ("code_not_covered",)
    assert register.taken(would_be) == frozenset()


def test_after_a_crash_the_same_inputs_give_the_same_bytes(register: MemoryClaimRegister) -> None:
    before = settle(CLAIM, _claim(), register=register).decision

    after = settle(CLAIM, _claim(), register=register).decision

    assert after.canonical() == before.canonical()


def test_the_same_presentation_a_second_later_is_a_replay(register: MemoryClaimRegister) -> None:
    inputs = _claim()
    settle(CLAIM, inputs, register=register)

    later = replace(inputs, at=inputs.at.replace(second=59))

    decision = settle(CLAIM, later, register=register).decision
    assert decision.reasons == ("replayed", "claimed_before", "state_out_of_date")


def test_another_presentation_of_the_same_treatment_is_a_double_claim(
    register: MemoryClaimRegister,
) -> None:
    settle(CLAIM, _claim(), register=register)

    decision = settle(CLAIM, _claim(nonce="m", ledger=digest("l")), register=register).decision

    assert decision.reasons == ("claimed_before",)


def test_two_claims_that_saw_the_same_yearly_limit_are_not_both_paid(
    register: MemoryClaimRegister,
) -> None:
    first = settle(CLAIM, _claim(), register=register).decision

    second = settle(CLAIM, _claim(event=digest("e"), nonce="m"), register=register).decision

    assert first.outcome == "authorise"
    assert second.reasons == ("state_out_of_date",)


def test_whoever_lost_holds_inputs_that_lead_to_the_refusal(register: MemoryClaimRegister) -> None:
    settle(CLAIM, _claim(), register=register)
    other = claim_at(TWO, event=EVENT, ledger=digest("l"), nonce="n")

    lost = settle(CLAIM, other, register=register)

    assert decide(CLAIM, lost.inputs) == lost.decision
    assert lost.inputs != other


def test_what_stands_in_the_register_depends_on_neither_code_nor_amount() -> None:
    inputs = _claim()
    treatment = dict(
        published("insurance-claim", "a code is covered by itself")["facts"]["treatment"]
    )
    treatment["claims"] |= {"event": EVENT}
    facts = {**inputs.facts, "treatment": treatment}

    marks = decide(CLAIM, inputs).marks
    other = decide(CLAIM, replace(inputs, facts=facts))
    apart = decide(CLAIM, _claim(event=digest("e"), nonce="m", ledger=digest("l"))).marks

    assert other.inputs_digest != inputs.digest
    assert other.marks == marks
    assert not set(marks) & set(apart)
