from dataclasses import replace

import pytest

from consent_contracts import signed
from consent_contracts.contracts import decision_proof
from consent_contracts.contracts.contract import decide
from consent_contracts.contracts.inputs import ContractInputs
from consent_contracts.contracts.insurance_claim import InsuranceClaim
from consent_contracts.contracts.verdict import ContractDecision
from ssi_core import jws
from ssi_core.errors import MalformedError, ProofError
from tests.support.consent import INSURER_KEY_ID, INSURER_SIGNER, RESEARCHER
from tests.support.contract_scene import published

CLAIM = InsuranceClaim()
KEY = INSURER_SIGNER.public_key
INPUTS = ContractInputs.parse(published("insurance-claim"))
REFUSED = ContractInputs.parse(published("insurance-claim", "code outside cover"))


def _signed(inputs: ContractInputs = INPUTS) -> str:
    decision = decide(CLAIM, inputs)
    return decision_proof.sign_decision(decision, signer=INSURER_SIGNER, key_id=INSURER_KEY_ID)


@pytest.mark.parametrize("inputs", [INPUTS, REFUSED], ids=["authorised", "refused"])
def test_a_signed_decision_comes_back_with_its_reasons_and_is_reproduced(
    inputs: ContractInputs,
) -> None:
    decision = decision_proof.reproduce(_signed(inputs), CLAIM, inputs, key=KEY)

    assert decision == decide(CLAIM, inputs)


def test_what_is_signed_are_the_canonical_bytes() -> None:
    text = _signed()

    assert jws.parse(text).payload == decide(CLAIM, INPUTS).canonical()
    assert text == _signed()


def test_a_decision_about_other_inputs_is_not_reproduced() -> None:
    with pytest.raises(ProofError):
        decision_proof.reproduce(_signed(), CLAIM, REFUSED, key=KEY)


def test_a_decider_who_signs_another_outcome_is_found_out() -> None:
    refused = decide(CLAIM, REFUSED)
    paid = replace(decide(CLAIM, INPUTS), inputs_digest=refused.inputs_digest)
    text = decision_proof.sign_decision(paid, signer=INSURER_SIGNER, key_id=INSURER_KEY_ID)

    with pytest.raises(ProofError):
        decision_proof.reproduce(text, CLAIM, REFUSED, key=KEY)


def test_nobody_signs_in_the_name_of_another() -> None:
    with pytest.raises(ProofError):
        decision_proof.sign_decision(
            decide(CLAIM, INPUTS), signer=INSURER_SIGNER, key_id=f"{RESEARCHER}#key"
        )


def test_a_decision_signed_with_a_key_of_another_is_refused() -> None:
    text = signed.sign(
        decide(CLAIM, INPUTS).to_json(),
        typ=decision_proof.TYPE,
        signer=INSURER_SIGNER,
        key_id=f"{RESEARCHER}#key",
    )

    with pytest.raises(ProofError):
        decision_proof.verify_signed(text, key=KEY)


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "perhaps"},
        {"outcome": "refuse"},
        {"reasons": ["replayed"]},
        {"marks": []},
        {"inputs": "short"},
        {"more": 1},
        {"outcome": "refuse", "reasons": ["replayed"], "marks": []},
    ],
)
def test_a_decision_that_contradicts_itself_is_refused(change: dict[str, object]) -> None:
    decision = decide(CLAIM, INPUTS).to_json()

    with pytest.raises(MalformedError):
        ContractDecision.parse({**decision, **change})  # type: ignore[dict-item]
