"""What a person at the desk would do: offer, revoke, ask, and look what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, final
from urllib.parse import urlsplit

from consentry.harness.openid.immunization import CLAIMS, CONFIGURATIONS, IMMUNIZATION
from issuer.app import Issuer
from issuer.model.credential import Copy, Credential, CredentialState
from ssi_core.adapters.clock import Clock
from ssi_core.errors import MalformedError, NotFoundError
from ssi_core.json_types import JsonObject
from ssi_core.presentation.dcql import DcqlQuery
from ssi_core.protocol.openid4vci import (
    CredentialOffer,
    CredentialOfferReference,
    TxCode,
    parse_offer_uri,
)
from ssi_core.protocol.openid4vp import ClientIdPrefix, RequestUriMethod, ResponseMode
from verifier.app import Verifier
from verifier.policy import Policy
from verifier.request import RequestState
from verifier.service.requests import Overrides
from verifier.service.results import Result

_POLICY: Final = "harness"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A new offer: its link, and the transaction code that goes another way."""

    id: str
    uri: str
    tx_code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferLife:
    """How far an offer is, and where the status of each copy is that was issued for it."""

    state: str
    copies: Sequence[Copy]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A request to make. Answers may come from `issuers`; None is the profile's own alone."""

    query: JsonObject
    response_mode: ResponseMode
    prefix: ClientIdPrefix
    method: RequestUriMethod
    issuers: Sequence[str] | None = None


@final
class Desk:
    """The hooks' use cases, over the rooms' own services. Threads may share it."""

    def __init__(self, issuer: Issuer, verifier: Verifier, clock: Clock) -> None:
        self._issuer = issuer
        self._verifier = verifier
        self._clock = clock
        # What kind of code was chosen here; the issuer itself makes codes of one kind only.
        self._tx_codes: dict[str, TxCode] = {}

    def offer(
        self, configuration_id: str | None, *, tx_code: str | bool, by_reference: bool
    ) -> Offered:
        """Offer the profile's credential; with a `tx_code`, or with one made here if it is true."""
        configuration = CONFIGURATIONS.get(configuration_id or IMMUNIZATION.id)
        if configuration is None:
            raise MalformedError("there is no such configuration", at="/config")
        at = self._clock.now()
        record = self._issuer.records.keep(configuration, CLAIMS, at=at)
        made = self._issuer.offers.create(
            record=record.id,
            resources=[item.id for item in record.resources],
            with_tx_code=tx_code is not False,
            tx_code=tx_code if isinstance(tx_code, str) else None,
            at=at,
        )
        reference = _reference(made.uri)
        if isinstance(tx_code, str):
            self._tx_codes[reference] = _kind_of(tx_code)
        uri = made.uri if by_reference else self.show(reference).uri()
        return Offered(id=made.id, uri=uri, tx_code=made.tx_code)

    def show(self, reference: str) -> CredentialOffer:
        """Return the offer behind a link; gone once it was used, locked or expired."""
        offer = self._issuer.offers.show(reference, at=self._clock.now())
        kind, grant = self._tx_codes.get(reference), offer.pre_authorized_code_grant
        if kind is None or grant is None:
            return offer
        return replace(offer, pre_authorized_code_grant=replace(grant, tx_code=kind))

    def look_up(self, offer_id: str) -> OfferLife:
        """Return how far an offer is; `NotFoundError` if there is none."""
        state, issued = self._issuer.offers.look_up(offer_id, at=self._clock.now())
        return OfferLife(state=state.value, copies=self._copies(issued))

    def revoke(self, offer_id: str, index: int) -> None:
        """Revoke the credential of an offer that has a copy at `index`, with all of its copies."""
        at = self._clock.now()
        _, issued = self._issuer.offers.look_up(offer_id, at=at)
        for credential in issued:
            if index in {copy.index for copy in self._copies([credential])}:
                self._issuer.revocation.change(credential.id, CredentialState.REVOKED, at=at)
                return
        raise NotFoundError("nothing with this index was issued for the offer", at="/idx")

    def ask(self, wish: Wish) -> tuple[str, str]:
        """Make a request; return its id and the link for the wallet."""
        overrides = Overrides(response_mode=wish.response_mode, client_id_prefix=wish.prefix)
        request = self._verifier.requests.create_under(self._policy(wish), overrides)
        return request.id, self._verifier.requests.uri(request, method=wish.method)

    def result(self, request_id: str) -> Result:
        """Return what became of a request; `NotFoundError` if there is none."""
        return self._verifier.results.result(request_id)

    def _copies(self, issued: Sequence[Credential]) -> Sequence[Copy]:
        found = (self._issuer.revocation.copies(credential.id) for credential in issued)
        return [copy for copies in found for copy in copies]

    def _policy(self, wish: Wish) -> Policy:
        query = DcqlQuery.parse(wish.query)
        own = [self._issuer.identity.did]
        return Policy.parse(
            {
                "id": _POLICY,
                "title": "What a harness asks for",
                "query": wish.query,
                "issuers": {"dids": own if wish.issuers is None else wish.issuers},
                "status": {"required": False},
                "holder_binding": any(
                    each.require_cryptographic_holder_binding for each in query.credentials
                ),
                "grant": {"required": False},
            }
        )


def is_verified(result: Result) -> bool:
    """Say whether the request was answered, and the answer held."""
    return result.state is RequestState.VERIFIED


def _reference(uri: str) -> str:
    found = parse_offer_uri(uri)
    if not isinstance(found, CredentialOfferReference):
        raise MalformedError("the issuer makes offers by reference")
    return urlsplit(found.url).path.rpartition("/")[2]


def _kind_of(tx_code: str) -> TxCode:
    numeric = tx_code.isascii() and tx_code.isdecimal()
    return TxCode(input_mode="numeric" if numeric else "text", length=len(tx_code))
