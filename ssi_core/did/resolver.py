"""Finding the document of a DID: the ports, and the part of them that needs no network."""

from collections.abc import Iterable
from typing import Final, Protocol, final

from ssi_core.did import jwk, key, peer
from ssi_core.did.document import DidDocument
from ssi_core.did.resolution import Resolution, finished
from ssi_core.did.resolution_options import ResolutionOptions
from ssi_core.did.syntax import Did
from ssi_core.errors import AlgorithmError, DidMethodError, DidResolutionError, UnavailableError

_NO_OPTIONS: Final = ResolutionOptions()


class DidResolver(Protocol):
    """Finds DID documents, wherever they are kept."""

    def resolve(self, did: Did) -> DidDocument:
        """Return the current document of `did`.

        Raises `NotFoundError`, `DeactivatedError`, `DidMethodError`, `MalformedError`,
        `ProofError`, or `UnavailableError` when it could not be found out.
        """
        ...


class OptionsResolver(Protocol):
    """The resolve function of DID Resolution, with its options and its metadata."""

    def resolve_with(self, did: Did, options: ResolutionOptions) -> Resolution:
        """Return what `did` resolves to, a DID that has ended too.

        Raises what `DidResolver.resolve` does, and `DidResolutionError` for options.
        """
        ...


def document_in(did: Did, options: ResolutionOptions = _NO_OPTIONS) -> DidDocument:
    """Return the document of a did:key, did:jwk or did:peer: nothing has to be fetched for it."""
    match did.method:
        case "key":
            return key.resolve(did, options.key)
        case "jwk":
            return jwk.resolve(did)
        case "peer":
            return peer.resolve(did)
        case _:
            raise DidMethodError("the DID method is not resolved here")


def resolve_self_contained(did: Did, options: ResolutionOptions = _NO_OPTIONS) -> Resolution:
    """Return what `document_in` finds, with the errors that DID resolution has for it."""
    try:
        document = document_in(did, options)
    except AlgorithmError as error:
        name = "unsupportedPublicKeyType"
        raise DidResolutionError(error.reason, at=error.at, error=name) from None
    options.require_no_version()
    return finished(Resolution(document=document), options)


@final
class CollectedDocuments:
    """Resolves self-contained DIDs by themselves, and others from documents collected before.

    The short form of a did:peer:4 is collected like any other: it says too little by itself.
    """

    def __init__(self, documents: Iterable[DidDocument] = ()) -> None:
        self._documents = {document.did: document for document in documents}

    def resolve(self, did: Did) -> DidDocument:
        """Return the document of `did`; raise `UnavailableError` if it was not collected."""
        try:
            return document_in(did)
        except (DidMethodError, UnavailableError):
            if (collected := self._documents.get(did)) is not None:
                return collected
        raise UnavailableError("the DID document was not collected")
