"""Credentials and presentations in envelopes (VC-JOSE-COSE), verified on collected evidence.

https://www.w3.org/TR/vc-jose-cose/, sections 4 to 6. Status is the caller's next step.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from ssi_core import jws
from ssi_core.credential.enveloped import (
    CREDENTIAL_MEDIA_TYPES,
    PRESENTATION_MEDIA_TYPES,
    Enveloped,
)
from ssi_core.credential.model import V2_ONLY, Credential, DataModel
from ssi_core.credential.presentation import Envelope, Presentation
from ssi_core.credential.registered_claims import (
    require_agreement,
    require_in_force,
    require_recipient,
)
from ssi_core.did.document import VerificationRelationship
from ssi_core.errors import AudienceError, HolderBindingError, MalformedError, ProofError
from ssi_core.keys import PublicKey
from ssi_core.presentation.binding import verify_key_binding
from ssi_core.verification.data_integrity import ExpectedPresentation
from ssi_core.verification.envelope_keys import (
    confirmed_key,
    find_key,
    holder_key,
    is_confirmed,
    key_name,
    require_possession,
)
from ssi_core.verification.evidence import DidNeed, Evidence, IssuerMetadataNeed

_SIGNATURES: Final = frozenset({"EdDSA", "Ed25519", "ES256", "ES384", "ES512"})


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopedPolicy:
    """What a caller accepts; there is no default for algorithms (JOSE names) and media types.

    `known_resources` has the versions of related resources that are used here, by URL.
    """

    algorithms: frozenset[str]
    media_types: frozenset[str]
    versions: Collection[DataModel] = V2_ONLY
    # Only a harness that judges proofs alone turns this off.
    require_issuer_key: bool = True
    known_resources: Mapping[str, Sequence[bytes]] = field(default_factory=dict)
    clock_skew: timedelta = timedelta(seconds=30)
    key_binding_max_age: timedelta = timedelta(minutes=5)

    def __post_init__(self) -> None:
        if not (self.algorithms and self.media_types):
            raise MalformedError("a policy that accepts nothing is no policy")
        if not self.algorithms <= _SIGNATURES:
            raise MalformedError("a policy accepts signature algorithms that we have")
        if not self.media_types <= CREDENTIAL_MEDIA_TYPES | PRESENTATION_MEDIA_TYPES:
            raise MalformedError("a policy accepts media types of VC-JOSE-COSE")


def enveloped_needs(envelope: Envelope) -> frozenset[DidNeed | IssuerMetadataNeed]:
    """Return what tells the keys of the envelope and, in a presentation, of those inside it.

    Raises `MalformedError`, or `ProofError` and `TrustError` for a key that nothing could tell.
    """
    opened = Enveloped.open(envelope)
    if opened.media_type in CREDENTIAL_MEDIA_TYPES:
        credential = Credential.parse(opened.document, versions=tuple(DataModel))
        return frozenset({key_name(opened, credential.issuer).need})
    presentation = Presentation.parse(opened.document, versions=tuple(DataModel))
    inside = [enveloped_needs(item) for item in _envelopes(presentation)]
    own = [] if is_confirmed(opened) else [key_name(opened, presentation.holder).need]
    return frozenset(own).union(*inside)


def verify_enveloped_credential(
    envelope: Envelope,
    *,
    evidence: Evidence,
    policy: EnvelopedPolicy,
    at: datetime,
    expected: ExpectedPresentation | None = None,
) -> Credential:
    """Return the credential if every check but that of its status holds.

    `expected` asks an SD-JWT for key binding that was made for it. Without it key binding is
    refused, as made for somebody else.
    """
    opened, credential = _verified_credential(envelope, evidence=evidence, policy=policy, at=at)
    if expected is not None or opened.is_key_bound:
        _require_key_binding(opened, expected, policy=policy, at=at)
    return credential


def verify_enveloped_presentation(
    envelope: Envelope,
    *,
    evidence: Evidence,
    policy: EnvelopedPolicy,
    expected: ExpectedPresentation | None,
    at: datetime,
) -> Presentation:
    """Return the presentation if its signature, and that of every credential in it, holds.

    All of them are in envelopes. Their status is not looked at. `expected` is None where a
    presentation was made for nobody; one that names an audience is then refused.
    """
    presentation, _ = open_enveloped_presentation(
        envelope, evidence=evidence, policy=policy, expected=expected, at=at
    )
    return presentation


def open_enveloped_presentation(
    envelope: Envelope,
    *,
    evidence: Evidence,
    policy: EnvelopedPolicy,
    expected: ExpectedPresentation | None,
    at: datetime,
) -> tuple[Presentation, tuple[Credential, ...]]:
    """Do as `verify_enveloped_presentation`, and return the verified credentials too."""
    # 1. The form is accepted, and the algorithm, before any key is looked for.
    opened = _accepted(envelope, PRESENTATION_MEDIA_TYPES, policy)

    # 2. What is inside is the data model's, and all of it secured in envelopes of its own.
    presentation = Presentation.parse(opened.document, versions=policy.versions)
    envelopes = _envelopes(presentation)
    require_agreement(opened.claims, party=presentation.holder, document_id=presentation.id)

    # 3. Made for this verifier and this request, and good now.
    require_recipient(
        opened.claims,
        audiences=None if expected is None else _domains(expected),
        nonce=None if expected is None else expected.challenge,
    )
    require_in_force(opened.claims, at=at, clock_skew=policy.clock_skew)

    # 4. The holder's key, which may authenticate, made the signature.
    key: PublicKey | None = None
    if not is_confirmed(opened):
        key = find_key(
            opened,
            presentation.holder,
            VerificationRelationship.AUTHENTICATION,
            evidence=evidence,
            require_own=policy.require_issuer_key,
            at=at,
        )
        opened.verify(key)

    # 5. Each credential holds, and is bound, if it is bound, to the key that presents it.
    inside = [
        _verified_credential(item, evidence=evidence, policy=policy, at=at) for item in envelopes
    ]
    if key is None:
        key = confirmed_key([item for item, _ in inside])
        opened.verify(key)
    for item, _ in inside:
        require_possession(item, opened, key)
        if item.is_key_bound:
            _require_key_binding(item, expected, policy=policy, at=at)
    return presentation, tuple(credential for _, credential in inside)


def _verified_credential(
    envelope: Envelope,
    *,
    evidence: Evidence,
    policy: EnvelopedPolicy,
    at: datetime,
) -> tuple[Enveloped, Credential]:
    # 1. The form is accepted, and the algorithm, before any key is looked for.
    opened = _accepted(envelope, CREDENTIAL_MEDIA_TYPES, policy)

    # 2. What is inside is the data model's, and its claims do not contradict it.
    credential = Credential.parse(opened.document, versions=policy.versions)
    subjects = [str(subject["id"]) for subject in credential.subjects if "id" in subject]
    require_agreement(
        opened.claims,
        party=credential.issuer,
        document_id=credential.id,
        subject_ids=subjects,
    )

    # 3. The issuer's key, which may make assertions, made the signature.
    key = find_key(
        opened,
        credential.issuer,
        VerificationRelationship.ASSERTION_METHOD,
        evidence=evidence,
        require_own=policy.require_issuer_key,
        at=at,
    )
    opened.verify(key)

    # 4. The signature is good now, so is the credential, and what it refers to is what was seen.
    require_recipient(opened.claims, audiences=None, nonce=None)
    require_in_force(opened.claims, at=at, clock_skew=policy.clock_skew)
    credential.require_valid(at=at)
    credential.check_related_resources(policy.known_resources)
    return opened, credential


def _accepted(envelope: Envelope, kind: frozenset[str], policy: EnvelopedPolicy) -> Enveloped:
    if envelope.media_type not in kind & policy.media_types:
        raise ProofError("the form of the envelope is not accepted here", at="/id")
    opened = Enveloped.open(envelope)
    opened.require_header(policy.algorithms)
    return opened


def _envelopes(presentation: Presentation) -> tuple[Envelope, ...]:
    found = tuple(item for item in presentation.credentials if isinstance(item, Envelope))
    if len(found) != len(presentation.credentials):
        # Sections 3.1.2, 3.2.2 and 3.3.2.
        raise ProofError("a credential is not in an envelope", at="/verifiableCredential")
    for item in found:
        if item.media_type not in CREDENTIAL_MEDIA_TYPES:
            raise ProofError("an envelope holds no credential", at="/verifiableCredential")
    return found


def _require_key_binding(
    opened: Enveloped,
    expected: ExpectedPresentation | None,
    *,
    policy: EnvelopedPolicy,
    at: datetime,
) -> None:
    sd_jwt = opened.sd_jwt
    if sd_jwt is None or sd_jwt.key_binding is None:
        raise HolderBindingError("key binding is missing")
    if expected is None:
        raise AudienceError("bound for an audience, and read by nobody in particular")
    domains = _domains(expected)
    given = jws.parse(sd_jwt.key_binding).claims().get("aud")
    verify_key_binding(
        sd_jwt,
        holder_key=holder_key(opened),
        audience=given if isinstance(given, str) and given in domains else domains[0],
        nonce=expected.challenge,
        at=at,
        max_age=policy.key_binding_max_age,
        algorithms=policy.algorithms,
        clock_skew=policy.clock_skew,
    )


def _domains(expected: ExpectedPresentation) -> tuple[str, ...]:
    domain = expected.domain
    return (domain,) if isinstance(domain, str) else tuple(domain)
