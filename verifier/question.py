"""What was asked in one request: the query, the consent that goes with it, and by whom."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from consent_contracts.grant_credential import VCT
from consent_contracts.request import GRANT_QUERY, ConsentRequest
from ssi_core.did.syntax import Did
from ssi_core.json_types import JsonObject
from ssi_core.period import Period
from ssi_core.presentation.dcql import SD_JWT_VC_FORMAT, CredentialQuery, DcqlQuery
from ssi_core.protocol.openid4vp import AuthorizationRequest, ClientMetadata
from ssi_core.verification import Expected
from verifier.policy import ALGORITHMS, GrantRule, Policy

# RFC 9864 spells Ed25519 in full; wallets of before say EdDSA.
_FORMATS: Final[JsonObject] = {
    SD_JWT_VC_FORMAT: {
        "sd-jwt_alg_values": sorted(ALGORITHMS),
        "kb-jwt_alg_values": sorted(ALGORITHMS),
    }
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """The organisation that asks, as it presents itself to a person."""

    did: Did
    name: str
    withdrawal_uri: str
    log: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request as its answer is held against it."""

    policy: Policy
    parameters: AuthorizationRequest
    recipient: Did

    @property
    def query(self) -> DcqlQuery:
        """The DCQL query as it was sent."""
        return DcqlQuery.parse(self.parameters.dcql_query)

    @property
    def consent(self) -> ConsentRequest | None:
        """The consent that was asked for, read from the text as it was sent."""
        texts = self.parameters.transaction_data
        return ConsentRequest.parse(texts[0]) if texts else None

    def expected(self, query_id: str) -> Expected | None:
        """Return what the key binding of an answer to `query_id` must be made for."""
        if not self.policy.holder_binding:
            return None
        consented = query_id == GRANT_QUERY
        return Expected(
            audience=self.parameters.audience,
            nonce=self.parameters.nonce,
            transaction_data=self.parameters.transaction_data if consented else (),
        )


def dcql_query(policy: Policy) -> DcqlQuery:
    """Return the query of a policy; where a grant is required, the wallet makes one for it."""
    if policy.grant is None:
        return policy.query
    grant = CredentialQuery(id=GRANT_QUERY, format=SD_JWT_VC_FORMAT, meta={"vct_values": [VCT]})
    return DcqlQuery(credentials=(*policy.credentials, grant))


def consent_request(
    rule: GrantRule,
    recipient: Recipient,
    *,
    request_id: str,
    at: datetime,
    period: timedelta | None = None,
) -> ConsentRequest:
    """Return what a person is asked for from now on; `period` shortens the policy's own.

    `request_id` is in no other request, so that a grant, which names the request by its digest,
    answers this one alone.
    """
    start = at.replace(microsecond=0)
    length = rule.period if period is None else min(period, rule.period)
    return ConsentRequest(
        recipient=recipient.did,
        recipient_name=recipient.name,
        purposes=rule.purposes,
        period=Period(start, start + length),
        max_staleness=rule.max_staleness,
        access=rule.access,
        limits=rule.limits,
        obligations=rule.obligations,
        notice=rule.notice,
        if_refused=rule.if_refused,
        withdrawal_uri=recipient.withdrawal_uri,
        log=recipient.log,
        other={"request_id": request_id},
    )


def client_metadata(name: str, *, response_key: JsonObject | None) -> ClientMetadata:
    """Return what wallets need to know of this verifier; the key is for encrypted responses."""
    plain = ClientMetadata(vp_formats_supported=_FORMATS, other={"client_name": name})
    if response_key is None:
        return plain
    return replace(plain, keys=(response_key,), content_algorithms=("A256GCM", "A128GCM"))
