"""What ends every batch: the log's own word on the state that its entries make."""

from collections.abc import Callable
from typing import TypeAlias, final

from registry.model.entry import state_snapshot
from registry.model.view import StateView
from registry.ports import Clock
from ssi_core.keys import Signer
from ssi_core.period import from_timestamp

Closing: TypeAlias = Callable[[StateView], bytes]
"""Makes the entry that comes last, after everything in the view."""


@final
class Snapshots:
    """Takes snapshots in the name of the log, signed with its key."""

    def __init__(self, *, origin: str, signer: Signer, clock: Clock) -> None:
        self._origin = origin
        self._signer = signer
        self._clock = clock

    def __call__(self, view: StateView) -> bytes:
        """Return the snapshot of `view`; a clock that was put back stands still meanwhile."""
        log = view.log()
        return state_snapshot(
            log=self._origin,
            signer=self._signer,
            sequence=log.snapshots,
            size=view.size,
            root=view.status_map().root(view.size),
            at=max(self._clock.now(), from_timestamp(log.clock)),
        )
