"""The DID document of an organisation: which key it asserts with, and where it is reached."""

from collections.abc import Sequence
from typing import Final

from ssi_core.did.syntax import Did
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import PublicKey
from ssi_core.strict_json import as_text

ASSERTION: Final = "assertion"
LOG: Final = "log"
_CONTEXT: Final = (
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/jwk/v1",
    "https://w3id.org/security/multikey/v1",
)


def organisation_document(
    did: Did, *, assertion: PublicKey, log: PublicKey, services: Sequence[JsonObject]
) -> JsonObject:
    """Return the document; a service's `id` may be just a fragment, such as `#withdrawals`."""
    assertion_id, log_id = f"{did}#{ASSERTION}", f"{did}#{LOG}"
    document: dict[str, JsonValue] = {
        "@context": list(_CONTEXT),
        "id": str(did),
        "verificationMethod": [
            {
                "id": assertion_id,
                "type": "JsonWebKey",
                "controller": str(did),
                "publicKeyJwk": assertion.jwk,
            },
            {
                "id": log_id,
                "type": "Multikey",
                "controller": str(did),
                "publicKeyMultibase": log.multikey,
            },
        ],
        "authentication": [assertion_id],
        "assertionMethod": [assertion_id, log_id],
    }
    if services:
        document["service"] = [_service(did, service) for service in services]
    return document


def _service(did: Did, service: JsonObject) -> JsonObject:
    name = as_text(service.get("id"), at="/service/id")
    return {**service, "id": f"{did}{name}" if name.startswith("#") else name}
