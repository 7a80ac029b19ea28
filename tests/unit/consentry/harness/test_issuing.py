"""What the profile signs, what it refuses to sign, and what it derives."""

from typing import Any

import pytest

from ssi_core.errors import (
    AlgorithmError,
    ContextError,
    DataLossError,
    MalformedError,
    ProofError,
    SsiError,
    TrustError,
)
from ssi_core.strict_json import as_object
from tests.support.harness import DERIVED, SUITES, harness, secured, unsigned

V1 = "https://www.w3.org/2018/credentials/v1"
V2 = "https://www.w3.org/ns/credentials/v2"
PROOFS_V1 = "https://w3id.org/security/data-integrity/v1"
PROOFS_V2 = "https://w3id.org/security/data-integrity/v2"


def issue(credential: Any, suite: str = "eddsa-rdfc-2022", key_type: str = "Ed25519") -> Any:
    return harness().issuing.issue(credential, suite=suite, key_type=key_type)


def of_version_1(**changes: Any) -> dict[str, Any]:
    credential = unsigned("Ed25519", **{"@context": [V1, "https://w3id.org/vdl/v1"]})
    del credential["validFrom"], credential["name"]
    credential["type"] = ["VerifiableCredential"]
    credential["credentialSubject"] = {"id": "did:example:abcdefgh"}
    return {**credential, "issuanceDate": "2023-01-01T00:00:00Z", **changes}


@pytest.mark.parametrize(("suite", "key_type"), SUITES)
def test_what_every_suite_signs_verifies(suite: str, key_type: str) -> None:
    credential = secured(suite, key_type)

    harness().verifying.credential(credential)

    assert credential["proof"]["cryptosuite"] == suite
    assert credential["proof"]["created"] == "2026-11-26T12:00:00Z"
    assert credential["proof"]["verificationMethod"].startswith(credential["issuer"])


def test_a_missing_context_becomes_the_base_context() -> None:
    credential = unsigned("Ed25519", type=["VerifiableCredential"])
    credential["credentialSubject"] = {"id": "did:example:abcdefgh"}
    del credential["@context"]

    issued = issue(credential)

    assert issued["@context"] == [V2]


@pytest.mark.parametrize(
    ("given", "expected"),
    [([V1], [V1, PROOFS_V2]), ([V1, PROOFS_V1], [V1, PROOFS_V1]), ([V1, PROOFS_V2],) * 2],
)
def test_a_credential_of_version_1_gets_a_context_that_defines_proofs(
    given: list[str], expected: list[str]
) -> None:
    issued = issue(of_version_1(**{"@context": given}))

    harness().verifying.credential(issued)
    assert issued["@context"] == expected


@pytest.mark.parametrize("issuer", [None, "did:example:another", {"id": "https://example.org"}, {}])
def test_nothing_is_signed_in_the_name_of_another(issuer: Any) -> None:
    credential = unsigned("Ed25519", issuer=issuer)

    with pytest.raises((TrustError, MalformedError)):
        issue(credential)


def test_an_issuer_is_never_filled_in() -> None:
    credential = unsigned("Ed25519")
    del credential["issuer"]

    with pytest.raises(MalformedError) as refused:
        issue(credential)

    assert refused.value.at == "/issuer"


def test_an_issuer_may_be_an_object_with_the_did_as_its_id() -> None:
    did = unsigned("Ed25519")["issuer"]

    issued = issue(unsigned("Ed25519", issuer={"id": did, "name": "A clinic"}))

    harness().verifying.credential(issued)


@pytest.mark.parametrize(("suite", "key_type"), SUITES)
@pytest.mark.spec("vc-data-integrity", "2.5.3")
def test_no_suite_signs_a_term_that_means_nothing(suite: str, key_type: str) -> None:
    credential = unsigned(key_type, **{"@context": [V2]}, type=["VerifiableCredential"])
    credential["credentialSubject"] = {"id": "did:example:x", "undefinedTerm": 1}

    with pytest.raises(DataLossError):
        issue(credential, suite, key_type)


