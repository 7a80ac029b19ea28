"""Who is asked about the log's checkpoints before they are shown."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from registry.ports import Head


class Cosigner(Protocol):
    """Whoever says when a checkpoint was the newest: a witness, or what one was heard to say."""

    def cosign(
        self, note: str, *, at: datetime, proof: Callable[[int, int], tuple[bytes, ...]]
    ) -> str:
        """Return `note` with a cosignature; `proof(old, new)` returns consistency proofs."""
        ...


class Publishing(Protocol):
    """Whoever knows what others have said of checkpoints."""

    def gather(self, head: Head, note: str, *, wait: bool = True) -> str | None:
        """Return `note` with what others say of `head`; nothing if they know a newer one.

        Without `wait`, nothing either if that would take more than a look.
        """
        ...

    def witnessed(self) -> str:
        """Return the newest checkpoint that enough others have cosigned."""
        ...
