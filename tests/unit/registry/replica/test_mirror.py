"""A mirror cosigns what it has stored, and nothing else."""

from pathlib import Path
from typing import NoReturn

import pytest
from fastapi.testclient import TestClient

from registry.adapters.cosigned_sql import SqlCosignedTrees
from registry.mirror_app import create_app
from registry.model.checkpoint import verify
from registry.model.signed_note import SignedNote, VerifierKey
from registry.model.tlog_witness import AddCheckpoint, SeenSize, origin_hash
from registry.service.cosigner import Cosigner
from registry.service.replica.mirror import StoredFirst
from ssi_core.adapters.database import open_database
from ssi_core.errors import ForkError, UnavailableError
from tests.support.mirror import NearMirror, upload_of
from tests.support.passing_store import PassingStore
from tests.support.registry import ORIGIN, POLICY, grant, signer
from tests.support.replica import FixedClock, ShownLog, follower_of

RAWS = [grant(f"grant {number}").raw for number in range(4)]
LOG_KEY = VerifierKey.parse(POLICY.log_vkey)


@pytest.fixture
def mirror(tmp_path: Path):
    engine = open_database(f"sqlite:///{tmp_path / 'cosigned.db'}")
    source = ShownLog.of(*RAWS[:2])
    follower, store = follower_of(source)
    cosigner = Cosigner(
        name="mirror.example",
        signers=[signer("mirror")],
        log_keys=[LOG_KEY],
        memory=StoredFirst(SqlCosignedTrees(engine), store),
        clock=FixedClock(),
    )
    yield source, follower, cosigner
    engine.dispose()


def asked(note: str, old_size: int = 0, path: tuple[bytes, ...] = ()) -> AddCheckpoint:
    return AddCheckpoint(old_size, path, note)


def test_what_is_stored_is_cosigned(mirror):
    source, follower, cosigner = mirror
    follower.follow()
    note = source.checkpoint()

    lines = cosigner.add_checkpoint(asked(note))

    assert not isinstance(lines, SeenSize)
    cosigned = str(SignedNote.parse(note).signed_by(*lines))
    assert verify(cosigned, log_key=LOG_KEY, witness_keys=cosigner.keys).size == 3


def test_what_is_not_stored_yet_is_not_cosigned_and_then_it_is(mirror):
    source, follower, cosigner = mirror
    with pytest.raises(UnavailableError):
        cosigner.add_checkpoint(asked(source.checkpoint()))

    follower.follow()

    assert not isinstance(cosigner.add_checkpoint(asked(source.checkpoint())), SeenSize)


def test_a_tree_that_was_stored_earlier_is_cosigned_too(mirror):
    source, follower, cosigner = mirror
    follower.follow()
    earlier, longer = source.checkpoint(), source.then(RAWS[2])
    source.run_shown = longer.run_shown
    follower.follow()

    assert not isinstance(cosigner.add_checkpoint(asked(earlier)), SeenSize)


def test_another_tree_of_a_size_that_is_stored_is_refused(mirror):
    _, follower, cosigner = mirror
    follower.follow()

    with pytest.raises(ForkError):
        cosigner.add_checkpoint(asked(ShownLog.of(RAWS[0], RAWS[3]).checkpoint()))


class AwayStore(PassingStore):
    """A store that cannot be asked."""

    def snapshot(self) -> NoReturn:
        raise UnavailableError("the database does not answer")


PATHS = ["checkpoint", "tile/0/000.p/3", "tile/entries/000.p/3"]


@pytest.mark.parametrize("path", PATHS)
def test_of_a_log_that_nobody_has_uploaded_nothing_is_there(path: str):
    near = NearMirror()
    with TestClient(create_app(near.mirror), raise_server_exceptions=False) as client:
        before = client.get(f"/{origin_hash(ORIGIN)}/{path}")
        source = ShownLog.of(*RAWS[:2])
        near.add_checkpoint(asked(source.checkpoint()))
        accepted = client.get(f"/{origin_hash(ORIGIN)}/{path}")
        near.uploaded(upload_of(source))
        after = client.get(f"/{origin_hash(ORIGIN)}/{path}")

    assert (before.status_code, accepted.status_code, after.status_code) == (404, 404, 200)


@pytest.mark.parametrize("path", PATHS[1:])
def test_what_could_not_be_looked_up_is_no_not_found(path: str):
    near = NearMirror()
    near.store = AwayStore(near.store)
    near.reopen()

    with TestClient(create_app(near.mirror), raise_server_exceptions=False) as client:
        answer = client.get(f"/{origin_hash(ORIGIN)}/{path}")

    assert answer.status_code == 503
