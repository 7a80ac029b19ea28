"""Whether a log is spent, found out from its store and from the next log; and its being dropped."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never, final

from registry.model.accreditation_records import AccreditationRecord
from registry.model.checkpoint import Checkpoint
from registry.model.contents import Content, content_of
from registry.model.did_logs import DidLogRecord
from registry.model.dropped_log import DroppedLog
from registry.model.emergencies import BreakGlass, EmergencyRecord
from registry.model.entry import did_op
from registry.model.envelope import Entry
from registry.model.grant_records import GrantRecord
from registry.model.log_records import LogRecord, Successor
from registry.model.merkle import leaf_hash
from registry.model.records import Record
from registry.model.signed_note import SignedNote
from registry.model.spent_log import (
    SpentLog,
    Stake,
    Tally,
    accreditation_stake,
    did_stake,
    emergency_stake,
    grant_stake,
    require_handed_over,
    require_spent,
    status_list_stake,
)
from registry.model.status_lists import StatusListRecord, StatusPublish
from registry.model.stored_nodes import inclusion_path
from registry.ports import Head, LogSnapshot, LogStore
from registry.service.dropping_ports import DroppableLogStore, NextLog
from registry.service.stored_view import StoredView
from registry.service.tree import GrowingTree
from ssi_core.errors import ConflictError, NotFoundError, UnavailableError


@dataclass(frozen=True, slots=True, kw_only=True)
class Droppable:
    """A log that may be dropped as it is at `head`, and what would be left of it."""

    head: Head
    spent: SpentLog
    left: DroppedLog


def head_of(store: LogStore) -> Head:
    """Return how far the log in `store` has come; raise `NotFoundError` if there is none."""
    with store.snapshot() as log:
        return _head(log)


def next_of(store: LogStore) -> Successor:
    """Return where the log in `store` goes on; raise `RejectedError` if it was not handed over."""
    with store.snapshot() as log:
        return require_handed_over(StoredView(log, _head(log).size).log())


def require_droppable(
    store: LogStore, *, note: str, next_log: NextLog | None, at: datetime
) -> Droppable:
    """Return the log in `store` if it may be dropped at `at`; `note` is its cosigned checkpoint.

    `next_log` is asked whether it has the DIDs that are active; without it nobody can tell. Raises
    `RejectedError` that counts what stands against it, `UnavailableError` for what could not be
    found out, `ConflictError` if the note is not of what is stored.
    """
    with store.snapshot() as log:
        head = _head(log)
        GrowingTree.above(log, head)
        view = StoredView(log, head.size)
        record = view.log()
        successor = require_handed_over(record)
        left = _left(log, head, successor, note)
        survey = _Survey(log, view, following=successor.origin)
        tally = Tally.of(survey.stakes(), at=at)
    # The next log is asked when nothing is held open any more.
    dids = Tally.of((_carried(leaf, next_log) for leaf in survey.active), at=at)
    return Droppable(head=head, spent=require_spent(record, tally + dids), left=left)


def drop(store: DroppableLogStore, found: Droppable) -> None:
    """Drop the log whole, and wipe it from the files.

    Raises `ConflictError` if it has changed since, and `UnavailableError` if it was dropped and
    somebody still reads what has to be wiped: then `store.wipe` has to be called again.
    """
    store.drop(found.head, remains=found.left.proof)
    try:
        store.wipe()
    except UnavailableError:
        raise UnavailableError("the log is dropped, but not yet wiped: do this again") from None


@final
class _Survey:
    """Goes through everything that a log's state has. `active` fills up meanwhile.

    It has the leaf hash, as it would be in the log `following`, of each active DID's last version.
    """

    def __init__(self, log: LogSnapshot, view: StoredView, *, following: str) -> None:
        self._log = log
        self._view = view
        self._following = following
        self.active: list[bytes] = []

    def stakes(self) -> Iterator[Stake]:
        """Yield until when each thing counts, but for active DIDs."""
        for row in self._log.all_rows():
            yield from self._stakes_of(self._view.record_of(row))

    def _stakes_of(self, record: Record) -> Iterator[Stake]:
        match record:
            case GrantRecord():
                yield grant_stake(record)
            case AccreditationRecord():
                yield accreditation_stake(record)
            case StatusListRecord():
                content = self._content(record.latest)
                yield status_list_stake(content if isinstance(content, StatusPublish) else None)
            case EmergencyRecord():
                content = self._content(record.logged)
                yield emergency_stake(content if isinstance(content, BreakGlass) else None)
            case DidLogRecord() if record.state.deactivated:
                yield did_stake(deactivated=True, carried=None)
            case DidLogRecord():
                self.active.append(self._leaf_in_next(record.entries[-1]))
            case LogRecord():
                pass
            case _ as unreachable:
                assert_never(unreachable)

    def _content(self, index: int) -> Content | None:
        raw = self._log.entries([index]).get(index)
        return None if raw is None else content_of(Entry.parse(raw))

    def _leaf_in_next(self, index: int) -> bytes:
        # An entry of a DID's log is its line and the log's name, so any log has it in one spelling.
        (line,) = self._view.did_lines([index])
        return leaf_hash(did_op(log=self._following, line=line))


def _head(log: LogSnapshot) -> Head:
    head = log.head()
    if head is None:
        raise NotFoundError("there is no log")
    return head


def _carried(leaf: bytes, next_log: NextLog | None) -> Stake:
    try:
        carried = None if next_log is None else next_log.has(leaf)
    except UnavailableError:
        carried = None
    return did_stake(deactivated=False, carried=carried)


def _left(log: LogSnapshot, head: Head, successor: Successor, note: str) -> DroppedLog:
    """Return what would be left: the handover, proved in the tree that `note` is about."""
    tree = Checkpoint.parse(SignedNote.parse(note).text)
    if (tree.origin, tree.size, tree.root) != (head.origin, head.size, head.root):
        raise ConflictError("the checkpoint is not of the log as it is stored")
    raw = log.entries([successor.index]).get(successor.index)
    if raw is None:
        raise UnavailableError("the store lacks the handover")
    path = inclusion_path(successor.index, head.size, load=log.nodes)
    return DroppedLog.of(raw, index=successor.index, path=path, checkpoint=note)
