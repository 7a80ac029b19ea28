"""What is said to an issuer over HTTP: offer, metadata, token, nonce, credential, notification.

https://openid.net/specs/openid-4-verifiable-credential-issuance-1_0.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ssi_core.errors import MalformedError, OAuthError, RejectedError, SsiError, UnavailableError
from ssi_core.json_types import JsonObject
from ssi_core.keys import PrivateKey
from ssi_core.protocol import openid4vci
from ssi_core.protocol.openid4vci import (
    AuthorizationServerMetadata,
    CredentialIssuerMetadata,
    CredentialOffer,
    CredentialOfferReference,
    CredentialRequest,
    CredentialResponse,
    NonceResponse,
    NotificationRequest,
    TokenRequest,
    TokenResponse,
)
from ssi_core.protocol.openid4vci.errors import INVALID_NONCE
from wallet.exchange import may_yet_work
from wallet.issuance import Issuance, Wanted
from wallet.ports import Answer, Http

_JSON: Final = "application/json"
_ATTEMPTS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """An offer, with what its issuer says of itself."""

    offer: CredentialOffer
    metadata: CredentialIssuerMetadata


def read_offer(http: Http, uri: str) -> Offered:
    """Read an offer link, by value or by reference, and fetch its issuer's metadata."""
    found = openid4vci.parse_offer_uri(uri)
    if isinstance(found, CredentialOfferReference):
        found = CredentialOffer.parse(_fetch(http, found.url))
    issuer = found.credential_issuer
    url = openid4vci.well_known_url(issuer, openid4vci.CREDENTIAL_ISSUER)
    metadata = CredentialIssuerMetadata.parse(_fetch(http, url), issuer=issuer)
    return Offered(offer=found, metadata=metadata)


def token_endpoint(http: Http, offered: Offered) -> str:
    """Return the token endpoint of the authorization server that the offer means."""
    grant = offered.offer.pre_authorized_code_grant
    named = grant.authorization_server if grant is not None else None
    servers = offered.metadata.authorization_servers or (offered.metadata.credential_issuer,)
    if named is not None and named not in servers:
        raise MalformedError(
            "the offer names a server that the issuer does not", at="/grants/authorization_server"
        )
    server = named or offered.metadata.authorization_server
    url = openid4vci.well_known_url(server, openid4vci.AUTHORIZATION_SERVER)
    return AuthorizationServerMetadata.parse(_fetch(http, url), issuer=server).token_endpoint


def fetch_token(http: Http, issuance: Issuance) -> TokenResponse:
    """Trade the code for a token; raise `OAuthError` if the issuer refuses it."""
    request = TokenRequest(pre_authorized_code=issuance.code, tx_code=issuance.tx_code)
    answer = http.post_form(issuance.endpoints.token, request.render(), accept=_JSON)
    return TokenResponse.parse(_require(answer))


def fetch_credential(
    http: Http, issuance: Issuance, wanted: Wanted, *, at: datetime
) -> CredentialResponse:
    """Ask for one copy per key; a nonce that the issuer no longer knows is asked for anew."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _ask(http, issuance, wanted, at)
        except OAuthError as error:
            if error.error != INVALID_NONCE or attempt == _ATTEMPTS:
                raise
    raise UnavailableError("the issuer gave no nonce that it accepts")


def notify(http: Http, issuance: Issuance, notification_id: str, event: str) -> None:
    """Tell the issuer what became of a credential; raise `UnavailableError` if it cannot be told.

    An issuer that does not want to know is left alone (section 11.1: notifying is a courtesy).
    """
    url = issuance.endpoints.notification
    if url is None:
        return
    request = NotificationRequest(notification_id=notification_id, event=event)
    answer = http.post_json(url, request.render(), headers=_bearer(issuance))
    if not answer.ok and may_yet_work(answer):
        raise UnavailableError("the issuer's notification endpoint did not answer")


def _ask(http: Http, issuance: Issuance, wanted: Wanted, at: datetime) -> CredentialResponse:
    proofs = _proofs(issuance, wanted.keys, nonce=_nonce(http, issuance), at=at)
    named = (
        CredentialRequest(credential_identifier=wanted.identifier, proofs=proofs)
        if wanted.identifier
        else CredentialRequest(credential_configuration_id=wanted.configuration_id, proofs=proofs)
    )
    url = issuance.endpoints.credential
    answer = http.post_json(url, named.render(), headers=_bearer(issuance))
    response = CredentialResponse.parse(_require(answer))
    if response.transaction_id is not None:
        raise RejectedError("the issuer defers the credential, which this wallet cannot await")
    return response


def _proofs(
    issuance: Issuance, keys: Sequence[PrivateKey], *, nonce: str | None, at: datetime
) -> tuple[str, ...]:
    audience = issuance.endpoints.credential_issuer
    return tuple(openid4vci.make_proof(key, audience=audience, nonce=nonce, at=at) for key in keys)


def _nonce(http: Http, issuance: Issuance) -> str | None:
    if issuance.endpoints.nonce is None:
        return None
    answer = http.post_form(issuance.endpoints.nonce, {}, accept=_JSON)
    return NonceResponse.parse(_require(answer)).c_nonce


def _bearer(issuance: Issuance) -> dict[str, str]:
    if issuance.token is None or not issuance.token.isascii() or not issuance.token.isprintable():
        raise MalformedError("an access token is printable ASCII", at="/access_token")
    return {"Authorization": f"Bearer {issuance.token}", "Accept": _JSON}


def _fetch(http: Http, url: str) -> JsonObject:
    answer = http.get(url, accept=_JSON)
    if answer.ok:
        return answer.json()
    if may_yet_work(answer):
        raise UnavailableError("the issuer did not answer")
    raise RejectedError("the issuer has no such offer or metadata")


def _require(answer: Answer) -> JsonObject:
    if answer.ok:
        return answer.json()
    if may_yet_work(answer):
        raise UnavailableError("the issuer did not answer")
    raise _refusal(answer)


def _refusal(answer: Answer) -> SsiError:
    try:
        return openid4vci.parse_error(answer.json())
    except MalformedError:
        return OAuthError("the issuer refused, without saying why")
