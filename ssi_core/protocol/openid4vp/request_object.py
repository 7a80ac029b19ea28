"""Request Objects: signed by the verifier, checked by the wallet (OpenID4VP 1.0 section 5, JAR).

The check needs facts by prefix: a DID document, trusted certificates, or registered keys. They
come in as `RequestEvidence`, so the check itself is pure.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, final

from ssi_core import jws, strict_json
from ssi_core.did.document import DidDocument, VerificationRelationship
from ssi_core.did.syntax import Did, DidUrl
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import (
    AudienceError,
    ExpiredError,
    MalformedError,
    NonceError,
    NotYetValidError,
    ProofError,
    SsiError,
    TrustError,
    UnavailableError,
)
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.jws import Jws
from ssi_core.keys import PublicKey, Signer
from ssi_core.period import from_timestamp
from ssi_core.protocol.openid4vp.authorization_request import AuthorizationRequest
from ssi_core.protocol.openid4vp.client_id import ClientId, ClientIdPrefix
from ssi_core.strict_json import as_integer, as_text
from ssi_core.x5c import CertificateChain

TYPE: Final = "oauth-authz-req+jwt"
# Section 5.8: the audience when the wallet's own metadata was not discovered.
STATIC_DISCOVERY_AUDIENCE: Final = "https://self-issued.me/v2"
ALGORITHMS: Final = frozenset({"ES256", "EdDSA", "Ed25519"})
_PARTS: Final = 3
# The specification asks for a key of the DID and names no relationship: these two say
# "speaks for the DID" without a doubt.
_RELATIONSHIPS: Final = (
    VerificationRelationship.AUTHENTICATION,
    VerificationRelationship.ASSERTION_METHOD,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEvidence:
    """Facts that authenticate a verifier: each is needed for one prefix only.

    `did_document` is the document of `client_did(text)`, or why it could not be had;
    `trusted_certificates` are DER; `registered_keys` are by full pre-registered Client Identifier.
    With `any_certificate` a chain that leads to none of them passes, and the result says so.
    """

    did_document: DidDocument | SsiError | None = None
    trusted_certificates: Collection[bytes] = ()
    any_certificate: bool = False
    registered_keys: Mapping[str, Collection[PublicKey]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
@final
class AuthenticatedRequest:
    """A request from whom its Client Identifier says. Only the checks of this module make one.

    `signed` is false for the prefix `redirect_uri`: then only the response URI itself is known.
    `authority_known` is false for a certificate that nobody vouched for, which proves no more.
    """

    request: AuthorizationRequest
    signed: bool
    authority_known: bool = True
    key_id: str | None = None

    @property
    def identified(self) -> bool:
        """Whether anybody stands behind the name of who asks."""
        return self.signed and self.authority_known


def sign_request_object(
    request: AuthorizationRequest,
    *,
    signer: Signer,
    at: int,
    lifetime: int,
    key_id: str | None = None,
    chain: CertificateChain | None = None,
    audience: str = STATIC_DISCOVERY_AUDIENCE,
) -> str:
    """Return the compact JWS; `at` is its `iat`, `lifetime` seconds later it expires.

    `key_id` is for the prefix `decentralized_identifier`, `chain` for the x509 prefixes.
    """
    header: dict[str, JsonValue] = {"typ": TYPE}
    if key_id is not None:
        header["kid"] = key_id
    if chain is not None:
        header["x5c"] = chain.render()
    payload = {"aud": audience, "iat": at, "exp": at + lifetime, **request.to_json()}
    return jws.sign(header, payload, signer=signer)


def unsigned_request_object(
    request: AuthorizationRequest, *, audience: str = STATIC_DISCOVERY_AUDIENCE
) -> str:
    """Return the object with `alg` none, for the prefix `redirect_uri` and no other."""
    if request.client_id.prefix is not ClientIdPrefix.REDIRECT_URI:
        raise ProofError("a request with this Client Identifier Prefix must be signed")
    parts: tuple[JsonObject, ...] = (
        {"alg": "none", "typ": TYPE},
        {"aud": audience, **request.to_json()},
    )
    return ".".join([*(base64url_encode(strict_json.render(part).encode()) for part in parts), ""])


def client_did(text: str) -> Did | None:
    """Return the DID whose document the check needs, or nothing for the other prefixes."""
    client_id = _client_id(_claims(text))
    if client_id.prefix is not ClientIdPrefix.DECENTRALIZED_IDENTIFIER:
        return None
    return Did.parse(client_id.value, at="/client_id")


def check_request_object(
    text: str,
    *,
    client_id: ClientId,
    evidence: RequestEvidence,
    at: datetime,
    wallet_nonce: str | None = None,
    audience: str = STATIC_DISCOVERY_AUDIENCE,
) -> AuthenticatedRequest:
    """Return the request if it is from `client_id`, for this wallet, now, and for its nonce.

    1 signed, or rightly not signed  2 same Client Identifier  3 audience  4 time  5 wallet nonce
    """
    key_id: str | None = None
    authority_known = True
    if client_id.prefix is ClientIdPrefix.REDIRECT_URI:
        claims = _unsigned_claims(text)
    else:
        parsed = jws.parse(text)
        jws.require_header(parsed, algorithms=ALGORITHMS, typ=TYPE)
        key, authority_known = _key(parsed, client_id, evidence, at)
        claims = jws.verify(parsed, key=key).claims()
        kid = parsed.header.get("kid")
        key_id = kid if isinstance(kid, str) else None
    if _client_id(claims) != client_id:
        raise ProofError("the request is from another Client Identifier", at="/client_id")
    _check_audience(claims, audience)
    _check_time(claims, at)
    request = AuthorizationRequest.parse(claims)
    if request.wallet_nonce != wallet_nonce and wallet_nonce is not None:
        raise NonceError("the request object is not for this wallet's nonce", at="/wallet_nonce")
    signed = client_id.prefix is not ClientIdPrefix.REDIRECT_URI
    return AuthenticatedRequest(
        request=request, signed=signed, authority_known=authority_known, key_id=key_id
    )


def check_request_parameters(request: AuthorizationRequest) -> AuthenticatedRequest:
    """Return a request that came unsigned in URI parameters, if its prefix allows that."""
    if request.client_id.prefix is not ClientIdPrefix.REDIRECT_URI:
        raise ProofError("a request with this Client Identifier Prefix must be signed")
    return AuthenticatedRequest(request=request, signed=False)


def _key(
    parsed: Jws, client_id: ClientId, evidence: RequestEvidence, at: datetime
) -> tuple[PublicKey, bool]:
    match client_id.prefix:
        case ClientIdPrefix.DECENTRALIZED_IDENTIFIER:
            return _did_key(parsed, client_id, evidence.did_document), True
        case ClientIdPrefix.X509_SAN_DNS | ClientIdPrefix.X509_HASH:
            return _certified_key(parsed, client_id, evidence, at)
        case _:
            return _registered_key(parsed, client_id, evidence.registered_keys), True


def _did_key(
    parsed: Jws, client_id: ClientId, document: DidDocument | SsiError | None
) -> PublicKey:
    did = Did.parse(client_id.value, at="/client_id")
    method = as_text(parsed.header.get("kid"), at="/header/kid")
    if DidUrl.parse(method, at="/header/kid").did != did:
        raise ProofError("the key belongs to another DID", at="/header/kid")
    if document is None:
        raise UnavailableError("the verifier's DID document is not at hand")
    if isinstance(document, SsiError):
        raise document
    if document.did != did:
        raise ProofError("the DID document is another DID's", at="/client_id")
    listed = [r for r in _RELATIONSHIPS if method in document.method_ids(r)]
    return document.key_for(method, listed[0] if listed else _RELATIONSHIPS[0])


def _certified_key(
    parsed: Jws, client_id: ClientId, evidence: RequestEvidence, at: datetime
) -> tuple[PublicKey, bool]:
    chain = CertificateChain.parse(parsed.header.get("x5c"))
    if client_id.prefix is ClientIdPrefix.X509_HASH:
        if chain.leaf_hash != client_id.value:
            raise ProofError("the certificate has another hash", at="/client_id")
    elif client_id.value.lower() not in chain.dns_names:
        raise ProofError("the certificate is for another name", at="/client_id")
    try:
        chain.require_trusted(trusted=evidence.trusted_certificates, at=at)
    except TrustError:
        if not evidence.any_certificate:
            raise
        # Its own dates hold all the same.
        chain.require_trusted(trusted=[chain.leaf], at=at)
        return chain.leaf_key, False
    return chain.leaf_key, True


def _registered_key(
    parsed: Jws, client_id: ClientId, registered: Mapping[str, Collection[PublicKey]]
) -> PublicKey:
    keys = registered.get(client_id.value, ())
    for key in keys:
        if parsed.header.get("alg") in key.algorithms and _holds(parsed, key):
            return key
    raise TrustError("the Client Identifier is not registered here", at="/client_id")


def _holds(parsed: Jws, key: PublicKey) -> bool:
    try:
        key.verify(parsed.signature, parsed.signing_input)
    except ProofError:
        return False
    return True


def _claims(text: str) -> JsonObject:
    parts = text.split(".")
    if len(parts) != _PARTS or len(text) > jws.MAX_CHARACTERS:
        raise MalformedError("not a compact JWS")
    return strict_json.parse_object(base64url_decode(parts[1], at="/payload"))


def _unsigned_claims(text: str) -> JsonObject:
    claims = _claims(text)
    head, _, signature = text.split(".")
    header = strict_json.parse_object(base64url_decode(head, at="/header"))
    # Section 5.9.3: there is no key that the wallet could trust, so a signature means confusion.
    if signature or header.get("alg") != "none":
        raise ProofError("a request with the prefix redirect_uri cannot be signed", at="/client_id")
    if header.get("typ") != TYPE:
        raise ProofError("JWS is of another type", at="/header/typ")
    return claims


def _client_id(claims: JsonObject) -> ClientId:
    return ClientId.parse(as_text(claims.get("client_id"), at="/client_id"))


def _check_audience(claims: JsonObject, audience: str) -> None:
    given = claims.get("aud")
    if given not in (audience, [audience]):
        raise AudienceError("the request object is for another wallet", at="/aud")


def _check_time(claims: JsonObject, at: datetime) -> None:
    if "exp" in claims and at >= from_timestamp(as_integer(claims["exp"], at="/exp"), at="/exp"):
        raise ExpiredError("the request object has expired", at="/exp")
    if "nbf" in claims and at < from_timestamp(as_integer(claims["nbf"], at="/nbf"), at="/nbf"):
        raise NotYetValidError("the request object is not valid yet", at="/nbf")
