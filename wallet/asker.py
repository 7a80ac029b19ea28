"""Who asks: what the request proves about it, and whether it is who is to be permitted."""

from typing import Final
from urllib.parse import urlsplit

from consent_contracts.request import ConsentRequest
from ssi_core.did.document import DidDocument
from ssi_core.did.resolver import DidResolver
from ssi_core.did.syntax import Did
from ssi_core.errors import TrustError
from ssi_core.json_types import JsonObject
from ssi_core.protocol.openid4vp import AuthenticatedRequest, ClientIdPrefix
from ssi_core.strict_json import as_array, as_object
from wallet.log import TrustedRegistry
from wallet.question import Accredited, Asker

_NAME: Final = "client_name"
_MAX_NAME: Final = 200


def who_asks(
    authenticated: AuthenticatedRequest,
    consent: ConsentRequest | None,
    *,
    types: frozenset[str],
    resolver: DidResolver,
    log: TrustedRegistry,
) -> Asker:
    """Return the asker; `TrustError` if the recipient of a grant is not shown to be the asker.

    Being accredited is a question of its own: the answer is shown, and the person decides.
    """
    request = authenticated.request
    client = request.client_id
    proven: Did | None = None
    if client.prefix is ClientIdPrefix.DECENTRALIZED_IDENTIFIER:
        proven = Did.parse(client.value, at="/client_id")
    if consent is not None and consent.recipient != proven:
        _require_response_uri_of(resolver.resolve(consent.recipient), request.response_uri)
        proven = consent.recipient
    return Asker(
        client_id=str(client),
        did=None if proven is None else str(proven),
        name=_name(authenticated) if consent is None else consent.recipient_name,
        response_origin=_origin_of(request.response_uri),
        proven_by=client.prefix.value,
        accredited=Accredited.UNKNOWN if proven is None else log.accredited(proven, types),
    )


def pairwise_name(asker: Asker) -> str:
    """Return the name under which the wallet remembers what this asker has seen.

    A client id of the prefix `redirect_uri` may be new every time; the host it leads to is not.
    """
    if asker.proven_by == ClientIdPrefix.REDIRECT_URI.value:
        return asker.response_origin
    return asker.did or asker.client_id


def _require_response_uri_of(document: DidDocument, response_uri: str) -> None:
    # Otherwise whoever asks could have somebody else's good name on the question.
    services = as_array(document.source.get("service", []), at="/service")
    endpoints = (as_object(item, at="/service").get("serviceEndpoint") for item in services)
    origins = {_origin_of(url) for url in endpoints if isinstance(url, str)}
    if _origin_of(response_uri) not in origins:
        raise TrustError("who asks has not shown that it is the recipient", at="/recipient")


def _origin_of(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _name(authenticated: AuthenticatedRequest) -> str | None:
    if not authenticated.identified:
        # Anyone could have written it there.
        return None
    metadata = authenticated.request.client_metadata
    other: JsonObject = {} if metadata is None else metadata.other
    name = other.get(_NAME)
    return name if isinstance(name, str) and 0 < len(name) <= _MAX_NAME else None
