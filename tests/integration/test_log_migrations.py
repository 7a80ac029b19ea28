"""A database of the first release opens today, and one from the future does not.

`first_log` is what `open_registry` of the first release had stored, with the keys of these tests,
after ten entries: two organisations, an accreditation below a root that was ended, a grant, another
that was ended, and two publications of a status list.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Engine

from registry.adapters.memory import MemoryWitnessMemory
from registry.adapters.sql import SqlLogStore
from registry.model.checkpoint import read
from registry.model.entry import entry_id
from registry.model.evidence import GrantState, verify_grant
from registry.model.merkle import CompactRange, leaf_hash
from registry.model.signed_note import VerifierKey
from registry.service.fsck import fsck
from registry.service.registry import LogKeys, Registry
from registry.service.sequencer import Receipt
from ssi_core.adapters.clock import FixedClock
from ssi_core.adapters.database import open_database
from ssi_core.adapters.driver_cursors import write_cursor
from ssi_core.adapters.migrations import migrate
from ssi_core.errors import ConflictError, LogProofError, MalformedError, UnavailableError
from tests.support.registry import AT, ORIGIN, POLICY, Grant, grant, organisation, signer

KEYS = LogKeys(log=signer("log"), witness=signer("witness"), did_witness=signer("did"))
FOLDER = Path(__file__).parent / "first_log"
# As the first release wrote them: `{blob}` is BLOB or BYTEA.
TABLES: Final = """
CREATE TABLE loghead (id INTEGER NOT NULL, origin VARCHAR NOT NULL, size BIGINT NOT NULL,
    root {blob} NOT NULL, note TEXT NOT NULL, PRIMARY KEY (id));
CREATE TABLE logentry (number BIGINT NOT NULL, leaf {blob} NOT NULL, raw {blob} NOT NULL,
    nodes {blob} NOT NULL, PRIMARY KEY (number), UNIQUE (leaf));
CREATE TABLE logstate (kind VARCHAR NOT NULL, key VARCHAR NOT NULL, lookup VARCHAR,
    body TEXT NOT NULL, PRIMARY KEY (kind, key));
