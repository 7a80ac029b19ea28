"""A vault store in memory: for tests and for wallets that must forget."""

from collections.abc import Sequence
from typing import final

from ssi_core.errors import ConflictError
from wallet.ports import AppendRow, DestroyRow, ReplaceRow, RowChange, SealedRow


@final
class MemoryVaultStore:
    """Holds rows in a dict; for one thread."""

    def __init__(self) -> None:
        self._header: bytes | None = None
        self._rows: dict[tuple[str, str], SealedRow] = {}

    def load_header(self) -> bytes | None:
        """Return the header, if one was set."""
        return self._header

    def replace_header(self, header: bytes, *, expected: bytes | None) -> None:
        """Set the header if it is still `expected`."""
        if self._header != expected:
            raise ConflictError("another process changed the wallet first")
        self._header = header

    def load(self, kind: str, row_id: str) -> SealedRow | None:
        """Return the row, if there is one."""
        return self._rows.get((kind, row_id))

    def find(self, kind: str, tag: bytes | None = None) -> tuple[SealedRow, ...]:
        """Return the rows of a kind that carry `tag` (all, if none is given), oldest first."""
        rows = self._rows.values()
        return tuple(row for row in rows if row.kind == kind and (tag is None or tag in row.tags))

    def apply(self, changes: Sequence[RowChange]) -> None:
        """Make every change or none."""
        rows = dict(self._rows)
        for change in changes:
            _change(rows, change)
        self._rows = rows

    def scrub(self) -> None:
        """Do nothing: what was destroyed is gone already."""


def _change(rows: dict[tuple[str, str], SealedRow], change: RowChange) -> None:
    match change:
        case AppendRow(row):
            if (row.kind, row.id) in rows:
                raise ConflictError("another process changed the wallet first")
            rows[row.kind, row.id] = row
        case ReplaceRow(row):
            former = rows.get((row.kind, row.id))
            if former is None or former.version != row.version - 1:
                raise ConflictError("another process changed the wallet first")
            rows[row.kind, row.id] = row
        case DestroyRow(kind, row_id):
            rows.pop((kind, row_id), None)
