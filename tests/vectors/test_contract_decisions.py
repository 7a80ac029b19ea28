import hashlib
import json
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from consent_contracts.contracts.contract import Contract, decide, verify_decision
from consent_contracts.contracts.inputs import ContractInputs
from consent_contracts.contracts.insurance_claim import ClaimReason, InsuranceClaim
from consent_contracts.contracts.reason import CommonReason, Outcome, Reason
from consent_contracts.contracts.referral import Referral, ReferralReason
from consent_contracts.contracts.research_access import ResearchAccess, ResearchReason
from consent_contracts.contracts.verdict import ContractDecision
from ssi_core.encoding import base64url_encode
from ssi_core.errors import MalformedError, ProofError

FORMAT = "consentry-contract-vectors/1"
CONTRACTS: dict[str, tuple[Contract, type[Reason]]] = {
    "insurance-claim": (InsuranceClaim(), ClaimReason),
    "referral": (Referral(), ReferralReason),
    "research-access": (ResearchAccess(), ResearchReason),
}
FOLDER = files("consent_contracts") / "vectors" / "contracts"
# Prints the digest of every decision, in the order of files and vectors.
SCRIPT = """
import json, sys
from tests.vectors.test_contract_decisions import CONTRACTS, VECTORS
from consent_contracts.contracts.contract import decide
from consent_contracts.contracts.inputs import ContractInputs
for name, vector in VECTORS.items():
    contract = CONTRACTS[name.partition(":")[0]][0]
    print(decide(contract, ContractInputs.parse(vector["inputs"])).digest)
"""


def _published() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name, (contract, _reasons) in CONTRACTS.items():
        body = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        named = body["format"], body["contract"], body["version"]
        assert named == (FORMAT, contract.name, contract.version)
        found |= {f"{name}: {vector['name']}": vector for vector in body["vectors"]}
    return found


VECTORS = _published()


def _contract(name: str) -> Contract:
    return CONTRACTS[name.partition(":")[0]][0]


def _digest(value: Any) -> str:
    return base64url_encode(hashlib.sha256(rfc8785.dumps(value)).digest())


@pytest.mark.parametrize("name", VECTORS)
def test_a_published_vector_is_decided_as_it_says_to_the_last_byte(name: str) -> None:
    vector = VECTORS[name]

    decision = decide(_contract(name), ContractInputs.parse(vector["inputs"]))

    assert decision.to_json() == vector["decision"]
    assert decision.canonical() == rfc8785.dumps(vector["decision"])
    assert decision.digest == vector["digest"] == _digest(vector["decision"])
    assert decision.inputs_digest == _digest(vector["inputs"])


@pytest.mark.parametrize("name", VECTORS)
def test_anyone_who_holds_the_inputs_reproduces_the_decision(name: str) -> None:
    vector = VECTORS[name]
    inputs = ContractInputs.parse(vector["inputs"])

    decision = ContractDecision.parse(vector["decision"])

    assert verify_decision(_contract(name), inputs, decision) is decision


@pytest.mark.parametrize("name", VECTORS)
def test_other_inputs_lead_to_another_decision(name: str) -> None:
    vector = VECTORS[name]
    decision = ContractDecision.parse(vector["decision"])
    other = ContractInputs.parse(vector["inputs"] | {"nonce": "another"})

    with pytest.raises(ProofError):
        verify_decision(_contract(name), other, decision)


@pytest.mark.parametrize("name", VECTORS)
def test_neither_the_order_of_members_nor_that_of_signatures_changes_a_byte(name: str) -> None:
    inputs = VECTORS[name]["inputs"]
    turned = dict(reversed(inputs.items())) | {"signatures": inputs["signatures"][::-1]}

    decision = decide(_contract(name), ContractInputs.parse(turned))

    assert decision.digest == VECTORS[name]["digest"]


def test_processes_with_other_hash_seeds_give_the_same_bytes(project: Path) -> None:
    path = os.pathsep.join([str(project), *sys.path])

    seen = [
        subprocess.run(  # noqa: S603 - our own script
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        ).stdout.split()
        for seed in ("1", "4242")
    ]

    expected = [vector["digest"] for vector in VECTORS.values()]
    assert seen == [expected, expected]


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (file, reason)
        for file, (_contract_, reasons) in CONTRACTS.items()
        for reason in (*CommonReason, *reasons)
    ],
)
def test_every_reason_stands_alone_in_a_vector(file: str, reason: Reason) -> None:
    named = {
        tuple(vector["decision"]["reasons"]): vector["decision"]["outcome"]
        for name, vector in VECTORS.items()
        if name.startswith(f"{file}:")
    }

    assert named.get((reason.value,)) == reason.outcome.value


@pytest.mark.parametrize("file", CONTRACTS)
def test_only_an_authorisation_has_a_result_and_marks(file: str) -> None:
    decisions = [each["decision"] for name, each in VECTORS.items() if name.startswith(f"{file}:")]

    yes = [each for each in decisions if each["outcome"] == Outcome.AUTHORISE]
    no = [each for each in decisions if each["outcome"] != Outcome.AUTHORISE]

    assert yes
    assert no
    assert all(each["result"] and each["marks"] and not each["reasons"] for each in yes)
    assert all(each["reasons"] and not each["result"] and not each["marks"] for each in no)


@pytest.mark.parametrize("name", [next(n for n in VECTORS if n.startswith(f)) for f in CONTRACTS])
@pytest.mark.parametrize("place", ["", "terms", "facts", "state"])
def test_a_member_that_is_not_known_is_refused_wherever_it_stands(name: str, place: str) -> None:
    inputs = json.loads(json.dumps(VECTORS[name]["inputs"]))
    (inputs[place] if place else inputs)["except"] = True

    with pytest.raises(MalformedError):
        decide(_contract(name), ContractInputs.parse(inputs))


def test_inputs_of_one_contract_are_not_decided_by_another() -> None:
    inputs = ContractInputs.parse(next(iter(VECTORS.values()))["inputs"])

    with pytest.raises(MalformedError):
        decide(Referral(), inputs)


def test_the_page_about_contracts_names_every_file_and_every_reason(project: Path) -> None:
    page = (project / "docs" / "reference" / "contracts.md").read_text(encoding="utf-8")
    words = [reason.value for _c, reasons in CONTRACTS.values() for reason in reasons]
    words += [*(each.value for each in CommonReason), *(file.name for file in FOLDER.iterdir())]

    missing = [word for word in words if f"`{word}`" not in page]

    assert missing == []
    assert FORMAT in page
