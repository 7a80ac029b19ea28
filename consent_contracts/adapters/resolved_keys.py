"""Keys of those who sign receipts, from their DID documents."""

from typing import final

from ssi_core.did.document import VerificationRelationship
from ssi_core.did.resolver import DidResolver
from ssi_core.did.syntax import DidUrl
from ssi_core.keys import PublicKey


@final
class ResolvedKeys:
    """Resolves each DID anew, or as long as the resolver keeps a document."""

    def __init__(self, resolver: DidResolver) -> None:
        self._resolver = resolver

    def assertion_key(self, key_id: DidUrl) -> PublicKey:
        """Return the key under `assertionMethod`, or raise what stands in the way."""
        document = self._resolver.resolve(key_id.did)
        return document.key_for(str(key_id), VerificationRelationship.ASSERTION_METHOD)
