"""Proof sets and chains: those that vc-di-eddsa publishes, and how a chain breaks."""

from typing import Any

import pytest

from ssi_core.credential.contexts import bundled
from ssi_core.encoding import multibase_decode
from ssi_core.errors import MalformedError, ProofError, SsiError, WorkLimitError
from ssi_core.keys import Ed25519Signer
from ssi_core.proof.data_integrity import VerifiedDocument, add_proof, verify_proofs
from ssi_core.proof.eddsa_jcs_2022 import EddsaJcs2022
from ssi_core.proof.eddsa_rdfc_2022 import EddsaRdfc2022
from ssi_core.proof.proof_chain import secured_by
from ssi_core.proof.suite import AllowedSuites, Cryptosuite
from ssi_core.rdf.json_ld import JsonLd

pytestmark = pytest.mark.spec("vc-data-integrity", "4.6")

RDFC, JCS = EddsaRdfc2022(JsonLd(bundled())), EddsaJcs2022()
SUITES = AllowedSuites([RDFC, JCS])

# https://www.w3.org/TR/vc-di-eddsa/#proof-sets-and-chains
UNSIGNED: dict[str, Any] = {
    "@context": [
        "https://www.w3.org/ns/credentials/v2",
        "https://www.w3.org/ns/credentials/examples/v2",
    ],
    "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
    "type": ["VerifiableCredential", "AlumniCredential"],
    "name": "Alumni Credential",
    "description": "A minimum viable example of an Alumni Credential.",
    "issuer": "https://vc.example/issuers/5678",
    "validFrom": "2023-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"},
}
SIGNERS = [
    Ed25519Signer(multibase_decode(text)[2:])
    for text in (
        "z3u2W4YnTstS1nSSBAgZcYSJF43JuZ9uLV6bF38B1Bf8NugW",
        "z3u2cfp4Q17kMGhNCh348a3yw3cUBiWK6RXRzyJE54sixMFn",
        "z3u2Zr3tcDLBDQKGxVa9SRDFNLqNqPWsa8p9rWPvCEH6bADB",
        "z3u2ZTWiFwM17veUR7sXniY66Gf14SqMdpMLy7SW9x4EDdmw",
    )
]
METHODS = [f"did:key:{key}#{key}" for key in (signer.public_key.multikey for signer in SIGNERS)]
KEYS = {method: signer.public_key for method, signer in zip(METHODS, SIGNERS, strict=True)}
FIRST, SECOND, THIRD = (
    "urn:uuid:26329423-bec9-4b2e-88cb-a7c7d9dc4544",
    "urn:uuid:8cc9022b-6b14-4cf3-8571-74972c5feb54",
    "urn:uuid:d94f792a-c546-4d06-b38a-da070ab56c23",
)
OPTIONS: list[dict[str, Any]] = [
    {"id": FIRST, "created": "2023-02-24T23:36:38Z"},
    {"id": SECOND, "created": "2023-02-24T23:36:38Z"},
    {"id": THIRD, "created": "2023-02-26T22:06:38Z", "previousProof": [FIRST, SECOND]},
    {"created": "2023-02-26T22:16:38Z", "previousProof": THIRD},
]
PROOF_VALUES = [
    "z66vWyqwAghu52WbpRkCwFRTu6Msn92ArtjpJ3gGMSVoU5RADwBfszoDt1QWY8owqLPz4nTj7hAwV7xFti1p93zdr",
    "z2scr94SNNrGpP2bE7ajvKWeUHm7HJ2edDkxpARvFAQ8V3USzwEzibqrXKaLHBrWostswsfvg82twQR88BgtnsrXY",
    "zWaPeEvBAkhQpNQj8pknuvg5STcKnt3cvM9t4kAYeJETFjvVMSXEEjadC4uxC9fKCn6JHbjt6fj2fhoaVNynBm6J",
    "z4b5uUtxNiV4E541LiR8qLvA21xM1Vt4Hfn6nLmmDePdFvLB3jFj3HyEEJyRMbpJzv4Gfdr8ABeuRTxAvZv6KWRRh",
]


def chain(suite: Cryptosuite = RDFC, document: Any = UNSIGNED) -> dict[str, Any]:
    secured = document
    for signer, method, options in zip(SIGNERS, METHODS, OPTIONS, strict=True):
        secured = add_proof(
            secured,
            signer=signer,
            verification_method=method,
            purpose="assertionMethod",
            created=None,
            suite=suite,
            options=options,
        )
    return dict(secured)


def verify(secured: Any) -> VerifiedDocument:
    return verify_proofs(secured, suites=SUITES, keys=KEYS, purpose="assertionMethod")


