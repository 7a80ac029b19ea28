"""The log that another was handed over to, asked over HTTP, and believed only with proof."""

from typing import final

from registry.client.registry_client import RegistryClient
from registry.model import checkpoint as checkpoints
from registry.model.log_records import Successor
from registry.model.merkle import verify_inclusion
from registry.model.signed_note import SignatureType, VerifierKey
from registry.model.strict_keys import strict_multikey
from ssi_core.errors import LogProofError, NotFoundError, UnavailableError


@final
class HttpNextLog:
    """What a registry, or a replica, shows of the log whose name and key stand in a handover."""

    def __init__(self, registry: RegistryClient, successor: Successor) -> None:
        self._registry = registry
        key = strict_multikey(successor.key, at="/next/key")
        self._key = VerifierKey(successor.origin, SignatureType.ED25519, key)

    def has(self, leaf: bytes) -> bool:
        """Return whether the entry with this leaf hash stands in a tree that the log signed."""
        try:
            tree = checkpoints.read(self._registry.checkpoint(), log_key=self._key)
        except LogProofError:
            raise UnavailableError("it is another log that answers than the next one") from None
        try:
            index = self._registry.receipt(leaf).index
        except NotFoundError:
            return False
        try:
            path = self._registry.inclusion(index, size=tree.size)
            verify_inclusion(leaf, index=index, size=tree.size, path=path, root=tree.root)
        except (LogProofError, NotFoundError):
            raise UnavailableError("the next log does not prove what it has") from None
        return True
