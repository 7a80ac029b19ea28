"""What the profile verifies: credentials, presentations, and proofs alone."""

from typing import Any

import pytest

from consentry.harness.keys import method_of
from ssi_core.credential import vc_jose_cose
from ssi_core.credential.enveloped import VP_JWT
from ssi_core.errors import (
    AudienceError,
    ContextError,
    MalformedError,
    NonceError,
    ProofError,
    TrustError,
    UnavailableError,
)
from ssi_core.proof.data_integrity import add_proof
from ssi_core.proof.eddsa_jcs_2022 import EddsaJcs2022
from tests.support.harness import KEYS, NOON, harness, secured, unsigned

V2 = "https://www.w3.org/ns/credentials/v2"
DOMAIN, CHALLENGE = "https://verifier.example", "a-challenge"


def sign(document: dict[str, Any], purpose: str, **options: Any) -> dict[str, Any]:
    return dict(
        add_proof(
            document,
            signer=KEYS.ed25519,
            verification_method=method_of(KEYS.ed25519),
            purpose=purpose,
            created=NOON,
            suite=EddsaJcs2022(),
            options=options,
        )
    )


def presentation(*credentials: Any, **changes: Any) -> dict[str, Any]:
    return {
        "@context": [V2],
        "type": ["VerifiablePresentation"],
        "holder": KEYS.dids()["Ed25519"],
        "verifiableCredential": list(credentials),
        **changes,
    }


def signed_presentation(*credentials: Any, **changes: Any) -> dict[str, Any]:
    bare = presentation(*credentials, **changes)
    return sign(bare, "authentication", domain=DOMAIN, challenge=CHALLENGE)


def test_an_issuer_that_does_not_control_the_key_is_only_let_through_by_name() -> None:
    credential = sign(unsigned("Ed25519", issuer="https://example.org/issuer"), "assertionMethod")

    harness().verifying.credential(credential, proof_only=True)

    with pytest.raises(TrustError):
        harness().verifying.credential(credential)


def test_proof_only_still_wants_a_proof_that_holds() -> None:
    credential = {**secured("eddsa-rdfc-2022", "Ed25519"), "name": "Another"}

    with pytest.raises(ProofError):
        harness().verifying.credential(credential, proof_only=True)


@pytest.mark.spec("vc-data-integrity", "4.6")
def test_a_context_that_is_not_known_is_refused_where_the_suite_does_not_read_it() -> None:
    unknown = unsigned("Ed25519", **{"@context": [V2, "https://localhost:1/context"]})

    with pytest.raises(ContextError):
        harness().verifying.credential(sign(unknown, "assertionMethod"))


def test_the_challenge_and_domain_of_a_request_are_those_of_every_proof() -> None:
    credential = sign(unsigned("Ed25519"), "assertionMethod", domain="a", challenge="b")

    harness().verifying.credential(credential, domain="a", challenge="b")

    with pytest.raises(AudienceError):
        harness().verifying.credential(credential, domain="b")
    with pytest.raises(NonceError):
        harness().verifying.credential(credential, challenge="a")


def test_a_signed_presentation_holds_for_what_it_was_made_for() -> None:
    shown = signed_presentation(secured("ecdsa-rdfc-2019", "P-256"))

    harness().verifying.presentation(shown, domain=DOMAIN, challenge=CHALLENGE)
    harness().verifying.presentation(shown, challenge=CHALLENGE)
    harness().verifying.presentation(shown)

    with pytest.raises(AudienceError):
        harness().verifying.presentation(shown, domain="another", challenge=CHALLENGE)
    with pytest.raises(NonceError):
        harness().verifying.presentation(shown, challenge="another")


def test_an_unsigned_presentation_holds_only_where_nothing_was_expected_of_it() -> None:
    shown = presentation(secured("eddsa-jcs-2022", "Ed25519"))

    harness().verifying.presentation(shown)

    for expected in ({"challenge": CHALLENGE}, {"domain": DOMAIN, "challenge": CHALLENGE}):
        with pytest.raises(ProofError):
            harness().verifying.presentation(shown, **expected)


