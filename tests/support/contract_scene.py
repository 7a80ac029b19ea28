"""Published inputs of the contracts, as tests start from them."""

import json
from copy import deepcopy
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

from consent_contracts.contracts.inputs import ContractInputs, TermsSignature
from ssi_core.did.syntax import Did


def published(file: str, name: str | None = None) -> dict[str, Any]:
    """Return the inputs of a vector: the one with this name, else the file's first."""
    found = next(each for each in _vectors(file) if name in (None, each["name"]))
    inputs: dict[str, Any] = deepcopy(found["inputs"])
    return inputs


def signed_by_all(inputs: ContractInputs) -> ContractInputs:
    """Return inputs whose terms, as they stand, the same parties have signed."""
    signatures = tuple(
        TermsSignature(each.party, inputs.terms_digest) for each in inputs.signatures
    )
    return replace(inputs, signatures=signatures)


def claim_at(insurer: Did, *, event: str, ledger: str, nonce: str) -> ContractInputs:
    """Return a claim for the treatment `event` under a policy of `insurer`, ready to be settled."""
    inputs = published("insurance-claim")
    records = inputs["facts"]["consent"]["records"]
    records[0]["grant"]["recipient"] = {"id": str(insurer)}
    inputs["facts"]["treatment"]["claims"]["event"] = event
    insured = inputs["terms"]["insured"]
    inputs["terms"] |= {"insurer": str(insurer), "ledger": ledger}
    inputs |= {"decider": str(insurer), "nonce": nonce}
    inputs["signatures"] = [
        {"party": party, "terms": inputs["signatures"][0]["terms"]}
        for party in (str(insurer), *insured)
    ]
    return signed_by_all(ContractInputs.parse(inputs))


@cache
def _vectors(file: str) -> list[dict[str, Any]]:
    folder = files("consent_contracts") / "vectors" / "contracts"
    body = json.loads((folder / f"{file}.json").read_text("utf-8"))
    found: list[dict[str, Any]] = body["vectors"]
    return found
