"""What a mirror keeps of its logs, in its folder's files and in PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from registry.adapters.sql import SqlLogStore
from registry.mirror_app import open_mirror
from registry.model.checkpoint import verify
from registry.model.merkle import leaf_hash
from registry.model.signed_note import SignatureType, VerifierKey
from registry.model.tlog_mirror import AddEntries, EntryPackage
from registry.model.tlog_tiles import Tile, parse_bundle
from registry.model.tlog_witness import AddCheckpoint, SeenSize, origin_hash
from registry.model.transfer import Gap
from registry.service.fsck import fsck
from registry.service.replica.mirror import Mirror
from registry.service.replica.uploads import Conflict, Finished, Partial
from ssi_core.adapters.database import open_database
from ssi_core.errors import (
    LogProofError,
    MalformedError,
    NotFoundError,
    RedactedError,
)
from tests.support.mirror import LOG_KEY, proved_upload_of, upload_of
from tests.support.redactions import redaction
from tests.support.registry import ORIGIN, grant, signer
from tests.support.replica import ShownLog

OTHER_KEY = VerifierKey("other.example", SignatureType.ED25519, signer("other log").public_key)
HASH = origin_hash(ORIGIN)
Open = Callable[[], AbstractContextManager[Mirror]]


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> str | None:
    return request.getfixturevalue("postgres_url") if request.param == "postgres" else None


@pytest.fixture
def opened(database: str | None, tmp_path: Path) -> Open:
    def open_again() -> AbstractContextManager[Mirror]:
        return open_mirror(
            data_dir=tmp_path,
            public_url="https://m.example",
            log_vkeys=[str(LOG_KEY), str(OTHER_KEY)],
            database=database,
            workers=0,
        )

    return open_again


@pytest.fixture
def store(opened: Open, database: str | None, tmp_path: Path) -> Iterator[SqlLogStore]:
    """The log's store as any other command would open it, once the mirror has made it."""
    with opened():
        pass
    url = f"sqlite:///{tmp_path / HASH / 'entries.db'}"
    if database is not None:
        url = f"{database}?options=-csearch_path%3Dlog_{HASH[:32]}"
    engine = open_database(url)
    yield SqlLogStore(engine)
    engine.dispose()


def uploaded(mirror: Mirror, body: bytes, *, gapped: bool = False) -> Finished:
    asked, rest = AddEntries.parse(body)
    upload = mirror.begin(asked, gapped=gapped)
    assert not isinstance(upload, Conflict)
    while rest and (wanted := upload.wanted()) is not None:
        package, rest = EntryPackage.parse(rest, entries=wanted)
        upload.add(package)
    return upload.finish()


def accepted(mirror: Mirror, log: ShownLog, *, old: int = 0) -> None:
    path = log.consistency(old, len(log.run_shown)) if old else ()
    assert mirror.add_checkpoint(AddCheckpoint(old, path, log.checkpoint())) == ()


def test_what_was_uploaded_and_cosigned_is_there_when_it_is_opened_again(opened, store):
    log = ShownLog.of(*(grant(f"grant {number}").raw for number in range(300)))
    with opened() as mirror:
        accepted(mirror, log)
        part = uploaded(mirror, upload_of(log, most=1))
    assert isinstance(part, Partial)

    with opened() as mirror:
        assert mirror.add_checkpoint(AddCheckpoint(0, (), log.checkpoint())) == SeenSize(301)
        uploaded(mirror, upload_of(log, start=256))
    with opened() as mirror:
        note = mirror.checkpoint(HASH)
        assert verify(note, log_key=LOG_KEY, witness_keys=mirror.keys).size == 301
        bundle = mirror.bundle(HASH, Tile(0, 1, 45))
        assert parse_bundle(bundle) == tuple(log.run_shown[256:])

    assert fsck(store).size == 301


def test_each_log_is_kept_by_itself(opened):
    log = ShownLog.of(grant("one").raw)
    with opened() as mirror:
        accepted(mirror, log)
        uploaded(mirror, upload_of(log))

        with pytest.raises(NotFoundError):
            mirror.checkpoint(origin_hash(OTHER_KEY.name))
        with pytest.raises(NotFoundError):
            mirror.tile(origin_hash(OTHER_KEY.name), Tile(0, 0, 1))
        assert mirror.tile(HASH, Tile(0, 0, 1)) == leaf_hash(grant("one").raw)


def test_the_bytes_of_a_redacted_entry_go_and_a_gap_is_kept_as_one(opened, store):
    gone, late = grant("gone"), grant("late")
    whole = ShownLog([gone.raw, gone.revoked(), redaction(gone, 0)])
    longer = [*whole.run_shown, Gap(leaf_hash(late.raw), 5, redaction(late, 3))]
    log = ShownLog([*longer, late.revoked(), redaction(late, 3)])
    with opened() as mirror:
        accepted(mirror, whole)
        uploaded(mirror, upload_of(whole))
        accepted(mirror, log, old=3)

        uploaded(mirror, proved_upload_of(log, start=3), gapped=True)

        with pytest.raises(RedactedError):
            mirror.bundle(HASH, Tile(0, 0, 6))
    with store.snapshot() as kept:
        found = kept.entries_from(0, limit=9)
    assert [index for index, raw in enumerate(found) if raw is None] == [0, 3]
    assert fsck(store).size == 6


def test_a_log_that_had_to_refuse_an_entry_is_mirrored_no_further_when_opened_again(opened):
    one = grant("one")
    bad = ShownLog([one.raw, one.revoked(signer("stranger"))])
    with opened() as mirror:
        accepted(mirror, bad)
        with pytest.raises(LogProofError):
            uploaded(mirror, upload_of(bad))

    with opened() as mirror, pytest.raises(LogProofError):
        mirror.begin(AddEntries(ORIGIN, 0, 2))


@pytest.mark.parametrize("url", ["sqlite:///one.db", "mysql://x/y", "no url"])
def test_another_kind_of_database_is_refused(tmp_path: Path, url: str):
    opening = open_mirror(
        data_dir=tmp_path, public_url="https://m.example", log_vkeys=[str(LOG_KEY)], database=url
    )

    with pytest.raises(MalformedError), opening:
        pass
