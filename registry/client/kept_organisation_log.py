"""The log of an organisation that goes on while it is cut off: signed now, sent on return.

Nothing is signed twice. When the log has moved meanwhile, what was signed for its older state is
refused and kept, with what builds on it; to say it again takes another signature, by whoever may.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, final

from registry.client.edge.item import ItemState
from registry.client.edge.outbox import Outbox
from registry.client.organisation_log import AskedLog, SpokenRegistry
from registry.client.organisation_memory import OrganisationMemory, Remembered
from registry.client.registry_client import LogDescription
from registry.model.envelope import Entry, EntryType
from ssi_core.did.syntax import Did
from ssi_core.errors import ConflictError, OverloadedError, UnavailableError
from ssi_core.json_types import JsonObject
from ssi_core.strict_json import as_object

_NO_ANSWER: Final = (UnavailableError, OverloadedError)
_CONTINUED: Final = frozenset({EntryType.DID_OP, EntryType.STATUS_PUBLISH})
_QUEUED: Final = frozenset({ItemState.QUEUED})
_SENDABLE: Final = frozenset({ItemState.QUEUED, ItemState.SENT})


@dataclass(frozen=True, slots=True)
class OrganisationEdge:
    """What carries an organisation over the time when the registry is away."""

    outbox: Outbox
    memory: OrganisationMemory


@final
class KeptLog:
    """Implements `OrganisationLog` over an outbox; while the registry is away, its last word."""

    def __init__(self, registry: SpokenRegistry, edge: OrganisationEdge) -> None:
        self._registry = registry
        self._asked = AskedLog(registry)
        self._outbox = edge.outbox
        self._memory = edge.memory

    def describe(self) -> LogDescription:
        """Return the log's name and keys; `UnavailableError` until it was met once."""
        known = self._memory.load()
        try:
            told = self._asked.describe()
        except _NO_ANSWER:
            if known is None:
                raise
            return known.log
        if known is not None and known.log.origin != told.origin:
            raise ConflictError("the registry keeps another log than the one that is known")
        self._memory.keep(replace(known, log=told) if known else Remembered(log=told))
        return told

    def did_lines(self, path: str) -> Sequence[JsonObject]:
        """Return the log of the DID that lives at `path`, with the lines that wait behind it."""
        self._outbox.drain(self._registry)
        known = self._known()
        try:
            known = replace(known, lines=tuple(self._asked.did_lines(path)))
        except _NO_ANSWER:
            if not known.lines:
                raise
        else:
            self._memory.keep(known)
        ours = (_line(entry) for entry in self._signed(known, _SENDABLE))
        return (*known.lines, *(line for line in ours if line is not None))

    def last_publication(self, uri: str, issuer: Did) -> bytes | None:
        """Return the last publication of the list at `uri`, be it one that waits.

        `UnavailableError` if the log was never asked about the list, and cannot be now.
        """
        known = self._known()
        try:
            shown = self._asked.last_publication(uri, issuer)
        except _NO_ANSWER:
            ours = self._publication(known, uri, _SENDABLE) or known.publications.get(uri)
            if ours is None:
                raise
            return ours
        if shown is not None:
            self._memory.keep(self._shown(known, uri, shown))
        return self._publication(known, uri, _QUEUED) or shown

    def hand_in(self, entry: bytes) -> None:
        """Keep an entry and send it, after all that waits; without the registry it waits too.

        Raises why the log will not have it, if it was asked: the `ConflictError` of who lost names
        the entry that won.
        """
        if Entry.parse(entry).type in _CONTINUED:
            known = self._known()
            kept = tuple(each.raw for each in self._signed(known, _SENDABLE))
            # First, so that nothing waits that the next one would not continue.
            self._memory.keep(replace(known, signed=(*kept, entry)))
        leaf = self._outbox.put(entry).leaf
        self._outbox.drain(self._registry)
        item = self._outbox.find(leaf)
        refused = None if item is None else item.refusal()
        if refused is not None:
            raise refused.error()

    def _known(self) -> Remembered:
        known = self._memory.load()
        if known is None:
            raise UnavailableError("the log has not been met yet")
        return known

    def _signed(self, known: Remembered, states: frozenset[ItemState]) -> Iterator[Entry]:
        """Yield what was signed to come after what the log showed, and is in one of `states`."""
        for raw in known.signed:
            entry = Entry.parse(raw)
            item = self._outbox.find(entry.leaf)
            is_sent_or_waits = item is not None and item.state in states
            if is_sent_or_waits and _line(entry) not in known.lines:
                yield entry

    def _shown(self, known: Remembered, uri: str, shown: bytes) -> Remembered:
        """Return what is known once the log has shown a publication: only what waits is newer."""
        others = [e.raw for e in self._signed(known, _SENDABLE) if not _publishes(e, uri)]
        queued = [e.raw for e in self._signed(known, _QUEUED) if _publishes(e, uri)]
        published = {**known.publications, uri: shown}
        return replace(known, publications=published, signed=(*others, *queued))

    def _publication(
        self, known: Remembered, uri: str, states: frozenset[ItemState]
    ) -> bytes | None:
        found = [each.raw for each in self._signed(known, states) if _publishes(each, uri)]
        return found[-1] if found else None


def _publishes(entry: Entry, uri: str) -> bool:
    return entry.type is EntryType.STATUS_PUBLISH and entry.members.get("uri") == uri


def _line(entry: Entry) -> JsonObject | None:
    if entry.type is not EntryType.DID_OP:
        return None
    return as_object(entry.members.get("line"), at="/line")
