"""The answer to a request: presentations under key binding, and the grant among them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from consent_contracts import grant_credential
from ssi_core.encoding import base64url_encode
from ssi_core.errors import MalformedError, NotFoundError
from ssi_core.json_types import JsonObject
from ssi_core.presentation.binding import transaction_claims
from ssi_core.proof import sd_jwt as sd_jwts
from ssi_core.proof.sd_jwt import SdJwt
from ssi_core.protocol.openid4vp import (
    AuthorizationRequest,
    AuthorizationResponse,
    ErrorCode,
    ErrorResponse,
    ResponseMode,
)
from wallet.credential import Copy
from wallet.sharing import Consented, Sending, Sharing


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bound:
    """What every key binding of one answer has in common."""

    request: AuthorizationRequest
    at: datetime

    def bind(self, sd_jwt: SdJwt, copy: Copy, extra: JsonObject | None = None) -> str:
        bound = sd_jwts.bind(
            sd_jwt,
            signer=copy.key,
            audience=self.request.audience,
            nonce=self.request.nonce,
            at=self.at,
            extra=extra,
        )
        return str(bound)


def present(sharing: Sharing, copies: Mapping[str, Copy], *, at: datetime) -> Sending:
    """Return the answer, ready to be sent; `copies` has by id those that the sharing names.

    The grant credential carries the hashes of the transaction data, so it serves here only.
    """
    bound = _Bound(request=sharing.request, at=at)
    token = {
        given.share.query_id: (
            bound.bind(
                sd_jwts.derive(SdJwt.parse(_copy(copies, given.copy_id).text), given.share.paths),
                _copy(copies, given.copy_id),
            ),
        )
        for given in sharing.given
    }
    if sharing.consented is not None:
        token[sharing.consented.query_id] = (_grant(sharing.consented, copies, bound),)
    response = AuthorizationResponse(vp_token=token, state=sharing.request.state)
    return Sending(
        fields=tuple(_fields(response, sharing.request).items()),
        presentation_digest=presentation_digest(response),
    )


def presentation_digest(response: AuthorizationResponse) -> str:
    """Return the SHA-256 of the `vp_token` as it is sent, in base64url: what receipts name."""
    return base64url_encode(sha256(response.to_form()["vp_token"].encode()).digest())


def refusal_fields(request: AuthorizationRequest) -> dict[str, str]:
    """Return what is posted when the person says no (OpenID4VP section 8.5)."""
    return ErrorResponse(error=ErrorCode.ACCESS_DENIED.value, state=request.state).to_form()


def _grant(consented: Consented, copies: Mapping[str, Copy], bound: _Bound) -> str:
    copy = _copy(copies, consented.holder_copy_id)
    credential = grant_credential.issue(
        consented.grant, consented.secret, holder_jwk=copy.key.public_key.jwk, at=bound.at
    )
    return bound.bind(credential, copy, transaction_claims(bound.request.transaction_data))


def _fields(response: AuthorizationResponse, request: AuthorizationRequest) -> dict[str, str]:
    if request.response_mode is ResponseMode.DIRECT_POST:
        return response.to_form()
    if request.client_metadata is None:
        raise MalformedError("an encrypted response needs a key", at="/client_metadata/jwks")
    return response.to_encrypted_form(request.client_metadata)


def _copy(copies: Mapping[str, Copy], copy_id: str) -> Copy:
    try:
        return copies[copy_id]
    except KeyError:
        raise NotFoundError("a credential of this answer was deleted", at="/copy") from None
