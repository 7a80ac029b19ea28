"""The whole registry on each database: two writers at once, then an audit."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from registry.app import open_log, open_registry
from registry.service import Receipt
from registry.service.fsck import fsck
from ssi_core.adapters.clock import FixedClock
from tests.support.registry import AT, ORIGIN, grant, handed_in, organisation

URL = "http://localhost:8100"
WRITERS, EACH = 4, 25


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'log.db'}"


def test_two_registries_on_one_log_lose_and_repeat_nothing(tmp_path, database):
    batches = [[grant(f"{w} {n}").raw for n in range(EACH)] for w in range(WRITERS)]
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(
                open_registry(
                    data_dir=tmp_path,
                    database=database,
                    public_url=URL,
                    origin=ORIGIN,
                    clock=FixedClock(AT),
                )
            )
            for _ in range(2)
        )
        with ThreadPoolExecutor(WRITERS) as pool:
            turns = [(first, second)[number % 2] for number in range(WRITERS)]
            answers = pool.map(lambda turn, raws: turn.submit_all(raws), turns, batches)
            outcomes = [outcome for answer in answers for outcome in answer]
        given = grant("0 0")
        first.submit_all([given.revoked(), organisation("clinic").op])
        evidence = second.reader.grant(given.id)

    with open_log(data_dir=tmp_path, database=database) as store:
        sound = fsck(store)
        with store.snapshot() as log:
            stored = handed_in(log.entries_from(0, limit=sound.size))

    assert all(isinstance(outcome, Receipt) for outcome in outcomes)
    assert len({outcome.index for outcome in outcomes}) == WRITERS * EACH
    assert len(stored) == WRITERS * EACH + 2
    assert sound.size > len(stored)
    assert len(handed_in([proof.raw for proof in evidence.entries])) == 2
