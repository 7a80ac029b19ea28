"""The bbs-2023 cryptosuite, experimental: W3C vc-di-bbs as of 2025-04-03, CFRG BBS draft 09.

https://w3c.github.io/vc-di-bbs/#bbs-2023

An issuer signs a base proof. Its holder derives from it, as often as wanted, proofs that disclose
parts of the document and cannot be told to come from the same one. The optional features of the
draft (anonymous holder binding, credential-bound pseudonyms) are not covered: they are at risk in
the W3C draft, and stand on IETF drafts that still change.
"""

import secrets
from collections.abc import Sequence
from typing import Final, NoReturn, final

from ssi_core.bbs import proof as bbs_proof
from ssi_core.bbs import signature as bbs_signature
from ssi_core.bbs.ciphersuite import BLS12_381_SHA_256
from ssi_core.bbs.keys import BbsPublicKey
from ssi_core.errors import AlgorithmError, NonceError, ProofError
from ssi_core.json_types import JsonObject
from ssi_core.keys import Bls12381G2PublicKey, Bls12381G2Signer, PublicKey, Signer
from ssi_core.proof.bbs_2023_proof_value import BaseProofValue, DerivedProofValue
from ssi_core.proof.selective_disclosure import (
    HMAC_KEY_BYTES,
    Reveal,
    hash_options,
    only_proof_of,
    pair_up,
    recover,
    reveal,
    shuffled_label_map,
    statements_of,
)
from ssi_core.proof.suite import about_proof_value, proof_value_of
from ssi_core.rdf.json_ld import JsonLd

_NAME: Final = "bbs-2023"


@final
class Bbs2023:
    """A verifier's side: derived proofs."""

    def __init__(self, json_ld: JsonLd, *, presentation_header: bytes | None = None) -> None:
        """Expect proofs made for `presentation_header`, or any when it is not given."""
        self._json_ld = json_ld
        self._presentation_header = presentation_header

    @property
    def name(self) -> str:
        """The `cryptosuite` member of a proof made with this suite."""
        return _NAME

    def create_proof(
        self, document: JsonObject, options: JsonObject, *, signer: Signer
    ) -> NoReturn:
        """Refused: issuers sign with `Bbs2023Base`, and holders call `derive`."""
        del document, options, signer
        raise AlgorithmError("a derived proof is not signed but derived", at="/proof/cryptosuite")

    def verify_proof(self, document: JsonObject, proof: JsonObject, *, key: PublicKey) -> None:
        """Return if the proof holds; raise `ProofError` or `MalformedError` if not.

        `NonceError` when it was made for another presentation header.
        """
        issuer = _bbs_key(key)
        value = DerivedProofValue.decode(proof_value_of(proof))
        if self._presentation_header not in (None, value.presentation_header):
            raise NonceError("proof was made for another presentation", at="/proof/proofValue")
        proof_hash = hash_options(document, proof, to_quads=self._json_ld.to_quads)
        statements = recover(
            self._json_ld.to_quads(document),
            label_map=value.label_map,
            mandatory_indexes=value.mandatory_indexes,
        )
        pairs = pair_up(value.selective_indexes, statements.non_mandatory)
        with about_proof_value():
            bbs_proof.verify(
                issuer,
                value.bbs_proof,
                dict(pairs),
                header=proof_hash + statements.mandatory_hash,
                presentation_header=value.presentation_header,
                suite=BLS12_381_SHA_256,
            )