def test_a_context_that_is_not_known_is_not_fetched() -> None:
    credential = unsigned("Ed25519", **{"@context": [V2, "https://localhost:1/context"]})

    with pytest.raises(ContextError):
        issue(credential)


def test_an_inline_context_works() -> None:
    inline = {"undefinedTerm": "https://example.org/#term"}
    credential = unsigned("Ed25519", **{"@context": [V2, inline]}, type=["VerifiableCredential"])
    credential["credentialSubject"] = {"id": "did:example:x", "undefinedTerm": "value"}

    issued = issue(credential)

    harness().verifying.credential(issued)


@pytest.mark.parametrize(
    ("suite", "key_type"),
    [
        ("eddsa-rdfc-2022", "P-256"),
        ("ecdsa-sd-2023", "P-384"),
        ("bbs-2023", "Ed25519"),
        ("none", "Ed25519"),
        ("eddsa-rdfc-2022", "RSA"),
    ],
)
def test_a_suite_and_a_key_that_do_not_go_together_are_refused(suite: str, key_type: str) -> None:
    with pytest.raises(AlgorithmError):
        issue(unsigned("Ed25519"), suite, key_type)


@pytest.mark.spec("vc-data-model-2.0", "5.3")
def test_a_digest_that_no_known_version_of_a_context_has_is_not_signed() -> None:
    resource = {"id": V2, "digestMultibase": "uM4RgWQc3RUDtjJCSgTJtTfvpZ7SPEg_LNO0ESlovQC0"}

    with pytest.raises(ProofError):
        issue(unsigned("Ed25519", relatedResource=resource))


@pytest.mark.parametrize(
    "digest",
    ["WZVc7WaX1h4D8rJVb-vlMIqxaEKEb1tYbX8fet7JJzQ", "JKGMkOmFbVJhEfKTduMC2XCyvRAYLjOVmZWwIH1wQ7k"],
)
def test_both_known_versions_of_the_base_context_may_be_a_related_resource(digest: str) -> None:
    resource = {"id": V2, "digestMultibase": f"u{digest}"}

    issued = issue(unsigned("Ed25519", relatedResource=resource))

    harness().verifying.credential(issued)


@pytest.mark.parametrize("suite", DERIVED)
def test_a_derived_credential_shows_what_was_selected_and_what_is_mandatory(suite: str) -> None:
    key_type = dict(SUITES)[suite]
    profile = harness()
    issued = profile.issuing.issue(
        unsigned(key_type), suite=suite, key_type=key_type, mandatory_pointers=["/issuer"]
    )

    derived = profile.issuing.derive(
        issued, suite=suite, selective_pointers=["/credentialSubject/alumniOf"]
    )

    profile.verifying.credential(derived)
    subject = as_object(derived["credentialSubject"], at="")
    assert "name" not in derived
    assert subject.keys() == {"id", "alumniOf"}
    assert derived["issuer"] == issued["issuer"]


@pytest.mark.parametrize("suite", DERIVED)
def test_nothing_is_derived_from_a_base_proof_that_does_not_hold(suite: str) -> None:
    key_type = dict(SUITES)[suite]
    profile = harness()
    issued = profile.issuing.issue(unsigned(key_type), suite=suite, key_type=key_type)

    with pytest.raises(ProofError):
        profile.issuing.derive(
            {**issued, "name": "Another"}, suite=suite, selective_pointers=["/name"]
        )


@pytest.mark.parametrize("suite", DERIVED)
def test_a_base_proof_is_not_for_verifiers(suite: str) -> None:
    key_type = dict(SUITES)[suite]
    issued = harness().issuing.issue(unsigned(key_type), suite=suite, key_type=key_type)

    with pytest.raises(SsiError) as refused:
        harness().verifying.credential(issued)

    assert refused.value.at == "/proof/proofValue"


def test_nothing_is_derived_from_a_suite_that_has_no_base_proofs() -> None:
    issued = issue(unsigned("Ed25519"))

    with pytest.raises(AlgorithmError):
        harness().issuing.derive(issued, suite="eddsa-rdfc-2022", selective_pointers=["/name"])
