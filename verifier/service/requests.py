"""Ask: make a request, and serve it to the wallet that fetches it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Final, final
from urllib.parse import urlsplit

from ssi_core.errors import MalformedError, NotFoundError
from ssi_core.jwe import AgreementKey
from ssi_core.period import to_timestamp
from ssi_core.protocol.openid4vp import (
    AuthorizationRequest,
    ClientId,
    ClientIdPrefix,
    RequestByReference,
    RequestInParameters,
    RequestUriMethod,
    RequestUriPost,
    ResponseMode,
    new_nonce,
    sign_request_object,
    unsigned_request_object,
)
from verifier.office import Office
from verifier.policy import Policy
from verifier.ports import Clock, RequestStore
from verifier.question import client_metadata, consent_request, dcql_query
from verifier.request import PresentationRequest

RESPONSE_KEY: Final = "response-key"
_ID_BYTES: Final = 32
_CERTIFIED: Final = (ClientIdPrefix.X509_HASH, ClientIdPrefix.X509_SAN_DNS)
_PREFIXES: Final = (
    ClientIdPrefix.DECENTRALIZED_IDENTIFIER,
    ClientIdPrefix.REDIRECT_URI,
    *_CERTIFIED,
)
_MAX_WALLET_NONCE: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """How one request departs from its policy; a period can only be shortened."""

    period: timedelta | None = None
    response_mode: ResponseMode = ResponseMode.DIRECT_POST
    client_id_prefix: ClientIdPrefix = ClientIdPrefix.DECENTRALIZED_IDENTIFIER

    def __post_init__(self) -> None:
        if self.client_id_prefix not in _PREFIXES:
            raise MalformedError("prefix is not offered here", at="/client_id_prefix")
        if self.period is not None and self.period < timedelta(seconds=1):
            raise MalformedError("must be at least one second", at="/period")


@final
class Requests:
    """Makes requests under the organisation's policies."""

    def __init__(self, office: Office, store: RequestStore, clock: Clock) -> None:
        self._office = office
        self._store = store
        self._clock = clock

    def create(self, policy_id: str, overrides: Overrides) -> PresentationRequest:
        """Make a request under one of the office's policies, and keep it."""
        return self.create_under(self._office.policy(policy_id), overrides)

    def create_under(self, policy: Policy, overrides: Overrides) -> PresentationRequest:
        """Make a request with a fresh nonce, state and response URI, and keep it."""
        now = self._clock.now()
        request_id, response_id = _new_id(), new_nonce()
        key = _response_key(overrides)
        request = PresentationRequest(
            id=request_id,
            response_id=response_id,
            policy=policy.source,
            parameters=self._parameters(
                policy, overrides, response_id=response_id, key=key, at=now
            ),
            created_at=now,
            expires_at=now + self._office.lifetime,
            response_key=None
            if key is None
            else self._office.seal(key.secret, kind=RESPONSE_KEY, request_id=request_id),
        )
        self._store.append(request)
        return request

    def uri(
        self, request: PresentationRequest, *, method: RequestUriMethod = RequestUriMethod.POST
    ) -> str:
        """Return what the wallet is given: by reference if signed, else the request itself."""
        client_id = request.parameters.client_id
        if client_id.prefix is ClientIdPrefix.REDIRECT_URI:
            return RequestInParameters(request=request.parameters).render()
        reference = RequestByReference(
            client_id=client_id,
            request_uri=self._office.request_uri(request.id),
            method=method,
        )
        return reference.render()

    def serve(self, request_id: str, post: RequestUriPost) -> str:
        """Return the request object for the wallet, with its nonce if it gave one."""
        now = self._clock.now()
        request = self._store.find(request_id)
        if request is None:
            raise NotFoundError("there is no such request")
        request.require_open(now)
        if len(post.wallet_nonce or "") > _MAX_WALLET_NONCE:
            raise MalformedError("is longer than allowed", at="/wallet_nonce")
        self._store.mark_fetched(request_id)
        parameters = replace(request.parameters, wallet_nonce=post.wallet_nonce)
        issued_at, expires_at = to_timestamp(now), to_timestamp(request.expires_at)
        if parameters.client_id.prefix is ClientIdPrefix.REDIRECT_URI:
            return unsigned_request_object(parameters)
        certified = parameters.client_id.prefix in _CERTIFIED
        return sign_request_object(
            parameters,
            signer=self._office.identity.assertion_signer,
            key_id=None if certified else self._office.identity.assertion_key_id,
            chain=self._office.certificate if certified else None,
            at=issued_at,
            lifetime=expires_at - issued_at,
        )

    def _parameters(
        self,
        policy: Policy,
        overrides: Overrides,
        *,
        response_id: str,
        key: AgreementKey | None,
        at: datetime,
    ) -> AuthorizationRequest:
        response_uri = self._office.response_uri(response_id)
        return AuthorizationRequest(
            client_id=self._client_id(policy, response_uri, overrides),
            nonce=new_nonce(),
            state=new_nonce(),
            response_mode=overrides.response_mode,
            response_uri=response_uri,
            dcql_query=dcql_query(policy).to_json(),
            client_metadata=client_metadata(
                self._office.name, response_key=None if key is None else key.jwk
            ),
            transaction_data=self._transaction_data(policy, overrides, at),
        )

    def _client_id(self, policy: Policy, response_uri: str, overrides: Overrides) -> ClientId:
        prefix = overrides.client_id_prefix
        if prefix is ClientIdPrefix.DECENTRALIZED_IDENTIFIER:
            return ClientId(prefix, str(self._office.identity.did))
        if prefix in _CERTIFIED:
            return self._certified_id(prefix, response_uri)
        if policy.grant is not None:
            raise MalformedError("a grant is asked for in signed requests", at="/client_id_prefix")
        return ClientId(prefix, response_uri)

    def _certified_id(self, prefix: ClientIdPrefix, response_uri: str) -> ClientId:
        chain = self._office.certificate
        if chain is None:
            raise MalformedError("there is no certificate for it here", at="/client_id_prefix")
        if prefix is ClientIdPrefix.X509_HASH:
            return ClientId(prefix, chain.leaf_hash)
        host = (urlsplit(response_uri).hostname or "").lower()
        if host not in chain.dns_names:
            raise MalformedError("the certificate names another host", at="/client_id_prefix")
        return ClientId(prefix, host)

    def _transaction_data(
        self, policy: Policy, overrides: Overrides, at: datetime
    ) -> tuple[str, ...]:
        if policy.grant is None:
            if overrides.period is not None:
                raise MalformedError("without a grant there is no period", at="/period")
            return ()
        recipient = self._office.recipient
        asked = consent_request(
            policy.grant, recipient, request_id=new_nonce(), at=at, period=overrides.period
        )
        return (asked.text,)


def _response_key(overrides: Overrides) -> AgreementKey | None:
    encrypted = overrides.response_mode is ResponseMode.DIRECT_POST_JWT
    return AgreementKey.generate() if encrypted else None


def _new_id() -> str:
    # People paste it behind a command, so it must not look like an option.
    return token_hex(_ID_BYTES)
