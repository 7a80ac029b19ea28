"""Rows that move from SQLite's small tables to the large ones are found all the time."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from registry.adapters import sql_young
from registry.app import open_log, open_registry
from registry.model.entry import entry_id
from registry.model.merkle import leaf_hash
from registry.model.status_map import Status
from registry.service.fsck import fsck
from registry.service.registry import Registry
from registry.service.sequencer import Receipt
from tests.support.registry import grant

URL = "http://localhost:8100"
SIZES = (7, 1, 30, 3, 12, 1, 1, 25, 9)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_young, "_YOUNG", 16)
    monkeypatch.setattr(sql_young, "_LEAST", 4)


def opened(folder: Path):
    return open_registry(data_dir=folder, public_url=URL, origin="registry.example/2026", workers=0)


def counts(folder: Path) -> dict[str, int]:
    tables = ("log_leaf", "log_leaf_young", "log_state", "log_state_young")
    with closing(sqlite3.connect(folder / "registry.db")) as database:
        return {
            table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            for table in tables
        }


def places(registry: Registry, raws: list[bytes]) -> list[tuple[int, bool]]:
    outcomes = registry.submit_all(raws)
    assert all(isinstance(outcome, Receipt) for outcome in outcomes)
    return [(one.index, one.known) for one in outcomes if isinstance(one, Receipt)]


def test_every_row_is_found_once_wherever_it_is_and_the_small_tables_stay_small(tmp_path):
    numbers = iter(range(1_000))
    given = [[grant(str(next(numbers))) for _ in range(size)] for size in SIZES]
    first: list[tuple[int, bool]] = []
    for part in (given[:4], given[4:]):
        with opened(tmp_path) as registry:
            for batch in part:
                first += places(registry, [one.raw for one in batch])

    everyone = [one for batch in given for one in batch]
    with opened(tmp_path) as registry:
        ends = places(registry, [one.revoked() for one in everyone[::3]])
        again = places(registry, [one.raw for one in everyone])
        statuses = [registry.status(one.id).status is Status.ENDED for one in everyone]

    with open_log(data_dir=tmp_path, database=None) as store:
        with store.snapshot() as log:
            found = log.indexes([leaf_hash(one.raw) for one in everyone])
            keys = [(row.kind, row.key) for row in log.all_rows()]
        sound = fsck(store)
    assert again == [(index, True) for index, _ in first]
    assert [found[leaf_hash(one.raw)] for one in everyone] == [index for index, _ in first]
    assert statuses == [number % 3 == 0 for number in range(len(everyone))]
    assert not any(known for _, known in ends)
    assert keys == sorted(set(keys))
    assert {entry_id(one.raw) for one in everyone} <= {key for _, key in keys}
    rows = counts(tmp_path)
    assert rows["log_leaf"] + rows["log_leaf_young"] == sound.size
    assert rows["log_state"] + rows["log_state_young"] == len(keys)
    # No more than were allowed, and those of the last batch.
    assert rows["log_leaf_young"] <= 16 + 31
    assert rows["log_state_young"] <= 16 + 25
    assert min(rows["log_leaf"], rows["log_state"]) > 20
