"""The log as one organisation sees it: what it said there last, and how it says more."""

from collections.abc import Sequence
from typing import Protocol, final

from registry.client.registry_client import LogDescription, Outcome
from registry.model.envelope import Entry, EntryType
from registry.model.evidence import StatusEvidence
from ssi_core.did.syntax import Did
from ssi_core.errors import NotFoundError
from ssi_core.json_types import JsonObject


class SpokenRegistry(Protocol):
    """A registry, as far as organisations speak through it."""

    def log(self) -> LogDescription:
        """Return the log's name and keys."""
        ...

    def did_log_at(self, path: str) -> Sequence[JsonObject]:
        """Return the log of the DID that lives at `path`, not verified."""
        ...

    def status_list(self, uri: str, issuer: Did | None = None) -> StatusEvidence:
        """Return evidence of the latest publication of a status list."""
        ...

    def submit(self, entry: bytes) -> object:
        """Hand in one entry; return once it is durable."""
        ...

    def submit_all(self, entries: Sequence[bytes]) -> Sequence[Outcome]:
        """Hand in entries in this order; return what became of each."""
        ...


class OrganisationLog(Protocol):
    """What an organisation needs of the log that it speaks in."""

    def describe(self) -> LogDescription:
        """Return the log's name and keys."""
        ...

    def did_lines(self, path: str) -> Sequence[JsonObject]:
        """Return the log of the DID that lives at `path`, not verified; nothing if none does."""
        ...

    def last_publication(self, uri: str, issuer: Did) -> bytes | None:
        """Return the entry that published the list at `uri` last; nothing if there is none."""
        ...

    def hand_in(self, entry: bytes) -> None:
        """Put an entry into the log; raise why it will not have it."""
        ...


@final
class AskedLog:
    """Implements `OrganisationLog` by asking the registry each time; without it nothing goes."""

    def __init__(self, registry: SpokenRegistry) -> None:
        self._registry = registry

    def describe(self) -> LogDescription:
        """Return the log's name and keys."""
        return self._registry.log()

    def did_lines(self, path: str) -> Sequence[JsonObject]:
        """Return the log of the DID that lives at `path`, not verified; nothing if none does."""
        try:
            return self._registry.did_log_at(path)
        except NotFoundError:
            return ()

    def last_publication(self, uri: str, issuer: Did) -> bytes | None:
        """Return the entry that published the list at `uri` last; nothing if there is none."""
        for proof in reversed(self._registry.status_list(uri, issuer).entries):
            if Entry.parse(proof.raw).type is EntryType.STATUS_PUBLISH:
                return proof.raw
        return None

    def hand_in(self, entry: bytes) -> None:
        """Put an entry into the log; raise why it will not have it."""
        self._registry.submit(entry)
