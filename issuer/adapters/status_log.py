"""The registry's log as the place where status lists are published."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import final

from registry.client import RegistryClient
from registry.client.registry_client import Outcome
from registry.model.entry import Entry, EntryType, status_publish
from ssi_core.did.syntax import Did
from ssi_core.keys import Signer
from ssi_core.strict_json import as_text


@final
class RegistryStatusLog:
    """Implements `StatusLog` in the name of one organisation."""

    def __init__(
        self, registry: RegistryClient, *, origin: str, did: Did, key_id: str, key: Signer
    ) -> None:
        self._registry = registry
        self._origin = origin
        self._did = did
        self._key_id = key_id
        self._key = key

    def entry(
        self, *, uri: str, digest: str, ttl: timedelta, previous: bytes | None, at: datetime
    ) -> bytes:
        """Return the signed entry that publishes `digest`, without sending it."""
        return status_publish(
            log=self._origin,
            issuer=self._did,
            key_id=self._key_id,
            signer=self._key,
            uri=uri,
            digest=digest,
            ttl=ttl,
            previous=previous,
            at=at,
        )

    def submit_all(self, entries: Sequence[bytes]) -> Sequence[Outcome]:
        """Put entries in the log, in this order, unless they are there; say what became of each."""
        return self._registry.submit_all(entries)

    def ask(self) -> None:
        """Return if the registry answers; `UnavailableError` if not."""
        self._registry.log()

    def latest(self, uri: str) -> tuple[str, bytes] | None:
        """Return the digest that the log has for a list of ours, and the entry that says so."""
        for proof in reversed(self._registry.status_list(uri, self._did).entries):
            entry = Entry.parse(proof.raw)
            if entry.type is EntryType.STATUS_PUBLISH:
                return as_text(entry.members.get("dig"), at="/dig"), proof.raw
        return None