@pytest.fixture(params=[RDFC, JCS], ids=lambda suite: suite.name)
def secured(request: pytest.FixtureRequest) -> dict[str, Any]:
    return chain(request.param)


@pytest.mark.spec("vc-di-eddsa", "B.6")
def test_the_chain_is_the_published_one():
    proofs = chain()["proof"]

    assert [proof["proofValue"] for proof in proofs] == PROOF_VALUES


def test_a_chain_verifies_whole(secured: dict[str, Any]):
    verified = verify(secured)

    assert verified.document == UNSIGNED
    assert verified.proofs == tuple(secured["proof"])


def test_the_order_of_proofs_does_not_matter(secured: dict[str, Any]):
    first, second, third, fourth = secured["proof"]

    # Those of a set have no order; a chain is held together by ids alone.
    assert verify({**secured, "proof": [first, second, third, fourth]}).document == UNSIGNED
    assert verify({**secured, "proof": [fourth, first, second, third]}).document == UNSIGNED


@pytest.mark.parametrize("left_out", [0, 1, 2])
def test_a_chain_without_a_link_is_refused(secured: dict[str, Any], left_out: int):
    proofs = [proof for index, proof in enumerate(secured["proof"]) if index != left_out]

    with pytest.raises(ProofError, match="previous proof"):
        verify({**secured, "proof": proofs})


def test_the_last_link_may_go_since_nothing_names_it(secured: dict[str, Any]):
    assert verify({**secured, "proof": secured["proof"][:3]}).document == UNSIGNED


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize(
    "change",
    [
        {"proofValue": PROOF_VALUES[0][:-4] + "zzzz"},
        {"created": "2023-02-24T23:36:39Z"},
        {"nonce": "another"},
    ],
    ids=["value", "created", "nonce"],
)
def test_a_change_in_any_link_is_refused(
    secured: dict[str, Any], place: int, change: dict[str, str]
):
    proofs = list(secured["proof"])
    proofs[place] = {**proofs[place], **change}

    with pytest.raises(ProofError, match="signature does not hold"):
        verify({**secured, "proof": proofs})


def test_a_previous_proof_cannot_be_exchanged_for_another_good_one(secured: dict[str, Any]):
    first, second, third, fourth = secured["proof"]
    impostor = {**second, "id": FIRST}

    with pytest.raises(ProofError):
        verify({**secured, "proof": [impostor, {**first, "id": SECOND}, third, fourth]})


def test_a_proof_cannot_be_taken_out_of_its_chain(secured: dict[str, Any]):
    alone = {name: value for name, value in secured["proof"][3].items() if name != "previousProof"}

    with pytest.raises(ProofError, match="signature does not hold"):
        verify({**secured, "proof": alone})


def test_two_proofs_of_one_id_are_refused(secured: dict[str, Any]):
    with pytest.raises(ProofError, match="previous proof"):
        verify({**secured, "proof": [*secured["proof"], {**secured["proof"][1], "id": FIRST}]})


@pytest.mark.parametrize(
    "previous", [456321, None, "", [], [FIRST, FIRST], [7], [None], {"id": FIRST}, [[FIRST]]]
)
def test_what_names_no_proofs_is_malformed(secured: dict[str, Any], previous: Any):
    proofs = list(secured["proof"])
    proofs[3] = {**proofs[3], "previousProof": previous}

    with pytest.raises(MalformedError):
        verify({**secured, "proof": proofs})


def test_a_proof_cannot_build_on_itself():
    proof = {"id": FIRST, "previousProof": FIRST}

    with pytest.raises(SsiError):
        verify({**UNSIGNED, "proof": {**chain()["proof"][0], **proof}})


def test_adding_a_proof_to_a_chain_that_is_not_there_is_refused():
    with pytest.raises(ProofError, match="previous proof"):
        add_proof(
            UNSIGNED,
            signer=SIGNERS[0],
            verification_method=METHODS[0],
            purpose="assertionMethod",
            created=None,
            options={"previousProof": FIRST},
        )


def test_without_previous_proofs_the_document_is_secured_alone():
    proofs = chain()["proof"]

    assert secured_by(proofs[0], UNSIGNED, proofs) == UNSIGNED
    assert secured_by(proofs[3], UNSIGNED, proofs) == {**UNSIGNED, "proof": [proofs[2]]}
    assert secured_by(proofs[2], UNSIGNED, proofs) == {**UNSIGNED, "proof": proofs[:2]}


def test_many_proofs_on_a_large_document_are_refused_before_any_is_checked():
    proofs = [{**chain()["proof"][0], "id": f"urn:x:{index}"} for index in range(16)]

    with pytest.raises(WorkLimitError, match="too large"):
        verify({**UNSIGNED, "description": "x" * 30_000, "proof": proofs})
