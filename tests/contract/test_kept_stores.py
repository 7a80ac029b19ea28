"""One contract for what a role keeps of a log, held by memory, SQLite and PostgreSQL alike."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from registry.client.edge import (
    MemoryEvidenceStore,
    MemoryStaleUseStore,
    Reliance,
    SqlEvidenceStore,
    SqlStaleUseStore,
    StaleUse,
)
from registry.client.edge.kept_evidence import EvidenceStore, KeptRow
from registry.client.edge.stale_uses import EndedMeanwhile, StaleUseStore, Stood
from ssi_core.adapters.database import open_database
from tests.support.registry import AT

ROW = KeptRow(key="grant", text="{}", size=7, known_at=AT)
USE = StaleUse(
    id="use",
    relied_on=Reliance.on_grant("z1"),
    decided_at=AT,
    known_at=AT - timedelta(hours=1),
    size=7,
    staleness="emergency",
    flagged=True,
)
LATER = AT + timedelta(minutes=1)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def stores(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[EvidenceStore, StaleUseStore]]:
    if request.param == "memory":
        yield MemoryEvidenceStore(), MemoryStaleUseStore()
        return
    url = f"sqlite:///{tmp_path / 'edge.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    engine = open_database(url)
    yield SqlEvidenceStore(engine), SqlStaleUseStore(engine)
    engine.dispose()


def test_newer_evidence_takes_the_place_of_older_and_never_the_other_way(
    stores: tuple[EvidenceStore, StaleUseStore],
) -> None:
    kept, _ = stores
    newer = KeptRow(key="grant", text='{"a":1}', size=8, known_at=LATER)
    assert kept.load("grant") is None
    assert kept.newest() is None

    for row in (ROW, newer, ROW, replace(newer, size=9, known_at=AT)):
        kept.keep(row)

    assert kept.load("grant") == newer
    assert kept.newest() == LATER


def test_old_evidence_is_forgotten(stores: tuple[EvidenceStore, StaleUseStore]) -> None:
    kept, _ = stores
    kept.keep(ROW)
    kept.keep(replace(ROW, key="other", known_at=LATER))

    kept.forget(before=LATER)

    assert kept.load("grant") is None
    assert kept.load("other") is not None


def test_a_use_waits_until_there_is_a_finding_and_then_keeps_it(
    stores: tuple[EvidenceStore, StaleUseStore],
) -> None:
    _, uses = stores
    second = replace(USE, id="second", flagged=False)
    uses.append(USE)
    uses.append(second)
    assert uses.waiting() == [USE, second]
    ended = replace(USE, finding=EndedMeanwhile(LATER, 9, AT), judged_at=LATER)

    uses.judged(ended)
    uses.judged(replace(USE, finding=Stood(LATER), judged_at=LATER))

    assert uses.waiting() == [second]
    assert uses.all() == [ended, second]


def test_that_a_use_stood_is_kept_too(stores: tuple[EvidenceStore, StaleUseStore]) -> None:
    _, uses = stores
    uses.append(USE)

    uses.judged(replace(USE, finding=Stood(LATER), judged_at=LATER))

    assert uses.all() == [replace(USE, finding=Stood(LATER), judged_at=LATER)]


def test_an_end_of_which_nobody_says_when_is_an_end_all_the_same(
    stores: tuple[EvidenceStore, StaleUseStore],
) -> None:
    _, uses = stores
    uses.append(USE)
    found = replace(USE, finding=EndedMeanwhile(LATER), judged_at=LATER)

    uses.judged(found)

    assert uses.all() == [found]
    assert found.revoked_meanwhile
