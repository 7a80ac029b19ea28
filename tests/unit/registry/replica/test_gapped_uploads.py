"""A mirror that comes late is brought what is left of redacted entries, and takes nothing less."""

from contextlib import closing
from pathlib import Path

import pytest

from registry.adapters.memory import MemoryLogStore
from registry.adapters.sql import SqlLogStore
from registry.model.merkle import leaf_hash
from registry.model.tlog_tiles import Tile
from registry.model.tlog_witness import AddCheckpoint, origin_hash
from registry.model.transfer import Gap, Shown
from registry.service.fsck import fsck
from registry.service.uploading import Uploading
from ssi_core.adapters.database import open_database
from ssi_core.errors import LogProofError, MalformedError, RedactedError, SsiError
from tests.support.mirror import (
    NearMirror,
    gapped_places_of,
    proved_gap,
    proved_upload_of,
    upload_of,
)
from tests.support.redactions import LAST, OLD, redacted_log, redaction
from tests.support.registry import ORIGIN, grant, signer
from tests.support.replica import RegistrySource, ShownLog, content_of_store, follower_of

GONE = grant("gone")
GAP = redaction(GONE, 0)
# What a mirror is shown: the grant that is gone, its end, and its redaction.
COVERED: list[Shown] = [Gap(leaf_hash(GONE.raw), 3, GAP), LAST.raw, GONE.revoked(), GAP]


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path):
    if request.param == "memory":
        yield MemoryLogStore()
        return
    engine = open_database(f"sqlite:///{tmp_path / 'log.db'}")
    yield SqlLogStore(engine)
    engine.dispose()


def pending(mirror: NearMirror, log: ShownLog) -> None:
    assert mirror.add_checkpoint(AddCheckpoint(0, (), log.checkpoint())) == ()


def test_a_late_mirror_has_the_state_of_a_replica_that_saw_the_same_gaps(store):
    mirror = NearMirror()
    with closing(redacted_log(store)) as registry:
        follower, replica = follower_of(RegistrySource(registry))
        follower.follow()
        with store.snapshot() as log:
            head = log.head()
        mirror.add_checkpoint(AddCheckpoint(0, (), head.note))

        lines = Uploading(store, mirror).bring(head)

        assert lines
        assert content_of_store(mirror.store) == content_of_store(replica)
        assert content_of_store(mirror.store) == content_of_store(store)
        assert fsck(mirror.store).size == head.size
        with pytest.raises(RedactedError):
            mirror.mirror.bundle(origin_hash(ORIGIN), Tile(0, 0, head.size))


def test_what_stands_after_a_gap_is_judged_as_a_replica_judges_it():
    mirror, log = NearMirror(), ShownLog(COVERED)
    pending(mirror, log)

    mirror.uploaded(proved_upload_of(log), gapped=True)

    follower, replica = follower_of(log)
    follower.follow()
    assert content_of_store(mirror.store) == content_of_store(replica)


def test_an_entry_after_a_gap_that_the_log_had_to_refuse_is_kept_as_evidence():
    stranger = LAST.revoked(signer("stranger"))
    mirror, log = NearMirror(), ShownLog([*COVERED, stranger])
    pending(mirror, log)
    body = proved_upload_of(log)

    with pytest.raises(LogProofError):
        mirror.uploaded(body, gapped=True)

    assert mirror.size() == 0
    assert mirror.evidence.kept is not None
    with pytest.raises(LogProofError):
        mirror.uploaded(body, gapped=True)


def test_in_an_upload_that_is_not_called_gapped_there_are_no_gaps():
    mirror, log = NearMirror(), ShownLog(COVERED)
    pending(mirror, log)
    body = proved_upload_of(log)

    with pytest.raises(LogProofError):
        mirror.uploaded(body)

    assert mirror.size() == 0
    assert mirror.evidence.kept is None
    mirror.uploaded(body, gapped=True)
    assert mirror.size() == 4


REDACTS_ANOTHER = redaction(GONE, 5)
NOT_COVERED: dict[str, list[Shown]] = {
    "by a redaction of another entry": [
        Gap(leaf_hash(GONE.raw), 1, REDACTS_ANOTHER),
        REDACTS_ANOTHER,
    ],
    "by something that is no redaction": [Gap(leaf_hash(GONE.raw), 1, LAST.raw), LAST.raw],
    "by something that is no entry": [Gap(leaf_hash(GONE.raw), 1, b"{}"), b"{}"],
    "by a redaction that nobody signed": [
        Gap(leaf_hash(GONE.raw), 1, GAP.replace(b'"ts":', b'"ts":1')),
        GAP.replace(b'"ts":', b'"ts":1'),
    ],
}


@pytest.mark.parametrize("name", NOT_COVERED)
def test_a_gap_that_nothing_covers_is_not_taken_and_proves_nothing_against_the_log(name: str):
    mirror, log = NearMirror(), ShownLog(NOT_COVERED[name])
    pending(mirror, log)

    with pytest.raises(LogProofError):
        mirror.uploaded(proved_upload_of(log), gapped=True)

    assert mirror.size() == 0
    assert mirror.evidence.kept is None


def test_a_redaction_that_is_not_in_the_tree_where_it_is_said_to_be_covers_nothing():
    mirror, log = NearMirror(), ShownLog(COVERED)
    pending(mirror, log)
    gap = Gap(leaf_hash(GONE.raw), 3, GAP)
    rest = [LAST.raw, GONE.revoked(), GAP]
    beyond = Gap(gap.leaf, 4, GAP)
    unlike = Gap(gap.leaf, 3, redaction(GONE, 0, key=GONE.revocation_key))
    bad = [proved_gap(log, gap, at=1), proved_gap(log, beyond, at=3), proved_gap(log, unlike)]

    for place in bad:
        with pytest.raises(LogProofError):
            mirror.uploaded(upload_of(log, entries=[place, *rest]), gapped=True)

    assert mirror.size() == 0


def test_another_leaf_hash_than_the_trees_is_not_taken():
    mirror, log = NearMirror(), ShownLog(COVERED)
    pending(mirror, log)
    other = proved_gap(log, Gap(leaf_hash(OLD.raw), 3, GAP))

    with pytest.raises(LogProofError):
        mirror.uploaded(upload_of(log, entries=[other, *gapped_places_of(log)[1:]]), gapped=True)

    assert mirror.size() == 0


@pytest.mark.parametrize(
    "place",
    [
        b'{"redacted":',
        b'{"redacted":"AAAA","by":{}}',
        b'{"redacted":1,"by":{"entry":"{}","index":1,"path":[]}}',
        b'{"redacted":"' + b"A" * 43 + b'","by":{"entry":"{}","index":1,"path":["A"]}}',
        b'{"redacted":"' + b"A" * 43 + b'","by":{"entry":"{}","index":-1,"path":[]}}',
        b'{"redacted":"' + b"A" * 30_000 + b'"}',
    ],
    ids=["cut", "short", "number", "path", "index", "long"],
)
def test_a_place_that_is_neither_an_entry_nor_a_gap_is_an_error_of_ours(place: bytes):
    mirror, log = NearMirror(), ShownLog(COVERED)
    pending(mirror, log)

    with pytest.raises((MalformedError, LogProofError)) as told:
        mirror.uploaded(upload_of(log, entries=[place, *gapped_places_of(log)[1:]]), gapped=True)

    assert isinstance(told.value, SsiError)
    assert mirror.size() == 0
