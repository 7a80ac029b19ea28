"""Signing what a harness asks for, and deriving from it."""

from collections.abc import Sequence
from typing import Final, final

from consentry.harness.contexts import known_resources
from consentry.harness.keys import HarnessKeys, did_of, method_of
from consentry.harness.ports import Clock, EvidenceSource
from consentry.harness.status_lists import StatusLists
from consentry.harness.suites import holder_suites, issuer_suite
from ssi_core.credential import vc_jose_cose
from ssi_core.credential.contexts import CREDENTIALS_V1, CREDENTIALS_V2, DATA_INTEGRITY_V2
from ssi_core.credential.enveloped import VC_JWT
from ssi_core.credential.model import Credential, DataModel
from ssi_core.credential.status_list_entry import entries_of
from ssi_core.did.document import VerificationRelationship
from ssi_core.errors import AlgorithmError, TrustError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import P256Signer, PrivateKey
from ssi_core.proof import bbs_2023, ecdsa_sd_2023
from ssi_core.proof.data_integrity import add_proof, without_proofs
from ssi_core.rdf.json_ld import JsonLd
from ssi_core.verification import data_integrity
from ssi_core.verification.data_integrity import DataIntegrityPolicy

_JOSE: Final = "jose"
_BOTH_VERSIONS: Final = frozenset(DataModel)
# Contexts that define the terms of a proof, for credentials whose base context does not.
_PROOF_CONTEXTS: Final = frozenset(
    {DATA_INTEGRITY_V2, "https://w3id.org/security/data-integrity/v1"}
)


@final
class Issuing:
    """Issues with the profile's own keys, in no other name than theirs."""

    def __init__(
        self,
        keys: HarnessKeys,
        *,
        lists: StatusLists,
        json_ld: JsonLd,
        source: EvidenceSource,
        clock: Clock,
    ) -> None:
        self._keys = keys
        self._lists = lists
        self._json_ld = json_ld
        self._source = source
        self._clock = clock

    def issue(
        self,
        credential: JsonObject,
        *,
        suite: str,
        key_type: str,
        mandatory_pointers: Sequence[str] = (),
        status_purpose: str | None = None,
    ) -> JsonObject:
        """Return `credential` with one more proof, or in an envelope for the suite called `jose`.

        With a `status_purpose` it gets a place in a status list of that purpose. A missing
        `@context` becomes the base context, and a credential of version 1.1 gets one that defines
        proofs. `TrustError` for an issuer other than the DID of the key.
        """
        signer = self._keys.named(key_type)
        complete = _with_contexts(credential)
        if status_purpose is not None:
            complete = self._lists.enter(complete, key_type=key_type, purpose=status_purpose)
        if suite == _JOSE:
            return self._enveloped(self._checked(complete, signer), signer)
        chosen = issuer_suite(
            suite, key_type, json_ld=self._json_ld, mandatory_pointers=mandatory_pointers
        )
        return add_proof(
            self._checked(complete, signer),
            signer=signer,
            verification_method=method_of(signer),
            purpose=VerificationRelationship.ASSERTION_METHOD.value,
            created=self._clock.now().replace(microsecond=0),
            suite=chosen,
        )

    def derive(
        self, secured: JsonObject, *, suite: str, selective_pointers: Sequence[str]
    ) -> JsonObject:
        """Return what discloses the mandatory and the selected parts, if the base proof holds."""
        evidence = self._source.gather(data_integrity.needs(secured))
        data_integrity.verify_document(
            secured,
            purpose=VerificationRelationship.ASSERTION_METHOD,
            evidence=evidence,
            policy=DataIntegrityPolicy(suites=holder_suites(self._json_ld)),
            at=self._clock.now(),
        )
        match suite:
            case "ecdsa-sd-2023":
                return ecdsa_sd_2023.derive(
                    secured, selective_pointers=selective_pointers, json_ld=self._json_ld
                )
            case "bbs-2023":
                return bbs_2023.derive(
                    secured, selective_pointers=selective_pointers, json_ld=self._json_ld
                )
            case _:
                raise AlgorithmError("nothing is derived from proofs of this cryptosuite")

    def _enveloped(self, credential: JsonObject, signer: PrivateKey) -> JsonObject:
        if not isinstance(signer, P256Signer):
            raise AlgorithmError("an envelope is made with the P-256 key here")
        key_id = method_of(signer)
        return vc_jose_cose.issue(
            credential, media_type=VC_JWT, key_id=key_id, signer=signer
        ).source

    def _checked(self, credential: JsonObject, signer: PrivateKey) -> JsonObject:
        parsed = Credential.parse(credential, versions=_BOTH_VERSIONS)
        if parsed.issuer != str(did_of(signer)):
            raise TrustError("the issuer is not the DID of the key that would sign", at="/issuer")
        entries_of(parsed)
        parsed.check_related_resources(known_resources(self._json_ld.contexts))
        # Also where the cryptosuite does not read JSON-LD: every term must mean something.
        self._json_ld.to_quads(without_proofs(credential))
        return credential


def _with_contexts(credential: JsonObject) -> JsonObject:
    if "@context" not in credential:
        return {"@context": [CREDENTIALS_V2], **credential}
    context: JsonValue = credential["@context"]
    if not isinstance(context, list | tuple) or not context or context[0] != CREDENTIALS_V1:
        return credential
    if any(isinstance(item, str) and item in _PROOF_CONTEXTS for item in context):
        return credential
    return {**credential, "@context": [*context, DATA_INTEGRITY_V2]}
