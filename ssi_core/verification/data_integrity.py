"""Credentials and presentations secured by Data Integrity proofs, verified on collected evidence.

https://www.w3.org/TR/vc-data-model-2.0/#verification
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ssi_core.credential.model import V2_ONLY, Credential, DataModel
from ssi_core.credential.presentation import Envelope, Presentation
from ssi_core.did.document import VerificationRelationship
from ssi_core.did.syntax import Did, DidUrl
from ssi_core.errors import MalformedError, ProofError, SsiError, TrustError
from ssi_core.json_types import JsonObject
from ssi_core.keys import PublicKey
from ssi_core.proof.data_integrity import (
    VerifiedDocument,
    proof_places,
    verification_methods,
    verify_proofs,
)
from ssi_core.proof.suite import AllowedSuites
from ssi_core.rdf import work
from ssi_core.verification.evidence import DidNeed, Evidence


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
        DidNeed(_did_of(method, at=f"{place}/verificationMethod"))
        for place, method in zip(proof_places(secured), verification_methods(secured), strict=True)
    )


def presentation_needs(presentation: Presentation) -> frozenset[DidNeed]:
    """Return what the proofs of a presentation and of the credentials in it need."""
    return needs(presentation.source) | contents_needs(presentation)


def contents_needs(presentation: Presentation) -> frozenset[DidNeed]:
    """Return what the proofs of the credentials in a presentation need."""
    return frozenset(need for item in _proven(presentation) for need in needs(item.source))


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
    expected: ExpectedPresentation | None,
    at: datetime,
) -> VerifiedPresentation:
    """Return the presentation if its proofs, and those of every credential in it, hold.

    `expected` may be None only where it does not matter what the presentation was made for.
    """
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
    keys: dict[str, PublicKey] = {}
    for place, method in zip(proof_places(secured), verification_methods(secured), strict=True):
        name = f"{place}/verificationMethod"
        did = _did_of(method, at=name)
        try:
            keys[method] = evidence.document(did).key_for(method, purpose, at=at)
        except SsiError as error:
            # What its DID document says of a method is, here, what is wrong with a proof.
            raise type(error)(error.reason, at=name) from None
    return keys


def _did_of(method: str, *, at: str) -> Did:
    """Return whose key `method` names, in the one form that names a key of now: `did#fragment`."""
    url = DidUrl.parse(method, at=at)
    if not url.fragment:
        raise MalformedError("a verification method is named by a DID and a fragment", at=at)
    if url.path or url.query is not None:
        raise ProofError("a verification method with a path or a query is not read here", at=at)
    return url.did


def _require_proof_by(controller: str, verified: VerifiedDocument, *, at: str) -> None:
    methods = (proof["verificationMethod"] for proof in verified.proofs)
    if not any(str(DidUrl.parse(str(method)).did) == controller for method in methods):
        raise TrustError("no proof was made with a key of this party", at=at)
