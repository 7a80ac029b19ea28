"""What the wallet needs from outside, as small protocols."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRow:
    """One record as it lies in a store: nothing in it can be read without the vault's master key.

    `tags` are blind indexes; `version` counts from 1 and grows by one with every replacement.
    """

    kind: str
    id: str
    version: int
    wrapped_key: bytes
    sealed: bytes
    tags: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class AppendRow:
    """Add a row that must not exist yet."""

    row: SealedRow


@dataclass(frozen=True, slots=True)
class ReplaceRow:
    """Put `row` in the place of its previous version, which must be the one before it."""

    row: SealedRow


@dataclass(frozen=True, slots=True)
class DestroyRow:
    """Remove a row with its key and tags; one that is already gone stays gone."""

    kind: str
    id: str


RowChange: TypeAlias = AppendRow | ReplaceRow | DestroyRow


class VaultStore(Protocol):
    """Where sealed rows are kept. Durable once a call returns."""

    def load_header(self) -> bytes | None:
        """Return what a vault needs to unlock itself, or nothing if there is no vault here."""
        ...

    def replace_header(self, header: bytes, *, expected: bytes | None) -> None:
        """Set the header, or raise `ConflictError` if it is no longer `expected`."""
        ...

    def load(self, kind: str, row_id: str) -> SealedRow | None:
        """Return the row, if there is one."""
        ...

    def find(self, kind: str, tag: bytes | None = None) -> tuple[SealedRow, ...]:
        """Return the rows of a kind that carry `tag` (all, if none is given), oldest first."""
        ...

    def apply(self, changes: Sequence[RowChange]) -> None:
        """Make every change or none; `ConflictError` if a row is not as a change expects it."""
        ...

    def scrub(self) -> None:
        """Remove what destroyed rows left behind; `UnavailableError` while another holds it."""
        ...
