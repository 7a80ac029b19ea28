"""Documents on their way to the store and back: sealed, and found by keys that tell nothing."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final, final

from consent_contracts.kept import Document, Kind
from consent_contracts.ports import Store
from ssi_core import sealing, strict_json
from ssi_core.encoding import base64url_encode
from ssi_core.json_types import JsonObject

_MOST_AT_ONCE: Final = 500
_KEY_BYTES: Final = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a document says, and where it stands in the store."""

    id: str
    revision: int
    number: int
    content: JsonObject


@final
class Vault:
    """A store whose contents only the holder of `key` (32 bytes) can read."""

    def __init__(self, store: Store, key: bytes) -> None:
        self._store = store
        self._key = key

    def document(
        self,
        kind: Kind,
        document_id: str,
        content: JsonObject,
        *,
        found_by: Iterable[str] = (),
        replacing: Kept | None = None,
    ) -> Document:
        """Return the document to commit, a new one or the next revision of one that is there."""
        revision = 1 if replacing is None else replacing.revision + 1
        return Document(
            kind=kind,
            id=document_id,
            revision=revision,
            sealed=sealing.seal(
                strict_json.render(content).encode(),
                key=self._key,
                context=_context(kind, document_id),
            ),
            keys=frozenset(self._blinded(kind, each) for each in found_by),
        )

    def commit(self, *documents: Document) -> None:
        """Keep all of these or none."""
        self._store.commit(documents)

    def find(self, kind: Kind, document_id: str) -> Kept | None:
        """Return what is kept under an id."""
        found = self._store.find(kind, document_id)
        return None if found is None else self._open(found)

    def found_by(self, kind: Kind, keys: Collection[str]) -> tuple[Kept, ...]:
        """Return what was kept to be found by any of `keys`, oldest first."""
        blinded = {self._blinded(kind, each) for each in keys}
        return tuple(self._open(each) for each in self._store.of_keys(kind, blinded))

    def page(self, kind: Kind, *, after: int = 0, limit: int = 100) -> tuple[Kept, ...]:
        """Return what came after number `after`, oldest first, and 500 at most."""
        within = max(1, min(limit, _MOST_AT_ONCE))
        found = self._store.page(kind, after=max(0, after), limit=within)
        return tuple(self._open(each) for each in found)

    def _open(self, found: Document) -> Kept:
        text = sealing.open_sealed(
            found.sealed, key=self._key, context=_context(found.kind, found.id)
        )
        content = strict_json.parse_object(text, max_bytes=len(text))
        return Kept(id=found.id, revision=found.revision, number=found.number, content=content)

    def _blinded(self, kind: Kind, key: str) -> str:
        info = f"consentry/custodian/{kind}/{key}".encode()
        return base64url_encode(sealing.derive_key(self._key, info=info, length=_KEY_BYTES))


def _context(kind: Kind, document_id: str) -> bytes:
    return f"custodian/{kind}/{document_id}".encode()