def enveloped_presentation(**claims: Any) -> Any:
    credential = harness().issuing.issue(unsigned("P-256"), suite="jose", key_type="P-256")
    return vc_jose_cose.issue(
        presentation(credential),
        media_type=VP_JWT,
        key_id=method_of(KEYS.ed25519),
        signer=KEYS.ed25519,
        claims=claims,
    ).source


def test_an_enveloped_presentation_holds_for_what_it_was_made_for() -> None:
    shown = enveloped_presentation(aud=DOMAIN, nonce=CHALLENGE)

    harness().verifying.presentation(shown, domain=DOMAIN, challenge=CHALLENGE)
    harness().verifying.presentation(shown, challenge=CHALLENGE)
    harness().verifying.presentation(shown, domain=["https://other.example", DOMAIN])
    harness().verifying.presentation(shown)

    for given in ({"challenge": "another"}, {"domain": "another"}):
        with pytest.raises(ProofError):
            harness().verifying.presentation(shown, **given)


def test_an_envelope_that_is_for_nobody_answers_nothing_that_is_expected() -> None:
    shown = enveloped_presentation()

    harness().verifying.presentation(shown)

    for given in ({"challenge": CHALLENGE}, {"domain": DOMAIN, "challenge": CHALLENGE}):
        with pytest.raises(ProofError):
            harness().verifying.presentation(shown, **given)


def test_a_bad_credential_makes_a_bad_presentation() -> None:
    bad = {**secured("eddsa-rdfc-2022", "Ed25519"), "name": "Another"}

    for shown in (presentation(bad), signed_presentation(bad)):
        with pytest.raises(ProofError):
            harness().verifying.presentation(shown)


def test_an_unsigned_credential_is_what_its_holder_says_when_the_holder_signed() -> None:
    claimed = unsigned("Ed25519")

    harness().verifying.presentation(signed_presentation(claimed))

    with pytest.raises(ProofError):
        harness().verifying.presentation(presentation(claimed))
    with pytest.raises(ProofError):
        harness().verifying.presentation(signed_presentation(unsigned("P-256")))


def test_a_holder_that_did_not_sign_is_refused() -> None:
    shown = signed_presentation(secured("eddsa-jcs-2022", "Ed25519"), holder=KEYS.dids()["P-256"])

    with pytest.raises(TrustError):
        harness().verifying.presentation(shown)


def test_proofs_alone_may_be_on_any_document_and_for_any_purpose() -> None:
    document = {"@context": [V2], "name": "Not a credential"}

    for purpose in ("assertionMethod", "authentication", "capabilityInvocation"):
        harness().verifying.proofs(sign(document, purpose))


@pytest.mark.parametrize("purpose", ["keyAgreement", "nothing"])
def test_proofs_alone_must_be_for_a_purpose_that_the_key_has(purpose: str) -> None:
    document = sign({"@context": [V2], "name": "Not a credential"}, purpose)

    with pytest.raises(ProofError):
        harness().verifying.proofs(document)


@pytest.mark.parametrize("proof", [None, [], {}, [{}], "proof", [None]])
def test_no_proof_is_never_verified(proof: Any) -> None:
    credential = {**secured("eddsa-jcs-2022", "Ed25519"), "proof": proof}

    for judge in (harness().verifying.proofs, harness().verifying.credential):
        with pytest.raises((ProofError, MalformedError)):
            judge(credential)


def test_a_key_that_cannot_be_found_out_is_not_a_yes() -> None:
    credential = secured("eddsa-jcs-2022", "Ed25519")
    credential["proof"] = {
        **credential["proof"],
        "verificationMethod": "did:web:localhost%3A1#key",
    }

    with pytest.raises(UnavailableError):
        harness().verifying.credential(credential)
