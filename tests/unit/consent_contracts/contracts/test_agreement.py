from typing import Any

import pytest

from consent_contracts.contracts import agreement
from consent_contracts.contracts.contract import decide
from consent_contracts.contracts.inputs import ContractInputs, TermsSignature
from consent_contracts.contracts.insurance_claim import InsuranceClaim
from ssi_core.did.syntax import Did
from ssi_core.errors import AlgorithmError, MalformedError, ProofError
from tests.support.consent import (
    HOLDER,
    HOLDER_KEY,
    INSURER,
    INSURER_KEY_ID,
    INSURER_SIGNER,
    RESEARCHER,
)
from tests.support.contract_scene import published

CLAIM = InsuranceClaim()
NAMED = (CLAIM.name, CLAIM.version)


def _terms() -> dict[str, Any]:
    terms: dict[str, Any] = published("insurance-claim")["terms"]
    return terms | {"insured": [HOLDER_KEY]}


def _insurers(terms: dict[str, Any]) -> str:
    return agreement.sign_terms(*NAMED, terms, signer=INSURER_SIGNER, key_id=INSURER_KEY_ID)


def _insureds(terms: dict[str, Any]) -> str:
    return agreement.sign_terms(*NAMED, terms, signer=HOLDER, key_id=None)


def _verified(text: str, *, party: Did | None = INSURER, **changes: Any) -> TermsSignature:
    key = INSURER_SIGNER.public_key if party is not None else HOLDER.public_key
    contract = changes.get("contract", NAMED)
    return agreement.verify_terms(text, *contract, key=changes.get("key", key), party=party)


def test_a_policy_that_both_have_signed_is_the_one_that_a_claim_is_decided_by() -> None:
    inputs, terms = published("insurance-claim"), _terms()
    inputs["facts"]["treatment"]["holder_key"] = HOLDER_KEY
    inputs["facts"]["consent"]["records"][0]["grant"]["subject"]["keys"] = [HOLDER_KEY]
    signatures = [_verified(_insurers(terms)), _verified(_insureds(terms), party=None)]
    inputs |= {"terms": terms, "signatures": [each.to_json() for each in signatures]}

    paid = decide(CLAIM, ContractInputs.parse(inputs))
    inputs["terms"] = terms | {"deductible": 0}
    altered = decide(CLAIM, ContractInputs.parse(inputs))

    assert paid.outcome == "authorise"
    assert altered.reasons == ("terms_altered",)


def test_a_party_is_named_by_its_did_and_a_person_by_the_key() -> None:
    found = _verified(_insurers(_terms())), _verified(_insureds(_terms()), party=None)

    assert [each.party for each in found] == [str(INSURER), HOLDER_KEY]


def test_a_signature_under_another_contract_or_version_does_not_count() -> None:
    text = _insurers(_terms())

    for contract in (("referral", 1), (CLAIM.name, 2)):
        with pytest.raises(ProofError):
            _verified(text, contract=contract)


def test_another_key_has_not_signed() -> None:
    with pytest.raises((ProofError, AlgorithmError)):
        _verified(_insurers(_terms()), key=HOLDER.public_key)


def test_a_party_does_not_sign_for_another() -> None:
    with pytest.raises(ProofError):
        _verified(_insurers(_terms()), party=RESEARCHER)


def test_a_signature_in_a_partys_name_is_no_persons_signature() -> None:
    with pytest.raises(ProofError):
        _verified(_insurers(_terms()), party=None, key=INSURER_SIGNER.public_key)


def test_a_persons_signature_is_no_partys() -> None:
    with pytest.raises(MalformedError):
        _verified(_insureds(_terms()), party=INSURER, key=HOLDER.public_key)


@pytest.mark.parametrize("place", [5, 60, 150, -5])
def test_no_altered_character_is_accepted(place: int) -> None:
    text = _insurers(_terms())
    altered = "B" if text[place] == "A" else "A"
    broken = text[:place] + altered + text[place:][1:]

    with pytest.raises((ProofError, MalformedError)):
        _verified(broken)
