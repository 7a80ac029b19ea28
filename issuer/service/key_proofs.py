"""The key proofs of a credential request: each fresh, for us, and of a key of its own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, final

from issuer.model.terms import Terms
from issuer.service.secrets import Secrets
from ssi_core.errors import MalformedError, OAuthError, RejectedError
from ssi_core.protocol.openid4vci import (
    CredentialRequest,
    KeyProof,
    NonceResponse,
    errors,
    proof_nonce,
    verify_proof,
)

ALGORITHMS: Final = ("ES256", "EdDSA", "Ed25519")


@final
class KeyProofs:
    """Gives out nonces, and checks the proofs that are made for them."""

    def __init__(self, *, issuer: str, secrets: Secrets, terms: Terms) -> None:
        self._issuer = issuer
        self._secrets = secrets
        self._terms = terms

    def nonce(self, *, at: datetime) -> NonceResponse:
        """Return a fresh c_nonce. Nothing is stored: a nonce shows itself that it is ours."""
        return NonceResponse(self._secrets.mint_nonce(at, self._terms.nonce_lifetime))

    def verify(
        self, request: CredentialRequest, *, client_id: str | None, at: datetime
    ) -> tuple[tuple[KeyProof, ...], Mapping[str, datetime]]:
        """Return the proofs, and the digests of the nonces to spend with their expiry.

        Raises `OAuthError` invalid_proof or invalid_nonce. Whether a nonce was spent before is for
        whoever stores the issuance to find out, in the same transaction.
        """
        if not request.proofs:
            raise OAuthError("a key proof is needed", at="/proofs", error=errors.INVALID_PROOF)
        if len(request.proofs) > self._terms.batch_size:
            raise OAuthError("too many key proofs", at="/proofs", error=errors.INVALID_PROOF)
        nonces = self._live_nonces(request, at)
        proofs = tuple(self._verify_one(text, frozenset(nonces), at) for text in request.proofs)
        if len({proof.public_key for proof in proofs}) != len(proofs):
            raise OAuthError(
                "each proof is of another key", at="/proofs", error=errors.INVALID_PROOF
            )
        if client_id is not None and any(p.client_id not in (None, client_id) for p in proofs):
            raise OAuthError("iss is another client", at="/proofs", error=errors.INVALID_PROOF)
        return proofs, {self._secrets.digest("nonce", text): end for text, end in nonces.items()}

    def _live_nonces(self, request: CredentialRequest, at: datetime) -> Mapping[str, datetime]:
        nonces: dict[str, datetime] = {}
        for index, text in enumerate(request.proofs):
            place = f"/proofs/jwt/{index}"
            try:
                nonce = proof_nonce(text)
            except MalformedError:
                raise OAuthError(
                    "not a key proof with a nonce", at=place, error=errors.INVALID_PROOF
                ) from None
            expiry = self._secrets.nonce_expiry(nonce)
            if expiry is None or at >= expiry:
                raise OAuthError(
                    "the nonce is not ours, or too old", at=place, error=errors.INVALID_NONCE
                )
            nonces[nonce] = expiry
        return nonces

    def _verify_one(self, text: str, nonces: frozenset[str], at: datetime) -> KeyProof:
        try:
            return verify_proof(
                text, audience=self._issuer, nonces=nonces, at=at, algorithms=ALGORITHMS
            )
        except (MalformedError, RejectedError) as error:
            raise errors.refusal(error, errors.INVALID_PROOF) from None
