"""What a database refuses of a batch leaves nothing of the batch behind."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from registry.adapters.sql import SqlLogStore
from registry.model.status_map import CHUNK_BYTES
from registry.ports import StateRow
from ssi_core.adapters.database import open_database
from ssi_core.errors import ConflictError, MalformedError
from tests.support.log_batches import EMPTY, batch, everything

GRANT: Final = StateRow("grant", "z1", None, "{}")
OTHER: Final = StateRow("grant", "z2", None, "{}")


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlLogStore]:
    url = f"sqlite:///{tmp_path / 'log.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    engine = open_database(url)
    yield SqlLogStore(engine)
    engine.dispose()


def test_of_a_batch_with_a_record_that_is_there_nothing_is_stored(store):
    store.create(EMPTY)
    first = batch(EMPTY, b"0", created=(GRANT,))
    store.append(first)
    before = everything(store)

    with pytest.raises(ConflictError):
        store.append(
            batch(first.head, b"1", created=(OTHER, GRANT), chunks={0: b"a" * CHUNK_BYTES})
        )

    assert everything(store) == before
    store.append(batch(first.head, b"1", created=(OTHER,)))


@pytest.mark.parametrize(
    "text", [pytest.param("a\0b", id="NUL"), pytest.param("\ud800", id="surrogate")]
)
@pytest.mark.parametrize("column", range(4))
def test_of_a_batch_with_text_that_postgresql_cannot_hold_nothing_is_stored(
    postgres_url, text, column
):
    engine = open_database(postgres_url)
    store = SqlLogStore(engine)
    store.create(EMPTY)
    before = everything(store)
    row = StateRow(*(text if n == column else "x" for n in range(4)))

    for created, replaced in (((OTHER, row), ()), ((OTHER,), (row,))):
        with pytest.raises(MalformedError):
            store.append(batch(EMPTY, b"0", created=created, replaced=replaced))

    assert everything(store) == before
    store.append(batch(EMPTY, b"0", created=(OTHER,)))
    engine.dispose()


def test_keys_that_are_not_text_of_unicode_are_refused(store):
    store.create(EMPTY)

    with store.snapshot() as log:
        assert log.rows("grant", ["z1", "\u00e9", "\U0010ffff"]) == {}
    with pytest.raises(MalformedError), store.snapshot() as log:
        log.rows("grant", ["z1", "\ud800"])
