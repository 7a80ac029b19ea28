"""The token endpoint: a pre-authorized code, and the right transaction code, become a token."""

import re
from collections import Counter
from datetime import datetime
from secrets import compare_digest
from typing import Final, final

from issuer.model.offer import AccessToken, Dataset, Offer, OfferState
from issuer.model.terms import Terms
from issuer.ports import OfferStore
from issuer.service.secrets import Secrets, new_secret
from ssi_core.errors import ConflictError, OAuthError
from ssi_core.protocol.openid4vci import AuthorizationDetail, TokenRequest, TokenResponse, errors

_ATTEMPTS: Final = 8
_CLIENT_ID: Final = re.compile(r"[\x20-\x7e]{1,512}", re.ASCII)


@final
class Tokens:
    """Redeems offers, and recognises the tokens that they became."""

    def __init__(self, *, store: OfferStore, secrets: Secrets, terms: Terms) -> None:
        self._store = store
        self._secrets = secrets
        self._terms = terms

    def redeem(self, request: TokenRequest, *, at: datetime) -> TokenResponse:
        """Return an access token; raises `OAuthError` with the codes of section 6.3.

        A code works once, and dies after too many wrong transaction codes.
        """
        for _ in range(_ATTEMPTS):
            _require_client_id(request.client_id)
            offer = self._live_offer(request.pre_authorized_code, at)
            datasets = _narrowed(offer, request)
            self._check_tx_code(offer, request.tx_code)
            text = new_secret()
            token = AccessToken(
                digest=self._secrets.digest("token", text),
                offer=offer.id,
                identifiers=tuple(dataset.identifier for dataset in datasets),
                client_id=request.client_id,
                expires_at=at + self._terms.token_lifetime,
            )
            try:
                self._store.replace_offer(offer.redeemed(), before=offer, token=token)
            except ConflictError:
                continue
            return TokenResponse(
                access_token=text,
                expires_in=int(self._terms.token_lifetime.total_seconds()),
                authorization_details=_details(offer, datasets, request),
            )
        raise _no_such_code()

    def authenticate(self, text: str, *, at: datetime) -> AccessToken:
        """Return what a bearer token allows; refused when it is unknown or its time is over."""
        token = self._store.find_token(self._secrets.digest("token", text))
        if token is None or at >= token.expires_at:
            raise OAuthError("the access token is unknown or expired", error=errors.INVALID_TOKEN)
        return token

    def _live_offer(self, code: str, at: datetime) -> Offer:
        offer = self._store.find_offer_by_code(self._secrets.digest("code", code))
        if offer is None or offer.state_at(at) is not OfferState.OFFERED:
            raise _no_such_code()
        return offer

    def _check_tx_code(self, offer: Offer, given: str | None) -> None:
        if (offer.tx_code_digest is None) != (given is None):
            reason = "a tx_code is needed" if given is None else "no tx_code was asked for"
            raise OAuthError(reason, error=errors.INVALID_REQUEST)
        if offer.tx_code_digest is None or given is None:
            return
        if compare_digest(self._secrets.digest("tx_code", offer.id, given), offer.tx_code_digest):
            return
        self._count_wrong_code(offer)
        raise OAuthError("the tx_code is not the right one", error=errors.INVALID_GRANT)

    def _count_wrong_code(self, offer: Offer) -> None:
        # Guesses that arrive together must each count.
        found: Offer | None = offer
        while found is not None and found.state is OfferState.OFFERED:
            after = found.after_wrong_code(attempts=self._terms.tx_code_attempts)
            try:
                self._store.replace_offer(after, before=found)
            except ConflictError:
                found = self._store.find_offer(offer.id)
            else:
                return


def _require_client_id(text: str | None) -> None:
    # VSCHAR (RFC 6749 appendix A.1), and short enough to be kept.
    if text is not None and _CLIENT_ID.fullmatch(text) is None:
        raise OAuthError("not a client_id", at="/client_id", error=errors.INVALID_REQUEST)


def _no_such_code() -> OAuthError:
    return OAuthError(
        "the code is unknown, used, expired or locked",
        at="/pre-authorized_code",
        error=errors.INVALID_GRANT,
    )


def _narrowed(offer: Offer, request: TokenRequest) -> tuple[Dataset, ...]:
    if not request.authorization_details:
        return offer.datasets
    wanted = {detail.credential_configuration_id for detail in request.authorization_details}
    if not wanted <= {dataset.configuration for dataset in offer.datasets}:
        raise OAuthError(
            "the offer has no such configuration",
            at="/authorization_details",
            error=errors.INVALID_AUTHORIZATION_DETAILS,
        )
    return tuple(dataset for dataset in offer.datasets if dataset.configuration in wanted)


def _details(
    offer: Offer, datasets: tuple[Dataset, ...], request: TokenRequest
) -> tuple[AuthorizationDetail, ...]:
    counted = Counter(dataset.configuration for dataset in offer.datasets)
    if not request.authorization_details and max(counted.values()) == 1:
        return ()
    # Several datasets of one configuration can only be told apart by their identifiers.
    identifiers: dict[str, tuple[str, ...]] = {}
    for dataset in datasets:
        known = identifiers.get(dataset.configuration, ())
        identifiers[dataset.configuration] = (*known, dataset.identifier)
    return tuple(
        AuthorizationDetail(credential_configuration_id=configuration, credential_identifiers=names)
        for configuration, names in identifiers.items()
    )
