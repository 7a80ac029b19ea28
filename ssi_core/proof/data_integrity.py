"""Create and verify proofs, from Verifiable Credential Data Integrity section 4.

https://www.w3.org/TR/vc-data-integrity/#algorithms
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, final

from ssi_core.errors import (
    AudienceError,
    ExpiredError,
    MalformedError,
    NonceError,
    NotYetValidError,
    ProofError,
)
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import PublicKey, Signer
from ssi_core.period import from_rfc3339, to_rfc3339
from ssi_core.proof.eddsa_jcs_2022 import EddsaJcs2022
from ssi_core.proof.suite import AllowedSuites, Cryptosuite
from ssi_core.strict_json import as_array, as_object, as_text

# Clocks of two machines differ; a proof from slightly ahead is not from the future.
CLOCK_SKEW: Final = timedelta(seconds=60)
# Every proof costs a canonicalization, so a document cannot ask for thousands.
MAX_PROOFS: Final = 16
_EDDSA_JCS_2022: Final = EddsaJcs2022()


@dataclass(frozen=True, slots=True)
@final
class VerifiedDocument:
    """A document, without its proofs, whose every proof held. Only `verify_proofs` makes one."""

    document: JsonObject


def add_proof(
    document: JsonObject,
    *,
    signer: Signer,
    verification_method: str,
    purpose: str,
    created: datetime | None,
    suite: Cryptosuite = _EDDSA_JCS_2022,
    options: JsonObject | None = None,
) -> JsonObject:
    """Return `document` with one more proof: a map if it is the first, an array if not.

    `options` holds further proof options (`expires`, `domain`, `challenge`, `nonce`, `id`).
    """
    unsecured = without_proofs(document)
    config: dict[str, JsonValue] = {"type": "DataIntegrityProof", "cryptosuite": suite.name}
    if created is not None:
        config["created"] = to_rfc3339(created)
    config["verificationMethod"] = as_text(verification_method, at="/proof/verificationMethod")
    config["proofPurpose"] = as_text(purpose, at="/proof/proofPurpose")
    config.update(options or {})
    if "@context" in unsecured:
        config["@context"] = unsecured["@context"]
    proof = {**config, "proofValue": suite.sign(suite.hash_data(unsecured, config), signer)}
    if "proof" not in document:
        return {**unsecured, "proof": proof}
    return {**unsecured, "proof": [*proofs_of(document), proof]}


def verify_proofs(
    secured: JsonObject,
    *,
    suites: AllowedSuites,
    keys: Mapping[str, PublicKey],
    purpose: str,
    at: datetime | None = None,
    domain: str | None = None,
    challenge: str | None = None,
) -> VerifiedDocument:
    """Check all proofs on `secured`; one failure, or none present, refuses the document.

    `keys` holds the verification methods already resolved and authorised for `purpose`. Without
    `at` there is no clock, and a proof that expires is refused. `domain` and `challenge` must be
    those of every proof when they are given.
    """
    unsecured = without_proofs(secured)
    for proof in proofs_of(secured):
        check_options(proof, purpose=purpose, at=at, domain=domain, challenge=challenge)
        key = keys.get(as_text(proof.get("verificationMethod"), at="/proof/verificationMethod"))
        if key is None:
            raise ProofError(
                "verification method is not authorised", at="/proof/verificationMethod"
            )
        suite = suites.named(as_text(proof.get("cryptosuite"), at="/proof/cryptosuite"))
        hash_data = suite.hash_data(in_context_of(proof, unsecured), config_of(proof))
        suite.check(hash_data, as_text(proof.get("proofValue"), at="/proof/proofValue"), key)
    return VerifiedDocument(unsecured)


def verification_methods(secured: JsonObject) -> tuple[str, ...]:
    """Return the verification method that each proof names: what a caller must resolve."""
    return tuple(
        as_text(proof.get("verificationMethod"), at="/proof/verificationMethod")
        for proof in proofs_of(secured)
    )


def proofs_of(secured: JsonObject) -> tuple[JsonObject, ...]:
    """Return the proofs on `secured`, at least one; raise `ProofError` if there is none."""
    value = secured.get("proof")
    proofs = [value] if isinstance(value, Mapping) else as_array(value or [], at="/proof")
    if not proofs:
        raise ProofError("document has no proof", at="/proof")
    if len(proofs) > MAX_PROOFS:
        raise MalformedError("document has more proofs than allowed", at="/proof")
    return tuple(as_object(proof, at="/proof") for proof in proofs)


def without_proofs(secured: JsonObject) -> JsonObject:
    """Return the unsecured document: everything but `proof`."""
    return {name: value for name, value in secured.items() if name != "proof"}


def config_of(proof: JsonObject) -> JsonObject:
    """Return the proof options as they were signed: everything but `proofValue`."""
    return {name: value for name, value in proof.items() if name != "proofValue"}


def in_context_of(proof: JsonObject, unsecured: JsonObject) -> JsonObject:
    """Return `unsecured` as it was signed: with the proof's `@context`, if the proof has one.

    The document's `@context` must begin with all of the proof's (vc-di-eddsa section 3.3.2 step 4):
    a later holder may have appended its own.
    """
    if "@context" not in proof:
        return unsecured
    signed, given = _contexts(proof["@context"]), _contexts(unsecured.get("@context"))
    if list(given[: len(signed)]) != list(signed):
        raise ProofError("document does not begin with the proof's @context", at="/@context")
    return {**unsecured, "@context": proof["@context"]}


def check_options(
    proof: JsonObject,
    *,
    purpose: str,
    at: datetime | None = None,
    domain: str | None = None,
    challenge: str | None = None,
) -> None:
    """Check type, purpose, dates, domain and challenge of one proof, but not its signature."""
    if proof.get("type") != "DataIntegrityProof":
        raise ProofError("proof is not a DataIntegrityProof", at="/proof/type")
    if proof.get("proofPurpose") != purpose:
        raise ProofError("proof was made for another purpose", at="/proof/proofPurpose")
    if "previousProof" in proof:
        raise ProofError("proof chains are not supported", at="/proof/previousProof")
    _check_dates(proof, at)
    if domain is not None and domain not in _domains(proof.get("domain")):
        raise AudienceError("proof was made for another domain", at="/proof/domain")
    if challenge is not None and proof.get("challenge") != challenge:
        raise NonceError("proof was made for another challenge", at="/proof/challenge")


def _check_dates(proof: JsonObject, at: datetime | None) -> None:
    if "created" in proof:
        created = from_rfc3339(as_text(proof["created"], at="/proof/created"), at="/proof/created")
        if at is not None and created > at + CLOCK_SKEW:
            raise NotYetValidError("proof was made in the future", at="/proof/created")
    if "expires" in proof:
        expires = from_rfc3339(as_text(proof["expires"], at="/proof/expires"), at="/proof/expires")
        if at is None or at >= expires:
            raise ExpiredError("proof has expired", at="/proof/expires")


def _contexts(value: JsonValue) -> Sequence[JsonValue]:
    return [value] if isinstance(value, str | Mapping) else as_array(value, at="/@context")


def _domains(value: JsonValue) -> Sequence[JsonValue]:
    return [value] if isinstance(value, str) else as_array(value or [], at="/proof/domain")
