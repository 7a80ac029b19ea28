"""Judging what a harness sends, with the verification that the product itself uses."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, final

from consentry.harness.contexts import known_resources
from consentry.harness.ports import Clock, EvidenceSource
from consentry.harness.suites import verifier_suites
from ssi_core.credential.enveloped import (
    CREDENTIAL_MEDIA_TYPES,
    PRESENTATION_MEDIA_TYPES,
    Enveloped,
)
from ssi_core.credential.model import DataModel
from ssi_core.credential.presentation import Envelope
from ssi_core.did.document import VerificationRelationship
from ssi_core.errors import NonceError, ProofError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.proof.data_integrity import check_options, proofs_of
from ssi_core.rdf.json_ld import JsonLd
from ssi_core.strict_json import as_text, as_texts
from ssi_core.verification import data_integrity, vcdm
from ssi_core.verification.bitstring_status import BitstringPolicy
from ssi_core.verification.data_integrity import DataIntegrityPolicy, ExpectedPresentation
from ssi_core.verification.enveloped import EnvelopedPolicy
from ssi_core.verification.vcdm import VcdmPolicy

_ALGORITHMS: Final = frozenset({"EdDSA", "Ed25519", "ES256", "ES384"})
_MEDIA_TYPES: Final = CREDENTIAL_MEDIA_TYPES | PRESENTATION_MEDIA_TYPES
_PURPOSES: Final = {item.value: item for item in VerificationRelationship}


@final
class Verifying:
    """Each method returns if the document holds, and raises the first reason if it does not."""

    def __init__(
        self,
        *,
        json_ld: JsonLd,
        source: EvidenceSource,
        clock: Clock,
        status_issuers: frozenset[str] = frozenset(),
    ) -> None:
        self._source = source
        self._clock = clock
        known = known_resources(json_ld.contexts)
        embedded = DataIntegrityPolicy(
            suites=verifier_suites(json_ld), versions=frozenset(DataModel), known_resources=known
        )
        enveloped = EnvelopedPolicy(
            algorithms=_ALGORITHMS, media_types=_MEDIA_TYPES, known_resources=known
        )
        self._policy = VcdmPolicy(
            contexts=json_ld.contexts,
            embedded=embedded,
            enveloped=enveloped,
            status=BitstringPolicy(
                data_integrity=embedded, enveloped=enveloped, status_issuers=status_issuers
            ),
        )

    def credential(
        self,
        secured: JsonObject,
        *,
        domain: str | Sequence[str] | None = None,
        challenge: str | None = None,
        proof_only: bool = False,
    ) -> None:
        """Judge a credential; `proof_only` does not ask that its issuer controls the key."""
        at = self._clock.now()
        vcdm.verify_credential(
            secured,
            evidence=self._source.gather(vcdm.credential_needs(secured)),
            policy=_proof_only(self._policy) if proof_only else self._policy,
            at=at,
        )
        if not vcdm.is_enveloped(secured):
            _require_made_for(secured, domain=domain, challenge=challenge, at=at)

    def presentation(
        self,
        secured: JsonObject,
        *,
        domain: str | Sequence[str] | None = None,
        challenge: str | None = None,
    ) -> None:
        """Judge a presentation; it may be unsecured unless a domain or challenge is expected."""
        at = self._clock.now()
        expected = _expected(secured, domain=domain, challenge=challenge)
        vcdm.verify_presentation(
            secured,
            evidence=self._source.gather(vcdm.presentation_needs(secured)),
            policy=self._policy,
            expected=expected,
            at=at,
        )
        if not vcdm.is_enveloped(secured):
            _require_made_for(secured, domain=domain, challenge=challenge, at=at)

    def proofs(self, secured: JsonObject) -> None:
        """Judge the proofs on any JSON-LD document, made for whatever purpose, and nothing else."""
        named = {str(proof.get("proofPurpose")) for proof in proofs_of(secured)}
        purpose = _PURPOSES.get(named.pop())
        if named or purpose is None:
            raise ProofError("proofs have one purpose that is known", at="/proof/proofPurpose")
        data_integrity.verify_document(
            secured,
            purpose=purpose,
            evidence=self._source.gather(data_integrity.needs(secured)),
            policy=self._policy.embedded,
            at=self._clock.now(),
        )


def _proof_only(policy: VcdmPolicy) -> VcdmPolicy:
    return replace(
        policy,
        embedded=replace(policy.embedded, require_issuer_proof=False),
        enveloped=replace(policy.enveloped, require_issuer_key=False),
    )


def _expected(
    secured: JsonObject, *, domain: str | Sequence[str] | None, challenge: str | None
) -> ExpectedPresentation | None:
    """Return what a presentation must have been made for, if anything was said of it.

    Where it was not, an envelope may be for anything that it says itself.
    """
    if vcdm.is_enveloped(secured) and (domain is None or challenge is None):
        claims = Enveloped.open(Envelope.parse_presentation(secured)).claims
        domain = domain or _audiences(claims.get("aud"))
        challenge = challenge or _text(claims.get("nonce"))
        if (domain is None) != (challenge is None):
            raise NonceError("an envelope is for an audience and a nonce", at="/claims/nonce")
    if domain is None or challenge is None:
        return None
    return ExpectedPresentation(domain=domain, challenge=challenge)


def _audiences(value: JsonValue) -> str | Sequence[str] | None:
    return _text(value) if value is None or isinstance(value, str) else as_texts(value, at="/aud")


def _text(value: JsonValue) -> str | None:
    return None if value is None else as_text(value, at="/nonce")


def _require_made_for(
    secured: JsonObject,
    *,
    domain: str | Sequence[str] | None,
    challenge: str | None,
    at: datetime,
) -> None:
    """Check what the request says of domain and challenge, be it one of them only."""
    if domain is None and challenge is None:
        return
    for proof in proofs_of(secured):
        purpose = str(proof.get("proofPurpose"))
        check_options(proof, purpose=purpose, at=at, domain=domain, challenge=challenge)
