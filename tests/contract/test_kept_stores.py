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
from registry.client.edge.kept_evidence import NO_TREE, EvidenceStore, KeptRow
from registry.client.edge.sql_kept import METADATA
from registry.client.edge.stale_uses import (
    EndedMeanwhile,
    Ground,
    StaleUseStore,
    Stood,
    Undetermined,
)
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


def test_of_rows_that_no_witness_has_dated_the_last_one_stays_and_says_nothing_of_the_time(
    stores: tuple[EvidenceStore, StaleUseStore],
) -> None:
    kept, _ = stores
    kept.keep(ROW)
    ahead = KeptRow(key="did", text="{}", size=NO_TREE, known_at=LATER)

    kept.keep(ahead)
    kept.keep(replace(ahead, text='{"a":1}', known_at=AT))

    found = kept.load("did")
    assert found is not None
    assert (found.text, found.known_at) == ('{"a":1}', AT)
    kept.keep(ahead)
    assert kept.newest() == AT


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


def test_that_nobody_can_tell_any_more_is_for_good(
    stores: tuple[EvidenceStore, StaleUseStore],
) -> None:
    _, uses = stores
    uses.append(USE)
    found = replace(USE, finding=Undetermined(LATER), judged_at=LATER)

    uses.judged(found)
    uses.judged(replace(USE, finding=Stood(LATER), judged_at=LATER))

    assert uses.waiting() == []
    assert uses.all() == [found]


def test_what_one_answer_rests_on_is_judged_thing_by_thing(
    stores: tuple[EvidenceStore, StaleUseStore],
) -> None:
    _, uses = stores
    status = Reliance(Ground.STATUS, "https://a.example/1#7", {"index": 7, "issuer": "did:a:b"})
    first = replace(USE, relied_on=Reliance(Ground.ACCREDITATION, "z2"))
    second = replace(USE, relied_on=Reliance(Ground.ACCREDITATION, "z3"))
    third = replace(USE, relied_on=status)
    for use in (first, second, third, first):
        uses.append(use)
    ended = replace(second, finding=EndedMeanwhile(LATER, 9, AT), judged_at=LATER)

    uses.judged(ended)
    uses.append(second)

    assert uses.waiting() == [first, third]
    assert uses.all() == [first, ended, third]


def test_uses_from_before_are_read_as_resting_on_their_grants(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'edge.db'}")
    with engine.begin() as connection:
        METADATA.create_all(connection)
        for column in ("use", "ground", "detail", "undetermined"):
            connection.exec_driver_sql(f'ALTER TABLE edge_stale_use DROP COLUMN "{column}"')
        connection.exec_driver_sql(
            "INSERT INTO edge_stale_use (id, grant_id, decided_at, known_at, size, staleness, "
            "flagged, ended) VALUES ('use', 'z1', ?, ?, 7, 'emergency', 1, 0)",
            (f"{USE.decided_at:%Y-%m-%d %H:%M:%S}", f"{USE.known_at:%Y-%m-%d %H:%M:%S}"),
        )

    uses = SqlStaleUseStore(engine)

    (found,) = uses.waiting()
    assert (found.id, found.relied_on) == ("use", Reliance.on_grant("z1"))
    uses.judged(replace(found, finding=Stood(LATER), judged_at=LATER))
    assert uses.waiting() == []
    engine.dispose()
