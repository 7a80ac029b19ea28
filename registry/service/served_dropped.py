"""A log that was dropped whole, as it is handed entries: it takes none."""

from collections.abc import Sequence
from concurrent.futures import Future
from typing import NoReturn, final

from registry.model.dropped_log import DROPPED, DroppedLog
from registry.service.sequencer import Outcome
from ssi_core.errors import ConflictError, GoneError


@final
class ServedDroppedLog:
    """Answers whoever hands in entries, each by itself, so that nobody keeps them to try again."""

    def __init__(self, left: DroppedLog) -> None:
        self._left = left

    @property
    def publication(self) -> NoReturn:
        """What only a log that goes on has."""
        raise GoneError(DROPPED)

    def begin(self, raws: Sequence[bytes]) -> "Future[list[Outcome]]":
        """Refuse every entry, as the log did from its handover on."""
        refusal = ConflictError("the log has been handed over to another", winner=self._left.index)
        answer: Future[list[Outcome]] = Future()
        answer.set_result([refusal] * len(raws))
        return answer
