"""Every way a proof can be wrong, for every cryptosuite: each is refused with its own reason.

How a proof value is written is in `test_refused_signatures.py`, `test_refused_proof_values.py`.
"""

from collections.abc import Callable
from typing import Any

import pytest

from ssi_core.errors import (
    AlgorithmError,
    ExpiredError,
    MalformedError,
    NotYetValidError,
    ProofError,
    TrustError,
    UnavailableError,
)
from tests.support.secured_rows import (
    CHALLENGE,
    CLINIC,
    DOCUMENT,
    DOMAIN,
    OTHER,
    ROWS,
    Refusal,
    Row,
    refusal,
    with_proof,
)

Wrong = Callable[[Row], Any]

pytestmark = [
    pytest.mark.spec("vc-data-integrity", "4.5"),
    pytest.mark.spec("vc-data-integrity", "4.6"),
]

METHOD = "/proof/verificationMethod"
EVERY_ROW = pytest.mark.parametrize("row", ROWS, ids=str)
# Another proof in a set: what it is secured with does not matter to the one beside it.
BESIDE = Row("eddsa-jcs-2022", "Ed25519")


def method(name: str) -> Wrong:
    """Return what makes a proof by the issuer's method of this name, a kind of key in it."""
    return lambda row: row.secure(method=f"{CLINIC}#{name.format(row.kind)}")


def proof(**members: Any) -> Wrong:
    """Return what changes a good proof."""
    return lambda row: with_proof(row.secure(), **members)


def options(**members: Any) -> Wrong:
    """Return what makes a proof with these options, all of them signed."""
    return lambda row: row.secure(**members)


def document(**members: Any) -> Wrong:
    """Return what secures a credential of which some members are others."""
    return lambda row: row.secure({**DOCUMENT, **members})


def several(*changes: Any) -> Wrong:
    """Return what puts as many proofs on a document as there are changes, each with its own."""

    def make(row: Row) -> Any:
        secured = row.secure()
        proofs = [{**secured["proof"], **members} for members in changes]
        return {**secured, "proof": proofs}

    return make


