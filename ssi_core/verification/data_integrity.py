"""Credentials and presentations secured by Data Integrity proofs, verified on collected evidence.

https://www.w3.org/TR/vc-data-model-2.0/#verification
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ssi_core.credential.model import V2_ONLY, Credential, DataModel
from ssi_core.credential.presentation import Envelope, Presentation
from ssi_core.did.document import VerificationRelationship
from ssi_core.did.syntax import DidUrl
from ssi_core.errors import MalformedError, TrustError
from ssi_core.json_types import JsonObject
from ssi_core.keys import PublicKey
from ssi_core.proof.data_integrity import VerifiedDocument, verification_methods, verify_proofs
from ssi_core.proof.suite import AllowedSuites
from ssi_core.rdf import work
from ssi_core.verification.evidence import DidNeed, Evidence

_METHOD: Final = "/proof/verificationMethod"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataIntegrityPolicy:
    """What a caller accepts; there is no default for the cryptosuites.

    `known_resources` has the versions of related resources that are used here, by URL.
    """

    suites: AllowedSuites
    versions: Collection[DataModel] = V2_ONLY
    # Only a harness that judges proofs alone turns this off.
    require_issuer_proof: bool = True
    known_resources: Mapping[str, Sequence[bytes]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedPresentation:
    """Where and for which request a presentation must have been made."""

    domain: str | Sequence[str]
    challenge: str

    def __post_init__(self) -> None:
        if not (self.domain and self.challenge):
            raise MalformedError("a presentation is made for a domain and a challenge")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedPresentation:
    """A presentation whose proofs held. `envelopes` have still to be opened and verified."""

    presentation: Presentation
    credentials: tuple[Credential, ...]
    envelopes: tuple[Envelope, ...]


def needs(secured: JsonObject) -> frozenset[DidNeed]:
    """Return the DID documents that tell the keys of all proofs on `secured`."""
    return frozenset(
        DidNeed(DidUrl.parse(method, at=_METHOD).did) for method in verification_methods(secured)
    )


def presentation_needs(presentation: Presentation) -> frozenset[DidNeed]:
    """Return what the proofs of a presentation and of the credentials in it need."""
    documents = [presentation.source, *(item.source for item in _proven(presentation))]
    return frozenset(need for document in documents for need in needs(document))


def verify_document(
    secured: JsonObject,
    *,
    purpose: VerificationRelationship,
    evidence: Evidence,
    policy: DataIntegrityPolicy,
    at: datetime,
    expected: ExpectedPresentation | None = None,
) -> VerifiedDocument:
    """Return `secured` without its proofs if each of them holds and was made for `purpose`.

    Every key must be listed under that relationship in its DID document.
    """
    return verify_proofs(
        secured,
        suites=policy.suites,
        keys=_keys(secured, purpose, evidence, at=at),
        purpose=purpose.value,
        at=at,
        domain=None if expected is None else expected.domain,
        challenge=None if expected is None else expected.challenge,
    )


def verify_credential(
    secured: JsonObject, *, evidence: Evidence, policy: DataIntegrityPolicy, at: datetime
) -> Credential:
    """Return the credential if every check but that of its status holds."""
    # 1. The form is the data model's.
    credential = Credential.parse(secured, versions=policy.versions)

    # 2. Every proof holds, by a key that may make assertions.
    verified = verify_document(
        secured,
        purpose=VerificationRelationship.ASSERTION_METHOD,
        evidence=evidence,
        policy=policy,
        at=at,
    )

    # 3. One of them is the issuer's.
    if policy.require_issuer_proof:
        _require_proof_by(credential.issuer, verified, at="/issuer")

    # 4. It is valid now, and what it refers to is what the issuer saw.
    credential.require_valid(at=at)
    credential.check_related_resources(policy.known_resources)
    return credential


def verify_presentation(
    secured: JsonObject,
    *,
    evidence: Evidence,
    policy: DataIntegrityPolicy,
    expected: ExpectedPresentation,
    at: datetime,
) -> VerifiedPresentation:
    """Return the presentation if its proofs, and those of every credential in it, hold."""
    presentation = Presentation.parse(secured, versions=policy.versions)
    holder = presentation.holder
    with work.bounded():
        verified = verify_document(
            secured,
            purpose=VerificationRelationship.AUTHENTICATION,
            evidence=evidence,
            policy=policy,
            at=at,
            expected=expected,
        )
        if holder is not None and policy.require_issuer_proof:
            _require_proof_by(holder, verified, at="/holder")
        return verify_contents(
            presentation, evidence=evidence, policy=policy, at=at, asserted_by=holder
        )


def verify_contents(
    presentation: Presentation,
    *,
    evidence: Evidence,
    policy: DataIntegrityPolicy,
    at: datetime,
    asserted_by: str | None = None,
) -> VerifiedPresentation:
    """Verify the credentials in a presentation, but not whoever presents them.

    `asserted_by` is the holder whose proof on the presentation held: only what that holder itself
    claims needs no other proof.
    """
    presentation.require_secured(asserted_by=asserted_by)
    with work.bounded():
        for credential in _proven(presentation):
            verify_credential(credential.source, evidence=evidence, policy=policy, at=at)
    return VerifiedPresentation(
        presentation=presentation,
        credentials=tuple(
            item for item in presentation.credentials if isinstance(item, Credential)
        ),
        envelopes=tuple(item for item in presentation.credentials if isinstance(item, Envelope)),
    )


def _proven(presentation: Presentation) -> tuple[Credential, ...]:
    return tuple(
        item
        for item in presentation.credentials
        if isinstance(item, Credential) and "proof" in item.source
    )


def _keys(
    secured: JsonObject,
    purpose: VerificationRelationship,
    evidence: Evidence,
    *,
    at: datetime,
) -> Mapping[str, PublicKey]:
    return {
        method: evidence.document(DidUrl.parse(method, at=_METHOD).did).key_for(
            method, purpose, at=at
        )
        for method in verification_methods(secured)
    }


def _require_proof_by(controller: str, verified: VerifiedDocument, *, at: str) -> None:
    methods = (proof["verificationMethod"] for proof in verified.proofs)
    if not any(str(DidUrl.parse(str(method)).did) == controller for method in methods):
        raise TrustError("no proof was made with a key of this party", at=at)
