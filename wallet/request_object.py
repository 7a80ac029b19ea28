"""A verifier's request, fetched and found to be from whom it says (OpenID4VP 1.0 section 5)."""

from typing import Final

from ssi_core.did.document import DidDocument
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError, SsiError
from ssi_core.json_types import JsonObject
from ssi_core.protocol import openid4vp
from ssi_core.protocol.openid4vp import (
    AuthenticatedRequest,
    ClientId,
    ClientIdPrefix,
    RequestByReference,
    RequestByValue,
    RequestEvidence,
    RequestUriMethod,
    RequestUriPost,
)
from ssi_core.protocol.openid4vp.request_uri import MEDIA_TYPE
from wallet.exchange import refusal
from wallet.ports import Answer, Http, Outside
from wallet.trust import Trust

_ALGORITHMS: Final = ["ES256", "EdDSA"]
WALLET_METADATA: Final[JsonObject] = {
    "vp_formats_supported": {
        "dc+sd-jwt": {"sd-jwt_alg_values": _ALGORITHMS, "kb-jwt_alg_values": _ALGORITHMS}
    },
    "client_id_prefixes_supported": [
        "decentralized_identifier",
        "x509_san_dns",
        "x509_hash",
        "redirect_uri",
    ],
    "request_object_signing_alg_values_supported": _ALGORITHMS,
    "response_types_supported": ["vp_token"],
    "response_modes_supported": ["direct_post", "direct_post.jwt"],
}


def read_request(
    uri: str, *, outside: Outside, trust: Trust, any_certificate: bool = False
) -> AuthenticatedRequest:
    """Return the request that `uri` leads to, authenticated as its Client Identifier demands.

    Raises `MalformedError`, `ProofError`, `NonceError`, `ExpiredError` or `TrustError` for what is
    not as it must be, `UnavailableError` when that could not be found out.
    """
    found = openid4vp.parse_request_uri(uri)
    match found:
        case RequestByReference():
            text, nonce = _fetch(outside.http, found)
        case RequestByValue():
            text, nonce = found.request, None
        case _:
            return openid4vp.check_request_parameters(found.request)
    evidence = RequestEvidence(
        did_document=_did_document(found.client_id, outside),
        trusted_certificates=trust.certificates,
        any_certificate=any_certificate,
    )
    return openid4vp.check_request_object(
        text,
        client_id=found.client_id,
        evidence=evidence,
        at=outside.clock.now(),
        wallet_nonce=nonce,
    )


def _fetch(http: Http, found: RequestByReference) -> tuple[str, str | None]:
    if found.method is RequestUriMethod.GET:
        return _text(http.get(found.request_uri, accept=MEDIA_TYPE)), None
    nonce = openid4vp.new_nonce()
    post = RequestUriPost(wallet_metadata=WALLET_METADATA, wallet_nonce=nonce)
    return _text(http.post_form(found.request_uri, post.to_form(), accept=MEDIA_TYPE)), nonce


def _text(answer: Answer) -> str:
    if not answer.ok:
        raise refusal(answer, otherwise="the verifier does not give its request out")
    try:
        return answer.body.decode("ascii").strip()
    except UnicodeDecodeError:
        raise MalformedError("a request object is a JWS") from None


def _did_document(client_id: ClientId, outside: Outside) -> DidDocument | SsiError | None:
    if client_id.prefix is not ClientIdPrefix.DECENTRALIZED_IDENTIFIER:
        return None
    try:
        return outside.resolver.resolve(Did.parse(client_id.value, at="/client_id"))
    except SsiError as error:
        return error