WRONGS: dict[str, tuple[Wrong, Refusal]] = {
    # Purpose and key
    "wrong purpose": (
        options(purpose="authentication"),
        Refusal(ProofError, "/proof/proofPurpose", "proof was made for another purpose"),
    ),
    "no purpose": (
        proof(proofPurpose=...),
        Refusal(ProofError, "/proof/proofPurpose", "proof was made for another purpose"),
    ),
    "method for another purpose": (
        method("{}-login"),
        Refusal(ProofError, METHOD, "verification method is not authorised for this"),
    ),
    "method not in the document": (
        method("{}-never"),
        Refusal(ProofError, METHOD, "verification method is not in the DID document"),
    ),
    "method expired": (
        method("{}-expired"),
        Refusal(ProofError, METHOD, "verification method has expired"),
    ),
    "method revoked": (
        method("{}-revoked"),
        Refusal(ProofError, METHOD, "verification method was revoked"),
    ),
    "issuer not the controller": (
        lambda row: row.secure(method=f"{OTHER}#{row.kind}"),
        Refusal(TrustError, "/issuer", "no proof was made with a key of this party"),
    ),
    "method relative": (
        proof(verificationMethod="#Ed25519"),
        Refusal(MalformedError, METHOD, "not a DID URL"),
    ),
    "method without a fragment": (
        options(method=CLINIC),
        Refusal(MalformedError, METHOD, "a verification method is named by a DID and a fragment"),
    ),
    "method with a query": (
        lambda row: row.secure(method=f"{CLINIC}?versionId=1#{row.kind}"),
        Refusal(
            ProofError, METHOD, "a verification method with a path or a query is not read here"
        ),
    ),
    "method is an object": (
        proof(verificationMethod={"id": "did:web:clinic.example#key"}),
        Refusal(MalformedError, METHOD, "must be a string that is not empty"),
    ),
    "DID that could not be resolved": (
        lambda row: row.secure(method=f"did:web:nobody.example#{row.kind}"),
        Refusal(UnavailableError, METHOD, "a fact that the decision rests on was not collected"),
    ),
    # Type and suite
    "proof type wrong": (
        proof(type="Ed25519Signature2020"),
        Refusal(ProofError, "/proof/type", "proof is not a DataIntegrityProof"),
    ),
    "proof type missing": (
        proof(type=...),
        Refusal(MalformedError, "/proof/type", "must be a string that is not empty"),
    ),
    "unknown cryptosuite": (
        proof(cryptosuite="eddsa-2022"),
        Refusal(AlgorithmError, "/proof/cryptosuite", "cryptosuite is not allowed here"),
    ),
    "no cryptosuite": (
        proof(cryptosuite=...),
        Refusal(MalformedError, "/proof/cryptosuite", "must be a string that is not empty"),
    ),
    "no proof value": (
        proof(proofValue=...),
        Refusal(MalformedError, "/proof/proofValue", "must be a string that is not empty"),
    ),
    "proof id is no URL": (
        proof(id="one two"),
        Refusal(MalformedError, "/proof/id", "an identifier is not an absolute IRI"),
    ),
    # Dates
    "proof expired": (
        options(expires="2026-02-01T00:00:00Z"),
        Refusal(ExpiredError, "/proof/expires", "proof has expired"),
    ),
    "proof made in the future": (
        options(created="2026-03-01T13:00:00Z"),
        Refusal(NotYetValidError, "/proof/created", "proof was made in the future"),
    ),
    "proof ends at no moment": (
        proof(expires="tomorrow"),
        Refusal(MalformedError, "/proof/expires", "not a dateTimeStamp"),
    ),
    "proof made at no moment": (
        proof(created="2026-03-01"),
        Refusal(MalformedError, "/proof/created", "not a dateTimeStamp"),
    ),
    "credential not valid yet": (
        document(validFrom="2026-04-01T00:00:00Z"),
        Refusal(NotYetValidError, "/validFrom", "credential is not valid yet"),
    ),
    "credential no longer valid": (
        document(validUntil="2026-02-01T00:00:00Z"),
        Refusal(ExpiredError, "/validUntil", "credential is no longer valid"),
    ),
    # Context
    "context of the proof is not the document's": (
        proof(**{"@context": ["https://www.w3.org/ns/credentials/examples/v2"]}),
        Refusal(ProofError, "/@context", "document does not begin with the proof's @context"),
    ),
    # How many
    "no proof": (
        lambda row: {**row.secure(), "proof": ...},
        Refusal(ProofError, "/proof", "document has no proof"),
    ),
    "empty list of proofs": (
        lambda row: {**row.secure(), "proof": []},
        Refusal(MalformedError, "/proof", "must not be empty"),
    ),
    "too many proofs": (
        several(*({"id": f"urn:proof:{number}"} for number in range(17))),
        Refusal(MalformedError, "/proof", "document has more proofs than allowed"),
    ),
    # Chains
    "previous proof missing": (
        proof(previousProof="urn:proof:1"),
        Refusal(ProofError, "/proof/previousProof", "a previous proof is missing"),
    ),
    "previous proof named twice": (
        proof(previousProof=["urn:proof:1", "urn:proof:1"]),
        Refusal(MalformedError, "/proof/previousProof", "a previous proof is named twice"),
    ),
    "previous proof not the only one": (
        several({"id": "urn:proof:1"}, {"id": "urn:proof:1"}, {"previousProof": "urn:proof:1"}),
        Refusal(
            ProofError,
            "/proof/2/previousProof",
            "several proofs go by the id of a previous proof",
        ),
    ),
    "proof builds on itself": (
        proof(id="urn:proof:1", previousProof="urn:proof:1"),
        Refusal(ProofError, "/proof/previousProof", "proofs build on each other in a circle"),
    ),
    "proofs build on each other": (
        several(
            {"id": "urn:proof:1", "previousProof": "urn:proof:2"},
            {"id": "urn:proof:2", "previousProof": "urn:proof:3"},
            {"id": "urn:proof:3", "previousProof": ["urn:proof:1"]},
        ),
        Refusal(ProofError, "/proof/0/previousProof", "proofs build on each other in a circle"),
    ),
}
# The same wrong in two guises, which one reason tells well enough.
ALIKE = {"no purpose"}


@EVERY_ROW
@pytest.mark.parametrize("wrong", WRONGS)
def test_each_wrong_is_refused_with_its_own_reason(row: Row, wrong: str) -> None:
    make, expected = WRONGS[wrong]
    secured = {name: value for name, value in make(row).items() if value is not ...}

    found = refusal(lambda: row.verify(secured))

    assert found == expected


def test_no_two_wrongs_have_one_reason() -> None:
    reasons = [expected for name, (_, expected) in WRONGS.items() if name not in ALIKE]

    assert len(set(reasons)) == len(reasons)


@EVERY_ROW
def test_what_nothing_is_wrong_with_is_accepted(row: Row) -> None:
    assert row.verify(row.secure()).issuer == CLINIC
    assert row.verify_for(row.secure(domain=DOMAIN, challenge=CHALLENGE))
