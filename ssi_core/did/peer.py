"""The did:peer method: a DID that is its own document, made for one relationship.

https://identity.foundation/peer-did-method-spec/. Numalgo 2 lists keys and services, numalgo 4
holds a whole document; their files are beside this one.
"""

from ssi_core.did import peer_2, peer_4
from ssi_core.did.document import DidDocument
from ssi_core.did.syntax import Did
from ssi_core.errors import DidMethodError, MalformedError

# Of keys without a document, and of documents that only those who exchanged them know.
_NOT_RESOLVED = ("0", "1", "3")


def resolve(did: Did, *, long_form: Did | None = None) -> DidDocument:
    """Return the document of a did:peer of numalgo 2 or 4.

    The short form of numalgo 4 needs the `long_form` that it was first exchanged as: without it,
    `UnavailableError`. Raises `DidMethodError` for another numalgo.
    """
    if did.method != "peer":
        raise MalformedError("not a did:peer", at="/id")
    match did.method_specific_id[0]:
        case "2":
            return peer_2.resolve(did)
        case "4":
            return peer_4.resolve(did, long_form=long_form)
        case numalgo if numalgo in _NOT_RESOLVED:
            raise DidMethodError("this numalgo of did:peer is not resolved here", at="/id")
        case _:
            raise MalformedError("did:peer has no such numalgo", at="/id")
