"""Finding the document of a DID: the port, and the part of it that needs no network."""

from collections.abc import Iterable
from typing import Protocol, final

from ssi_core.did import jwk, key
from ssi_core.did.document import DidDocument
from ssi_core.did.syntax import Did
from ssi_core.errors import UnavailableError


class DidResolver(Protocol):
    """Finds DID documents, wherever they are kept."""

    def resolve(self, did: Did) -> DidDocument:
        """Return the current document of `did`.

        Raises `NotFoundError`, `DeactivatedError`, `DidMethodError`, `MalformedError`,
        `ProofError`, or `UnavailableError` when it could not be found out.
        """
        ...


@final
class CollectedDocuments:
    """Resolves did:key and did:jwk by themselves, and others from documents collected before."""

    def __init__(self, documents: Iterable[DidDocument] = ()) -> None:
        self._documents = {document.did: document for document in documents}

    def resolve(self, did: Did) -> DidDocument:
        """Return the document of `did`; raise `UnavailableError` if it was not collected."""
        if did.method == "key":
            return key.resolve(did)
        if did.method == "jwk":
            return jwk.resolve(did)
        try:
            return self._documents[did]
        except KeyError:
            raise UnavailableError("the DID document was not collected") from None
