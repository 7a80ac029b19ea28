"""The whole registry on each database: two writers after one another, then an audit."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from registry.app import keys_in, open_log, open_registry
from registry.model.dropped_log import DroppedLog
from registry.model.envelope import EntryType
from registry.service.dropping import drop, require_droppable
from registry.service.fsck import fsck
from registry.service.sequencer import Receipt
from ssi_core.adapters.clock import FixedClock
from ssi_core.adapters.database import open_database
from ssi_core.adapters.driver_cursors import read_cursor
from ssi_core.errors import GoneError, UnavailableError
from tests.support.registry import AT, ORIGIN, grant, handover_entry, organisation

URL = "http://localhost:8100"
WRITERS, EACH = 4, 25


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'log.db'}"


def opened(tmp_path: Path, database: str):
    """The registry of that database."""
    return open_registry(
        data_dir=tmp_path,
        database=database,
        public_url=URL,
        origin=ORIGIN,
        clock=FixedClock(AT),
    )


def test_many_writers_and_a_second_registry_lose_and_repeat_nothing(tmp_path, database):
    batches = [[grant(f"{w} {n}").raw for n in range(EACH)] for w in range(WRITERS)]
    given = grant("0 0")
    with ExitStack() as stack:
        first = stack.enter_context(opened(tmp_path, database))
        with ThreadPoolExecutor(WRITERS) as pool:
            answers = list(pool.map(first.submit_all, batches))
        second = stack.enter_context(opened(tmp_path, database))
        with pytest.raises(UnavailableError):
            first.submit(given.revoked())
        again = second.submit_all([raw for batch in batches for raw in batch])
        second.submit_all([given.revoked(), organisation("clinic").op])
        evidence = second.reader.grant(given.id)

    with open_log(data_dir=tmp_path, database=database) as store:
        sound = fsck(store)

    outcomes = [outcome for answer in answers for outcome in answer]
    first_places = [outcome.index for outcome in outcomes if isinstance(outcome, Receipt)]
    places = [(o.index, o.known) for o in again if isinstance(o, Receipt)]
    assert len(first_places) == len(outcomes)
    assert places == [(index, True) for index in first_places]
    # Each batch ends with a snapshot of the state, and there was at least one.
    assert sound.size > WRITERS * EACH + 3
    assert len(evidence.entries) == 3


def test_a_dropped_log_leaves_nothing_in_any_table_and_is_not_opened_again(tmp_path, database):
    given = grant("given")
    with opened(tmp_path, database) as registry:
        registry.submit_all([given.raw, given.revoked()])
        key = keys_in(tmp_path).ed25519("log")
        allowed = [EntryType.CONSENT_REDACT]
        registry.submit(handover_entry(signers=[key], allows=allowed))
        note = registry.reader.checkpoint()

        with open_log(data_dir=tmp_path, database=database) as store:
            drop(store, require_droppable(store, note=note, next_log=None, at=AT))
            left = store.remains()

        # What it did not take any more, and what it still took.
        with pytest.raises(GoneError):
            registry.submit(grant("late").raw)
        with pytest.raises(GoneError):
            registry.submit(given.redacted(0))
        with pytest.raises(GoneError):
            registry.reader.grant(given.id)
        with pytest.raises(GoneError):
            registry.reader.entry(0)

    with pytest.raises(GoneError), opened(tmp_path, database):
        pass
    assert left is not None
    assert DroppedLog.parse(left).checkpoint == note
    assert rows_of(database) == {"log_head": 0, "log_entry": 0, "log_state": 0, "log_chunk": 0}


def rows_of(database: str) -> dict[str, int]:
    """How many rows there are in each table of the log."""
    engine = open_database(database)
    tables = ("log_head", "log_entry", "log_state", "log_chunk")
    with read_cursor(engine) as cursor:
        counts = {
            table: cursor.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            for table in tables
        }
    engine.dispose()
    return counts
