"""DID documents kept for a while, no more than fit: strangers choose which, and how large."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Final, final

from ssi_core import strict_json
from ssi_core.did.document import DidDocument
from ssi_core.did.syntax import Did

MAX_DOCUMENTS: Final = 1024
MAX_CHARACTERS: Final = 8_388_608


@dataclass(frozen=True, slots=True)
class _Kept:
    document: DidDocument
    until: datetime
    size: int


@final
class DocumentCache:
    """Documents by DID, each until a moment; the ones kept longest ago make room. Threads share it.

    `max_characters` is what all documents together may have as compact JSON.
    """

    def __init__(
        self, *, max_documents: int = MAX_DOCUMENTS, max_characters: int = MAX_CHARACTERS
    ) -> None:
        self._max_documents = max_documents
        self._max_characters = max_characters
        self._kept: OrderedDict[Did, _Kept] = OrderedDict()
        self._characters = 0
        self._lock = Lock()

    def find(self, did: Did, *, at: datetime) -> DidDocument | None:
        """Return the document of `did` if it is kept and still good."""
        with self._lock:
            kept = self._kept.get(did)
        return kept.document if kept is not None and at < kept.until else None

    def keep(self, did: Did, document: DidDocument, *, until: datetime) -> None:
        """Keep `document` until then, unless it alone would fill a good part of the cache."""
        size = len(strict_json.render(document.source))
        if size > self._max_characters // 16:
            return
        with self._lock:
            self._drop(did)
            self._kept[did] = _Kept(document, until, size)
            self._characters += size
            while len(self._kept) > self._max_documents or self._characters > self._max_characters:
                self._drop(next(iter(self._kept)))

    def _drop(self, did: Did) -> None:
        dropped = self._kept.pop(did, None)
        self._characters -= 0 if dropped is None else dropped.size
