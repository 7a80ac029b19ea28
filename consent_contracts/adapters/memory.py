"""The custodian's store in memory: for tests, and as the plainest statement of its contract."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from threading import Lock
from typing import final

from consent_contracts.kept import Document, Kind
from ssi_core.errors import ConflictError


@final
class MemoryStore:
    """Documents, gone with the process. Threads may share it."""

    def __init__(self) -> None:
        self._documents: dict[tuple[Kind, str], Document] = {}
        self._lock = Lock()

    def commit(self, documents: Sequence[Document]) -> None:
        """Keep all of these, or none: `ConflictError` if one is not the next revision of itself."""
        with self._lock:
            changed = dict(self._documents)
            for document in documents:
                before = changed.get((document.kind, document.id))
                if document.revision != (1 if before is None else before.revision + 1):
                    raise ConflictError("the record is there already, or has changed")
                number = len(changed) + 1 if before is None else before.number
                changed[document.kind, document.id] = replace(document, number=number)
            self._documents = changed

    def find(self, kind: Kind, document_id: str) -> Document | None:
        """Return a document in its last revision."""
        return self._documents.get((kind, document_id))

    def of_keys(self, kind: Kind, keys: Collection[str]) -> tuple[Document, ...]:
        """Return each document that has any of `keys`, oldest first."""
        return tuple(each for each in self._of(kind) if not each.keys.isdisjoint(keys))

    def page(self, kind: Kind, *, after: int, limit: int) -> tuple[Document, ...]:
        """Return at most `limit` documents that came after number `after`, oldest first."""
        return tuple(each for each in self._of(kind) if each.number > after)[:limit]

    def _of(self, kind: Kind) -> list[Document]:
        found = [each for each in self._documents.values() if each.kind is kind]
        return sorted(found, key=lambda each: each.number)
