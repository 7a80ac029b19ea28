"""One thread that puts entries in order: it gathers what waits, validates, and stores it as one."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Condition, Thread
from typing import Final, TypeAlias, final

from registry.model.checkpoint import Checkpoint
from registry.model.state import CheckedEntry
from registry.ports import LogStore
from registry.service.closing import Closing
from registry.service.draft import Draft, Place
from ssi_core.errors import ConflictError, OverloadedError, SsiError, UnavailableError

_ATTEMPTS: Final = 8


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
    """An entry that is kept, durably, for a log that cannot be reached; it is not in that log."""

    leaf: bytes


Outcome: TypeAlias = Receipt | SsiError


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How submissions are gathered: seconds to linger, entries to a batch, entries in waiting."""

    linger: float = 0.002
    max_batch: int = 1_000
    max_waiting: int = 20_000


@dataclass(frozen=True, slots=True)
class _Submission:
    entries: Sequence[CheckedEntry]
    answer: "Future[list[Outcome]]"


@final
class Sequencer:
    """Appends checked entries in the order of their arrival, many to a transaction."""

    def __init__(
        self,
        store: LogStore,
        *,
        sign: Callable[[Checkpoint], str],
        closing: Closing,
        pace: Pace | None = None,
    ) -> None:
        self._store = store
        self._sign = sign
        self._close = closing
        self._pace = pace or Pace()
        self._waiting: deque[_Submission] = deque()
        self._count = 0
        self._closing = False
        self._changed = Condition()
        self._thread = Thread(target=self._run, name="sequencer", daemon=True)
        self._thread.start()

    def append(self, entries: Sequence[CheckedEntry]) -> list[Outcome]:
        """Return, once it is durable, what became of each entry.

        Raises `OverloadedError` at once if too much is waiting.
        """
        submission = _Submission(entries, Future())
        with self._changed:
            if self._closing:
                raise UnavailableError("the log is closing")
            if self._count + len(entries) > self._pace.max_waiting:
                raise OverloadedError("too many entries are waiting")
            self._waiting.append(submission)
            self._count += len(entries)
            self._changed.notify()
        return submission.answer.result()

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
                    submission.answer.set_exception(error)

    def _gather(self) -> list[_Submission]:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            self._changed.wait_for(self._is_enough, timeout=self._pace.linger)
            gathered: list[_Submission] = []
            taken = 0
            while self._waiting and taken < self._pace.max_batch:
                gathered.append(self._waiting.popleft())
                taken += len(gathered[-1].entries)
            self._count -= taken
            return gathered

    def _is_enough(self) -> bool:
        return self._closing or self._count >= self._pace.max_batch

    def _answer(self, gathered: Sequence[_Submission]) -> None:
        entries = [entry for submission in gathered for entry in submission.entries]
        outcomes = iter(self._commit(entries))
        answers = [[next(outcomes) for _ in submission.entries] for submission in gathered]
        for submission, answer in zip(gathered, answers, strict=True):
            submission.answer.set_result(answer)

    def _commit(self, entries: Sequence[CheckedEntry]) -> list[Outcome]:
        for _ in range(_ATTEMPTS):
            with self._store.snapshot() as log:
                draft = Draft.of(log, entries)
                draft.close(self._close)
                batch = draft.batch(self._sign)
            try:
                if batch is not None:
                    self._store.append(batch)
            except ConflictError:
                # Another process has appended to the same log: begin again, after its entries.
                continue
            return [
                _receipt(item, outcome, size=draft.size)
                for item, outcome in zip(entries, draft.outcomes, strict=True)
            ]
        raise OverloadedError("other writers were always first")


def _receipt(checked: CheckedEntry, outcome: Place | SsiError, *, size: int) -> Outcome:
    if isinstance(outcome, SsiError):
        return outcome
    return Receipt(index=outcome.index, leaf=checked.entry.leaf, size=size, known=outcome.known)
