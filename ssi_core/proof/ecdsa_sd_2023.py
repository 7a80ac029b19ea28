"""The ecdsa-sd-2023 cryptosuite: https://www.w3.org/TR/vc-di-ecdsa/#ecdsa-sd-2023.

An issuer signs a base proof: each statement with a key of this proof alone, and that key, with
what is mandatory, with its own. The holder passes on the signatures of what it discloses. Proofs
derived from one base proof share its signature, so unlike with bbs-2023 they can be linked.
"""

import secrets
from collections.abc import Sequence
from typing import Final, NoReturn, final

from ssi_core.errors import AlgorithmError, MalformedError, ProofError
from ssi_core.json_types import JsonObject
from ssi_core.keys import P256PublicKey, P256Signer, PublicKey, Signer
from ssi_core.keys.ecdsa import P256
from ssi_core.proof.ecdsa_sd_2023_proof_value import BaseProofValue, DerivedProofValue
from ssi_core.proof.selective_disclosure import (
    HMAC_KEY_BYTES,
    Statements,
    hash_options,
    hmac_label_map,
    only_proof_of,
    pair_up,
    recover,
    reveal,
    statements_of,
)
from ssi_core.proof.suite import proof_value_of
from ssi_core.rdf.json_ld import JsonLd

_NAME: Final = "ecdsa-sd-2023"


@final
class EcdsaSd2023:
    """A verifier's side: derived proofs."""

    def __init__(self, json_ld: JsonLd) -> None:
        self._json_ld = json_ld

    @property
    def name(self) -> str:
        """The `cryptosuite` member of a proof made with this suite."""
        return _NAME

    def create_proof(
        self, document: JsonObject, options: JsonObject, *, signer: Signer
    ) -> NoReturn:
        """Refused: issuers sign with `EcdsaSd2023Base`, and holders call `derive`."""
        del document, options, signer
        raise AlgorithmError("a derived proof is not signed but derived", at="/proof/cryptosuite")

    def verify_proof(self, document: JsonObject, proof: JsonObject, *, key: PublicKey) -> None:
        """Return if the proof holds; raise `ProofError` or `MalformedError` if not."""
        issuer = _p256(key)
        value = DerivedProofValue.decode(proof_value_of(proof))
        proof_hash = hash_options(document, proof, to_quads=self._json_ld.to_quads)
        statements = recover(
            self._json_ld.to_quads(document),
            label_map=value.label_map,
            mandatory_indexes=value.mandatory_indexes,
        )
        _verify(statements, value, proof_hash=proof_hash, issuer=issuer)


@final
class EcdsaSd2023Base:
    """An issuer's side, and a holder's on receipt: base proofs."""

    def __init__(
        self,
        json_ld: JsonLd,
        *,
        mandatory_pointers: Sequence[str] = (),
        hmac_key: bytes | None = None,
        proof_key: P256Signer | None = None,
    ) -> None:
        """Sign so that what the JSON pointers lead to cannot be withheld.

        `hmac_key` (32 bytes) and `proof_key` are drawn afresh for each proof unless a test gives
        them.
        """
        self._json_ld = json_ld
        self._mandatory_pointers = tuple(mandatory_pointers)
        self._hmac_key = hmac_key
        self._proof_key = proof_key

    @property
    def name(self) -> str:
        """The `cryptosuite` member of a proof made with this suite."""
        return _NAME

    def create_proof(
        self, document: JsonObject, options: JsonObject, *, signer: Signer
    ) -> JsonObject:
        """Return the base proof; `AlgorithmError` for a key of another kind."""
        _p256(signer.public_key)
        hmac_key = secrets.token_bytes(HMAC_KEY_BYTES) if self._hmac_key is None else self._hmac_key
        proof_key = self._proof_key or P256Signer.generate()
        proof_hash = hash_options(document, options, to_quads=self._json_ld.to_quads)
        statements = self._statements(document, hmac_key, self._mandatory_pointers)
        public_key = P256.multicodec + proof_key.public_key.raw
        value = BaseProofValue(
            base_signature=signer.sign(proof_hash + public_key + statements.mandatory_hash),
            public_key=public_key,
            hmac_key=hmac_key,
            signatures=tuple(map(proof_key.sign, statements.non_mandatory)),
            mandatory_pointers=self._mandatory_pointers,
        )
        return {**options, "proofValue": value.encode()}

    def verify_proof(self, document: JsonObject, proof: JsonObject, *, key: PublicKey) -> None:
        """Return if the base proof holds, whatever its mandatory pointers are."""
        issuer = _p256(key)
        value = BaseProofValue.decode(proof_value_of(proof))
        proof_hash = hash_options(document, proof, to_quads=self._json_ld.to_quads)
        statements = self._statements(document, value.hmac_key, value.mandatory_pointers)
        _verify(statements, value, proof_hash=proof_hash, issuer=issuer)

    def _statements(
        self, document: JsonObject, hmac_key: bytes, mandatory_pointers: Sequence[str]
    ) -> Statements:
        return statements_of(
            document,
            mandatory_pointers=mandatory_pointers,
            label_map=hmac_label_map(hmac_key),
            to_quads=self._json_ld.to_quads,
        )


def derive(
    secured: JsonObject,
    *,
    selective_pointers: Sequence[str],
    json_ld: JsonLd,
    proof_id: str | None = None,
) -> JsonObject:
    """Return what discloses the mandatory parts of `secured` and those that the pointers lead to.

    `secured` has one base proof, or one whose `id` is `proof_id`; that it holds is for its
    receiver to have checked. `MalformedError` when a pointer leads to nothing or nothing is
    disclosed.
    """
    document, proof = only_proof_of(secured, cryptosuite=_NAME, proof_id=proof_id)
    value = BaseProofValue.decode(proof_value_of(proof))
    chosen = reveal(
        document,
        mandatory_pointers=value.mandatory_pointers,
        selective_pointers=selective_pointers,
        label_map=hmac_label_map(value.hmac_key),
        to_quads=json_ld.to_quads,
    )
    pair_up(chosen.statements.non_mandatory, value.signatures)
    derived = DerivedProofValue(
        base_signature=value.base_signature,
        public_key=value.public_key,
        signatures=tuple(value.signatures[index] for index in chosen.selective_indexes),
        label_map=chosen.label_map,
        mandatory_indexes=chosen.mandatory_indexes,
    )
    return {**chosen.document, "proof": {**proof, "proofValue": derived.encode()}}


def _verify(
    statements: Statements,
    value: BaseProofValue | DerivedProofValue,
    *,
    proof_hash: bytes,
    issuer: P256PublicKey,
) -> None:
    pairs = pair_up(statements.non_mandatory, value.signatures)
    signed = proof_hash + value.public_key + statements.mandatory_hash
    _require_signature(
        issuer, value.base_signature, signed, "options or mandatory statements are not as signed"
    )
    if not value.public_key.startswith(P256.multicodec):
        raise MalformedError("the key of the proof is not a P-256 key", at="/proof/proofValue")
    proof_key = P256PublicKey(value.public_key.removeprefix(P256.multicodec))
    for statement, signature in pairs:
        _require_signature(proof_key, signature, statement, "a statement is not as signed")


def _require_signature(key: P256PublicKey, signature: bytes, data: bytes, reason: str) -> None:
    try:
        key.verify(signature, data)
    except ProofError:
        raise ProofError(reason, at="/proof/proofValue") from None


def _p256(key: PublicKey) -> P256PublicKey:
    if not isinstance(key, P256PublicKey):
        raise AlgorithmError("ecdsa-sd-2023 takes P-256 keys", at="/proof/verificationMethod")
    return key
