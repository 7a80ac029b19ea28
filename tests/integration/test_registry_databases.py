"""The whole registry on each database: two writers after one another, then an audit."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from registry.app import open_log, open_registry
from registry.service.fsck import fsck
from registry.service.sequencer import Receipt
from ssi_core.adapters.clock import FixedClock
from ssi_core.errors import UnavailableError
from tests.support.registry import AT, ORIGIN, grant, organisation

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
