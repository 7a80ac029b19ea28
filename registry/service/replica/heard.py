"""What a replica has heard of its source's checkpoints, where the source itself would ask."""

from threading import Condition
from typing import final

from registry.model.receipt_state import ReceiptState
from registry.ports import Head
from registry.service.publication import Standing
from registry.service.replica.source import Seen
from ssi_core.errors import UnavailableError


@final
class Heard:
    """Knows the newest verified checkpoint. Threads may share it."""

    def __init__(self, *, witnessed: bool) -> None:
        self._state = ReceiptState.WITNESSED if witnessed else ReceiptState.PUBLISHED
        self._changed = Condition()
        self._seen: Seen | None = None

    def hear(self, seen: Seen) -> None:
        """Take the newest checkpoint."""
        with self._changed:
            self._seen = seen
            self._changed.notify_all()

    def gather(self, head: Head, note: str, *, wait: bool = True) -> str:
        """Return `note`: whoever cosigned it has done so already."""
        del head, wait
        return note

    def witnessed(self) -> str:
        """Return the newest checkpoint, if the policy asks for witnesses."""
        if self._seen is None or self._state is not ReceiptState.WITNESSED:
            raise UnavailableError("no witnessed checkpoint is known here")
        return self._seen.note

    def standing(self, index: int) -> Standing:
        """Return how far the entry at `index` has come; the source has it, if this one has not."""
        if self._seen is not None and index < self._seen.size:
            return Standing(self._state)
        return Standing(ReceiptState.SEQUENCED)

    def wait_until_witnessed(self, index: int, *, timeout: float) -> None:
        """Return once a checkpoint with that entry is known here, or time is up."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._seen is not None and index < self._seen.size, timeout
            )

    def require_sound(self) -> None:
        """Return: what was verified stays good, whatever the source has done since."""