@final
class Bbs2023Base:
    """An issuer's side, and a holder's on receipt: base proofs."""

    def __init__(
        self,
        json_ld: JsonLd,
        *,
        mandatory_pointers: Sequence[str] = (),
        hmac_key: bytes | None = None,
    ) -> None:
        """Sign so that what the JSON pointers lead to cannot be withheld.

        `hmac_key` (32 bytes) is drawn afresh for each proof unless a test gives one.
        """
        self._json_ld = json_ld
        self._mandatory_pointers = tuple(mandatory_pointers)
        self._hmac_key = hmac_key

    @property
    def name(self) -> str:
        """The `cryptosuite` member of a proof made with this suite."""
        return _NAME

    def create_proof(
        self, document: JsonObject, options: JsonObject, *, signer: Signer
    ) -> JsonObject:
        """Return the base proof; `AlgorithmError` for a key of another kind."""
        if not isinstance(signer, Bls12381G2Signer):
            raise AlgorithmError("bbs-2023 takes BLS12-381 keys", at="/proof/verificationMethod")
        hmac_key = secrets.token_bytes(HMAC_KEY_BYTES) if self._hmac_key is None else self._hmac_key
        header, messages = self._signed(
            document, options, hmac_key=hmac_key, mandatory_pointers=self._mandatory_pointers
        )
        value = BaseProofValue(
            bbs_signature=signer.sign_messages(messages, header=header),
            bbs_header=header,
            public_key=signer.public_key.raw,
            hmac_key=hmac_key,
            mandatory_pointers=self._mandatory_pointers,
        )
        return {**options, "proofValue": value.encode()}

    def verify_proof(self, document: JsonObject, proof: JsonObject, *, key: PublicKey) -> None:
        """Return if the base proof holds, whatever its mandatory pointers are."""
        issuer = _bbs_key(key)
        value = BaseProofValue.decode(proof_value_of(proof))
        if value.public_key != issuer.raw:
            raise ProofError("base proof names another key", at="/proof/proofValue")
        header, messages = self._signed(
            document,
            proof,
            hmac_key=value.hmac_key,
            mandatory_pointers=value.mandatory_pointers,
        )
        _require_header(value.bbs_header, header)
        with about_proof_value():
            bbs_signature.verify(
                issuer, value.bbs_signature, messages, header=header, suite=BLS12_381_SHA_256
            )

    def _signed(
        self,
        document: JsonObject,
        options: JsonObject,
        *,
        hmac_key: bytes,
        mandatory_pointers: Sequence[str],
    ) -> tuple[bytes, Sequence[bytes]]:
        """Return the BBS header and the BBS messages."""
        to_quads = self._json_ld.to_quads
        proof_hash = hash_options(document, options, to_quads=to_quads)
        statements = statements_of(
            document,
            mandatory_pointers=mandatory_pointers,
            label_map=shuffled_label_map(hmac_key),
            to_quads=to_quads,
        )
        return proof_hash + statements.mandatory_hash, statements.non_mandatory


def derive(
    secured: JsonObject,
    *,
    selective_pointers: Sequence[str],
    json_ld: JsonLd,
    presentation_header: bytes = b"",
    proof_id: str | None = None,
) -> JsonObject:
    """Return what discloses the mandatory parts of `secured` and those that the pointers lead to.

    `secured` has one base proof, or one whose `id` is `proof_id`. `ProofError` when it does not
    hold, `MalformedError` when a pointer leads to nothing or nothing is disclosed.
    """
    document, proof = only_proof_of(secured, cryptosuite=_NAME, proof_id=proof_id)
    value = BaseProofValue.decode(proof_value_of(proof))
    chosen = reveal(
        document,
        mandatory_pointers=value.mandatory_pointers,
        selective_pointers=selective_pointers,
        label_map=shuffled_label_map(value.hmac_key),
        to_quads=json_ld.to_quads,
    )
    derived = DerivedProofValue(
        bbs_proof=_prove(value, chosen, presentation_header),
        label_map=chosen.label_map,
        mandatory_indexes=chosen.mandatory_indexes,
        selective_indexes=chosen.selective_indexes,
        presentation_header=presentation_header,
    )
    return {**chosen.document, "proof": {**proof, "proofValue": derived.encode()}}


def _prove(value: BaseProofValue, chosen: Reveal, presentation_header: bytes) -> bytes:
    return bbs_proof.generate(
        BbsPublicKey(value.public_key),
        value.bbs_signature,
        chosen.statements.non_mandatory,
        chosen.selective_indexes,
        header=value.bbs_header,
        presentation_header=presentation_header,
        suite=BLS12_381_SHA_256,
    )


def _require_header(signed: bytes, header: bytes) -> None:
    """Say which half of the header is another: the hash of the options, or of the statements."""
    half = len(header) // 2
    if signed[:half] != header[:half]:
        raise ProofError("proof options are not as signed", at="/proof")
    if signed[half:] != header[half:]:
        raise ProofError("mandatory statements are not as signed", at="/proof/proofValue")


def _bbs_key(key: PublicKey) -> BbsPublicKey:
    if not isinstance(key, Bls12381G2PublicKey):
        raise AlgorithmError("bbs-2023 takes BLS12-381 keys", at="/proof/verificationMethod")
    return key.bbs
