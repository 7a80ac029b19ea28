"""One thread that puts entries in order: it gathers what waits, and has it stored as one."""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Condition, Thread
from typing import TypeAlias, final

from registry.model.state import CheckedEntry
from registry.service.draft import Place
from registry.service.writer import Writer
from ssi_core.errors import SsiError, UnavailableError


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Where an entry stands, durably, and in a log of which size.

    `known` says that it stood there before this submission.
    """

    index: int
    leaf: bytes
    size: int
    known: bool


@dataclass(frozen=True, slots=True)
class Queued:
    """An entry that is kept, durably, for a log that cannot be reached; it is not in that log.

    `receipt` is the signed word of who keeps it.
    """

    leaf: bytes
    receipt: str


Outcome: TypeAlias = Receipt | SsiError


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How submissions are gathered: seconds to linger, entries to a batch, what may wait.

    It lingers if it expects a `few` or more, and again as long as others have come meanwhile, so
    many times in all, until it has `enough` entries.
    """

    linger: float = 0.002
    times: int = 8
    enough: int = 128
    few: int = 6
    max_batch: int = 1_000
    max_waiting: int = 20_000
    max_waiting_bytes: int = 67_108_864


@dataclass(frozen=True, slots=True)
class _Submission:
    items: Sequence[CheckedEntry | SsiError]
    answer: "Future[list[Outcome]]"

    def entries(self) -> list[CheckedEntry]:
        return [item for item in self.items if isinstance(item, CheckedEntry)]


@final
class Sequencer:
    """Appends checked entries in the order of their arrival, many to a transaction."""

    def __init__(self, writer: Writer, *, pace: Pace) -> None:
        self._writer = writer
        self._pace = pace
        self._waiting: deque[_Submission] = deque()
        self._count = 0
        self._expected = 0
        self._closing = False
        self._changed = Condition()
        self._thread = Thread(target=self._run, name="sequencer", daemon=True)
        self._thread.start()

    def append(self, items: Sequence[CheckedEntry | SsiError]) -> "Future[list[Outcome]]":
        """Return what will say, once it is durable, what became of each entry.

        What has been refused before stays refused, in its place.
        """
        answer: Future[list[Outcome]] = Future()
        # Nobody can take back what may be on its way to the disk.
        answer.set_running_or_notify_cancel()
        with self._changed:
            if self._closing:
                raise UnavailableError("the log is closing")
            self._waiting.append(_Submission(items, answer))
            self._count += len(items)
            # To be woken for each one that comes would cost more than to store it.
            if len(self._waiting) == 1 or self._is_enough():
                self._changed.notify()
        return answer

    def close(self) -> None:
        """Finish what is waiting, then stop."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while gathered := self._gather():
            try:
                self._answer(gathered)
            except Exception as error:  # noqa: BLE001 - whoever waits must be answered, bug or not
                for submission in gathered:
                    if not submission.answer.done():
                        submission.answer.set_exception(error)

    def _gather(self) -> list[_Submission]:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            self._linger()
            gathered: list[_Submission] = []
            taken = 0
            while self._waiting and taken < self._pace.max_batch:
                gathered.append(self._waiting.popleft())
                taken += len(gathered[-1].items)
            self._count -= taken
            return gathered

    def _linger(self) -> None:
        """Wait until enough is there, and no longer than others keep coming."""
        for _ in range(self._pace.times):
            if self._is_enough():
                return
            there = len(self._waiting)
            self._changed.wait(self._pace.linger)
            if len(self._waiting) == there:
                return

    def _is_enough(self) -> bool:
        # Who was answered a moment ago is likely to come again: a lone writer waits for nobody.
        return (
            self._closing
            or self._expected < self._pace.few
            or self._count >= self._pace.enough
            or len(self._waiting) >= self._expected
        )

    def _answer(self, gathered: Sequence[_Submission]) -> None:
        entries = [entry for submission in gathered for entry in submission.entries()]
        places, size = self._writer.append(entries) if entries else ([], 0)
        with self._changed:
            self._expected = len(self._waiting) + len(gathered)
        placed = iter(zip(entries, places, strict=True))
        for submission in gathered:
            submission.answer.set_result(
                [
                    item if isinstance(item, SsiError) else _receipt(*next(placed), size=size)
                    for item in submission.items
                ]
            )


def _receipt(checked: CheckedEntry, outcome: Place | SsiError, *, size: int) -> Outcome:
    if isinstance(outcome, SsiError):
        return outcome
    return Receipt(index=outcome.index, leaf=checked.entry.leaf, size=size, known=outcome.known)
