"""The vault: records sealed each under a key of its own, every key wrapped by one master key."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self, TypeAlias, final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from ssi_core import jcs, strict_json
from ssi_core.errors import MalformedError, NotFoundError, ProofError
from ssi_core.json_types import JsonObject
from ssi_core.sealing import PassphraseHardness, derive_key, new_key, open_sealed, seal
from wallet.envelope import Unlock, open_master_key, seal_master_key
from wallet.ports import AppendRow, DestroyRow, ReplaceRow, RowChange, SealedRow, VaultStore

# Argon2id as RFC 9106 section 4 recommends it where memory is scarce, about 0.1 s.
RECOMMENDED_HARDNESS: Final = PassphraseHardness()
_MAX_RECORD_BYTES: Final = 16 * 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One thing the wallet keeps, in clear: it exists in memory only.

    `tags` are what it can be found by; they reach the store as blind indexes. `version` is 0
    until the record has been kept.
    """

    kind: str
    id: str
    body: JsonObject = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    version: int = 0


@dataclass(frozen=True, slots=True)
class Keep:
    """Store a new record, or the next version of one that was loaded."""

    record: Record


@dataclass(frozen=True, slots=True)
class Destroy:
    """Destroy a record and the key that opens it."""

    kind: str
    id: str


Change: TypeAlias = Keep | Destroy


@final
class Vault:
    """An unlocked vault over a store that sees ciphertext, row ids and kinds only."""

    def __init__(self, store: VaultStore, master: bytes) -> None:
        self._store = store
        self._master = master
        self._wrapping = derive_key(master, info=b"consentry/wallet/wrap")
        self._indexing = derive_key(master, info=b"consentry/wallet/index")

    @classmethod
    def create(
        cls,
        store: VaultStore,
        unlock: Unlock,
        *,
        hardness: PassphraseHardness = RECOMMENDED_HARDNESS,
    ) -> Self:
        """Lay out a new vault; raise `ConflictError` if there is one already."""
        master = new_key()
        header = seal_master_key(master, unlock, hardness=hardness)
        store.replace_header(header, expected=None)
        return cls(store, master)

    @classmethod
    def open(cls, store: VaultStore, unlock: Unlock) -> Self:
        """Unlock a vault; `AuthenticationError` for another passphrase, `NotFoundError` if none."""
        header = store.load_header()
        if header is None:
            raise NotFoundError("there is no wallet here yet")
        return cls(store, open_master_key(header, unlock))

    def change_unlock(
        self, unlock: Unlock, *, hardness: PassphraseHardness = RECOMMENDED_HARDNESS
    ) -> None:
        """Wrap the master key anew; the former passphrase or device key opens nothing any more."""
        header = seal_master_key(self._master, unlock, hardness=hardness)
        self._store.replace_header(header, expected=self._store.load_header())
        self._store.scrub()

    def load(self, kind: str, record_id: str) -> Record:
        """Return a record; raise `NotFoundError` if there is none."""
        row = self._store.load(kind, record_id)
        if row is None or (row.kind, row.id) != (kind, record_id):
            raise NotFoundError("the wallet keeps nothing of that name", at=f"/{kind}")
        return self._open(row)

    def find(self, kind: str, **tag: str) -> tuple[Record, ...]:
        """Return the records of a kind, oldest first, that carry `tag` (at most one) if given."""
        wanted = [self.blind(kind, name, value) for name, value in tag.items()]
        if len(wanted) > 1:
            raise MalformedError("records are found by one tag at a time")
        rows = self._store.find(kind, *wanted)
        if any(row.kind != kind for row in rows):
            raise ProofError("a row of the vault lies in the wrong place")
        records = tuple(self._open(row) for row in rows)
        if any(record.tags.get(name) != value for record in records for name, value in tag.items()):
            raise ProofError("a blind index of the vault points at another record")
        return records

    def apply(self, *changes: Change) -> None:
        """Make every change or none; raise `ConflictError` if another process was first."""
        rows = tuple(self._row_change(change) for change in changes)
        self._store.apply(rows)

    def keep(self, record: Record) -> Record:
        """Store one record and return it as it is now kept."""
        self.apply(Keep(record))
        return replace(record, version=record.version + 1)

    def scrub(self) -> None:
        """Remove from the medium what destroyed records left there."""
        self._store.scrub()

    def blind(self, kind: str, name: str, value: str) -> bytes:
        """Return the 16-byte blind index of a value: equal values only match inside this vault."""
        mac = HMAC(self._indexing, SHA256())
        mac.update(jcs.canonicalize([kind, name, value]))
        return mac.finalize()[:16]

    def _row_change(self, change: Change) -> RowChange:
        if isinstance(change, Destroy):
            return DestroyRow(change.kind, change.id)
        row = self._seal(change.record)
        return AppendRow(row) if row.version == 1 else ReplaceRow(row)

    def _seal(self, record: Record) -> SealedRow:
        key = new_key()
        body = strict_json.render({"body": record.body, "tags": record.tags}).encode()
        if len(body) > _MAX_RECORD_BYTES:
            raise MalformedError("a record is larger than the vault takes")
        place = (record.kind, record.id, record.version + 1)
        return SealedRow(
            kind=record.kind,
            id=record.id,
            version=record.version + 1,
            wrapped_key=seal(key, key=self._wrapping, context=_context("key", *place)),
            sealed=seal(body, key=key, context=_context("record", *place)),
            tags=frozenset(self.blind(record.kind, *tag) for tag in record.tags.items()),
        )

    def _open(self, row: SealedRow) -> Record:
        place = (row.kind, row.id, row.version)
        key = open_sealed(row.wrapped_key, key=self._wrapping, context=_context("key", *place))
        text = open_sealed(row.sealed, key=key, context=_context("record", *place))
        members = strict_json.parse_object(text, max_bytes=_MAX_RECORD_BYTES)
        tags = strict_json.as_object(members["tags"], at="/tags")
        return Record(
            kind=row.kind,
            id=row.id,
            body=strict_json.as_object(members["body"], at="/body"),
            tags={name: strict_json.as_text(value, at="/tags") for name, value in tags.items()},
            version=row.version,
        )


def _context(part: str, kind: str, record_id: str, version: int) -> bytes:
    # The table and the row's identity: a sealed value opens in its own place only.
    return jcs.canonicalize(["consentry/wallet", part, kind, record_id, version])
