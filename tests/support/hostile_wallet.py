"""A wallet that holds a real credential and does with it what ours never would."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from consent_contracts import grant_credential
from consent_contracts.grant import Grant
from consent_contracts.grant_credential import GrantSecret
from consent_contracts.request import GRANT_QUERY, ConsentRequest
from consent_contracts.scope import ScopeItem
from consentry.demo.desks import Offer, text
from registry.client import RegistryClient
from registry.model import entry
from ssi_core import jws
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.http import HttpAnswer, HttpClient
from ssi_core.claim_path import ClaimPath
from ssi_core.json_types import JsonObject
from ssi_core.keys import P256Signer, thumbprint
from ssi_core.presentation.binding import transaction_claims
from ssi_core.proof import sd_jwt as sd_jwts
from ssi_core.proof.sd_jwt import SdJwt
from ssi_core.protocol.openid4vci import (
    CredentialOffer,
    CredentialOfferReference,
    TokenRequest,
    make_proof,
    parse_offer_uri,
)
from ssi_core.protocol.openid4vp import (
    AuthorizationRequest,
    AuthorizationResponse,
    RequestByReference,
    parse_request_uri,
)

Fields = dict[str, str]


class HostileWallet:
    """One holder's key and credential, and every part of an answer made to measure."""

    def __init__(self, http: HttpClient, registry: RegistryClient) -> None:
        self.holder = P256Signer.generate()
        self.credential = SdJwt("", ())
        self._http = http
        self._registry = registry

    def now(self) -> datetime:
        """Return the moment, in whole seconds."""
        return SystemClock().now().replace(microsecond=0)

    def accept(self, offer: Offer) -> None:
        """Get one copy of what is offered (OpenID4VCI 1.0)."""
        found = parse_offer_uri(offer.uri)
        if isinstance(found, CredentialOfferReference):
            found = CredentialOffer.parse(self._http.get(found.url).require_ok().json())
        issuer, grant = found.credential_issuer, found.pre_authorized_code_grant
        assert grant is not None
        request = TokenRequest(pre_authorized_code=grant.pre_authorized_code, tx_code=offer.tx_code)
        given = self._http.post_form(f"{issuer}/token", request.render()).require_ok().json()
        nonce = self._http.post_json(f"{issuer}/nonce", {}).require_ok().json()
        proof = make_proof(
            self.holder, audience=issuer, nonce=text(nonce, "c_nonce"), at=self.now()
        )
        asked: JsonObject = {
            "credential_configuration_id": found.credential_configuration_ids[0],
            "proofs": {"jwt": [proof]},
        }
        bearer = {"Authorization": f"Bearer {text(given, 'access_token')}"}
        url = f"{issuer}/credential"
        answer: Any = self._http.post_json(url, asked, headers=bearer).require_ok().json()
        self.credential = SdJwt.parse(answer["credentials"][0]["credential"])

    def read(self, uri: str) -> AuthorizationRequest:
        """Fetch a request, and believe all of it."""
        found = parse_request_uri(uri)
        assert isinstance(found, RequestByReference)
        body = self._http.get(found.request_uri).require_ok().body
        return AuthorizationRequest.parse(jws.parse(body.decode()).claims())

    def asked(self, request: AuthorizationRequest) -> tuple[ClaimPath, ...]:
        """Return the paths of the first set of claims that would do."""
        query: Any = request.dcql_query["credentials"]
        claims = {each["id"]: tuple(each["path"]) for each in query[0]["claims"]}
        return tuple(claims[name] for name in query[0]["claim_sets"][0])

    def terms(
        self,
        request: AuthorizationRequest,
        claims: Sequence[ClaimPath] | None = None,
        **changes: Any,
    ) -> Grant:
        """Return the grant that gives what was asked, with any of its members replaced."""
        asked = ConsentRequest.parse(request.transaction_data[0])
        vct = self.credential.payload()["vct"]
        assert isinstance(vct, str)
        paths = frozenset(self.asked(request) if claims is None else claims)
        scope = ScopeItem(vct=vct, claims=paths, access=asked.access)
        keys = {thumbprint(self.holder.public_key.jwk)}
        return replace(asked.grant(holder_keys=keys, scope=(scope,)), **changes)

    def record(self, grant: Grant, secret: GrantSecret, *, logged: bool = True) -> Grant:
        """Put a grant into the log, and return it with its id."""
        start, end = grant.period.start, grant.period.end
        assert start is not None
        assert end is not None
        raw = entry.consent_grant(
            log=grant.log,
            signer=secret.signer,
            next_key_hash=secret.next_key_hash,
            commitments=grant_credential.commitments(grant_credential.disclosures(grant, secret)),
            not_before=start,
            expires=end,
            max_staleness=grant.max_staleness,
            at=self.now(),
        )
        if logged:
            self._registry.submit(raw)
        return replace(grant, id=entry.entry_id(raw))

    def withdraw(self, grant: Grant, secret: GrantSecret) -> None:
        """End a grant in the log, and tell nobody."""
        assert grant.id is not None
        self._registry.submit(
            entry.consent_revoke(
                log=grant.log, grant_id=grant.id, signer=secret.signer, at=self.now()
            )
        )

    def present(self, request: AuthorizationRequest, **changes: Any) -> str:
        """Return the credential with the asked claims, bound to the request or to something else.

        `claims`, `alter` (a function of the derived SD-JWT), `signer`, `audience`, `nonce`, `at`.
        """
        shown = sd_jwts.derive(self.credential, changes.pop("claims", self.asked(request)))
        shown = changes.pop("alter", lambda same: same)(shown)
        members: dict[str, Any] = {
            "signer": self.holder,
            "audience": request.audience,
            "nonce": request.nonce,
            "at": self.now(),
        }
        return str(sd_jwts.bind(shown, **(members | changes)))

    def sign(self, grant: Grant, secret: GrantSecret, request: AuthorizationRequest) -> str:
        """Return the grant as the credential that goes with an answer to the request."""
        issued = grant_credential.issue(
            grant, secret, holder_jwk=self.holder.public_key.jwk, at=self.now()
        )
        bound = sd_jwts.bind(
            issued,
            signer=self.holder,
            audience=request.audience,
            nonce=request.nonce,
            at=self.now(),
            extra=transaction_claims(request.transaction_data),
        )
        return str(bound)

    def fields(
        self,
        request: AuthorizationRequest,
        *,
        presented: str | None = None,
        grant: str | None = None,
    ) -> Fields:
        """Return the form of an answer, right in every part that is not given."""
        query: Any = request.dcql_query["credentials"]
        token = {query[0]["id"]: (presented or self.present(request),)}
        if grant is None:
            secret = GrantSecret.generate()
            grant = self.sign(self.record(self.terms(request), secret), secret, request)
        response = AuthorizationResponse(
            vp_token={**token, GRANT_QUERY: (grant,)}, state=request.state
        )
        return dict(response.to_form())

    def post(self, request: AuthorizationRequest, fields: Fields) -> HttpAnswer:
        """Send a form to the response URI."""
        return self._http.post_form(request.response_uri, fields)
