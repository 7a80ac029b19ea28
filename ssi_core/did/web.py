"""The did:web method: a DID document at a web address. https://w3c-ccg.github.io/did-method-web/."""

from ssi_core import strict_json
from ssi_core.did.document import DidDocument
from ssi_core.did.syntax import Did
from ssi_core.did.web_location import WebLocation
from ssi_core.errors import DidResolutionError, MalformedError, ProofError


def document_url(did: Did) -> str:
    """Return where the document of `did` is: https, or http if the host is `localhost`."""
    if did.method != "web":
        raise MalformedError("not a did:web")
    return WebLocation.parse(did.method_specific_id).document_url("did.json")


def parse_document(did: Did, body: bytes) -> DidDocument:
    """Read the document found at `document_url`; raise `ProofError` if it is another DID's.

    What is no DID document is `DidResolutionError`, for the DID itself is in order.
    """
    try:
        document = DidDocument.parse(strict_json.parse_object(body))
    except MalformedError as error:
        name = "invalidDidDocument"
        raise DidResolutionError(error.reason, at=error.at, error=name) from None
    if document.did != did:
        raise ProofError("the document is of another DID", at="/id")
    return document
