"""A JSON-LD document of every awkward shape, to disclose parts of."""

import json
from typing import Any, Final

from ssi_core.rdf.contexts import Contexts, PinnedContext
from ssi_core.rdf.json_ld import JsonLd

URL: Final = "https://context.example/v1"
_V: Final = "https://vocabulary.example/"
_SECURITY: Final = "https://w3id.org/security#"
CONTEXT: Final[dict[str, Any]] = {
    "@context": {
        "@version": 1.1,
        "@protected": True,
        "id": "@id",
        "type": "@type",
        "VerifiableCredential": f"{_V}VerifiableCredential",
        "DataIntegrityProof": f"{_SECURITY}DataIntegrityProof",
        "cryptosuite": f"{_SECURITY}cryptosuite",
        "created": "http://purl.org/dc/terms/created",
        "expires": f"{_SECURITY}expiration",
        "verificationMethod": {"@id": f"{_SECURITY}verificationMethod", "@type": "@id"},
        "proofPurpose": {"@id": f"{_SECURITY}proofPurpose", "@type": "@vocab"},
        "assertionMethod": f"{_SECURITY}assertionMethod",
        "issuer": {"@id": f"{_V}issuer", "@type": "@id"},
        "credentialSubject": {"@id": f"{_V}credentialSubject", "@type": "@id"},
        "name": f"{_V}name",
        "results": f"{_V}results",
        "code": f"{_V}code",
        "value": f"{_V}value",
        "doses": {"@id": f"{_V}doses", "@container": "@list"},
        "labels": {"@id": f"{_V}labels", "@container": "@language"},
        "raw": {"@id": f"{_V}raw", "@type": "@json"},
        "byId": {"@id": f"{_V}byId", "@container": "@id"},
        "graph": {"@id": f"{_V}graph", "@container": "@graph"},
    }
}
JSON_LD: Final = JsonLd(Contexts([PinnedContext.trusting(URL, json.dumps(CONTEXT).encode())]))
ISSUER: Final = "did:example:issuer"
METHOD: Final = f"{ISSUER}#key"


def credential(**claims: Any) -> dict[str, Any]:
    """Return a credential about a subject without an id."""
    return {
        "@context": [URL],
        "type": ["VerifiableCredential"],
        "issuer": ISSUER,
        "credentialSubject": claims,
    }


# Two results are alike but for one value, so that their nodes must not be mixed up.
DOCUMENT: Final = credential(
    name="Ada",
    results=[
        {"code": "4548-4", "value": 41},
        {"code": "4548-4", "value": 44},
        {"code": "2093-3", "value": 190},
    ],
)