CREATE INDEX log_state_lookup ON logstate (kind, lookup)"""


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'log.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    opened = open_database(url)
    yield opened
    opened.dispose()


def write_first_log(engine: Engine) -> list[bytes]:
    """Make the tables and rows of the first release; return the entries."""
    raws = (FOLDER / "entries.jsonl").read_bytes().splitlines()
    note, edge = (FOLDER / "checkpoint.txt").read_text(), CompactRange()
    on_sqlite = engine.dialect.name == "sqlite"
    marks = ", ".join(["?" if on_sqlite else "%s"] * 4)
    with write_cursor(engine) as cursor:
        for statement in TABLES.format(blob="BLOB" if on_sqlite else "BYTEA").split(";"):
            cursor.execute(statement)
        for number, raw in enumerate(raws):
            nodes = b"".join(edge.push(leaf_hash(raw)))
            row = (number, nodes[:32], raw, nodes)
            cursor.execute(f"INSERT INTO logentry VALUES ({marks})", row)  # noqa: S608
        head = (ORIGIN, edge.size, edge.root(), note)
        cursor.execute(f"INSERT INTO loghead VALUES (1, {marks})", head)  # noqa: S608
        cursor.execute("INSERT INTO logstate VALUES ('grant', 'z1', NULL, '{}')")
    return raws


def opened(engine: Engine) -> Registry:
    """The registry on that database."""
    return Registry(
        SqlLogStore(engine),
        origin=ORIGIN,
        public_url="http://localhost:8100",
        keys=KEYS,
        memory=MemoryWitnessMemory(),
        clock=FixedClock(AT),
    )


def first_grants() -> tuple[Grant, Grant]:
    """The grant that stands in the log of the first release, and the one that was ended there."""
    raws = (FOLDER / "entries.jsonl").read_bytes().splitlines()
    given, ended = (
        replace(grant(name), raw=raws[index], id=str(entry_id(raws[index])))
        for index, name in ((4, "given"), (5, "ended"))
    )
    return given, ended


def test_a_log_of_the_first_release_goes_on(engine):
    raws = write_first_log(engine)
    given, ended = first_grants()

    with opened(engine) as registry:
        known = registry.submit_all(raws)
        outcomes = registry.submit_all([ended.revoked(ended.next_key), given.revoked()])
        found = [registry.reader.entry(index) for index in range(len(raws))]
        note = registry.reader.checkpoint()

    # Consent entries said then when they were signed to the second, which nobody may hand in now.
    taken = [index for index, raw in enumerate(raws) if b'"t":"consent.' not in raw]
    assert [getattr(known[index], "index", None) for index in taken] == taken
    assert all(isinstance(known[index], Receipt) for index in taken)
    assert sum(isinstance(outcome, MalformedError) for outcome in known) == len(raws) - len(taken)
    assert found == raws
    ended_twice, withdrawn = outcomes
    assert isinstance(ended_twice, ConflictError)
    assert isinstance(withdrawn, Receipt)
    assert withdrawn.index == len(raws) + 1
    assert read(note, log_key=VerifierKey.parse(POLICY.log_vkey)).size == len(raws) + 3
    assert fsck(SqlLogStore(engine)).size == len(raws) + 3


def test_a_log_of_the_first_release_shows_what_is_in_force_once_it_is_opened(engine):
    write_first_log(engine)

    with opened(engine) as registry:
        policy = replace(POLICY, witness_vkeys=(str(registry.witness_key),))
        states = [
            verify_grant(
                registry.reader.grant(given.id), grant_id=given.id, policy=policy, at=AT
            ).state
            for given in first_grants()
        ]

    assert states == [GrantState.ACTIVE, GrantState.WITHDRAWN]


def test_opening_twice_changes_nothing_more(engine):
    write_first_log(engine)
    SqlLogStore(engine)

    with SqlLogStore(engine).snapshot() as log:
        rows = sorted(log.all_rows(), key=lambda row: (row.kind, row.key))
    with SqlLogStore(engine).snapshot() as log:
        assert sorted(log.all_rows(), key=lambda row: (row.kind, row.key)) == rows
        head = log.head()
    assert head is not None
    assert head.epoch == 0
    assert [row.kind for row in rows].count("grant") == 2


def test_a_log_that_does_not_follow_its_rules_is_left_as_it_was(engine):
    write_first_log(engine)
    with write_cursor(engine) as cursor:
        cursor.execute("DELETE FROM logentry WHERE number = 0")

    with pytest.raises(LogProofError):
        SqlLogStore(engine)

    with write_cursor(engine) as cursor:
        cursor.execute("SELECT count(*) FROM logentry")
        assert cursor.fetchone()[0] == 9


def test_a_database_from_the_future_is_refused_by_name(engine):
    SqlLogStore(engine)
    with write_cursor(engine) as cursor:
        cursor.execute("UPDATE schema_version SET version = 99")

    with pytest.raises(UnavailableError, match="registry's database is newer: it has schema 99"):
        SqlLogStore(engine)


def test_a_step_that_fails_takes_all_before_it_back(engine):
    def make(cursor: Any, _dialect: str) -> None:
        cursor.execute("CREATE TABLE one (id INTEGER)")

    def fail(_cursor: Any, _dialect: str) -> None:
        raise UnavailableError("no further")

    with pytest.raises(UnavailableError):
        migrate(engine, room="test", steps=(make, fail))

    migrate(engine, room="test", steps=(make,))
    migrate(engine, room="other", steps=())


def test_an_organisation_is_still_known_after_the_migration(engine):
    write_first_log(engine)

    with opened(engine) as registry:
        outcome = registry.submit(organisation("clinic").updates())

    assert not outcome.known
