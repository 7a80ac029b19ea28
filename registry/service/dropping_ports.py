"""What dropping a log whole needs from outside."""

from typing import Protocol

from registry.ports import Head, LogStore


class DroppableLogStore(LogStore, Protocol):
    """One that can let go of the log whole."""

    def drop(self, head: Head, *, remains: bytes) -> None:
        """Drop the log whole, durably, and keep `remains` in its place for ever.

        Raises `ConflictError`, and drops nothing, if size, root or epoch are not those of `head`,
        and `GoneError` if that was done before.
        What was dropped is answered by nobody from then on; `wipe` takes it off the disk.
        """
        ...

    def remains(self) -> bytes | None:
        """Return what `drop` kept; nothing if no log was dropped here."""
        ...

    def wipe(self) -> None:
        """Take what was redacted or dropped out of the files too, where that is ours to do.

        Raises `UnavailableError` while somebody still reads it: do it again then.
        """
        ...


class NextLog(Protocol):
    """The log that a handover names, asked what it has."""

    def has(self, leaf: bytes) -> bool:
        """Return whether the entry with this leaf hash stands in a tree that the log signed.

        A yes has been proved. Raises `UnavailableError` if it could not be found out.
        """
        ...
