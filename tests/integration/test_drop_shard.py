"""A log goes on in another, and is dropped whole: by the real command, with real processes."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from consentry.demo.processes import free_port
from registry.app import keys_in, open_registry
from registry.cli import commands, last_checkpoint
from registry.client import RegistryClient
from registry.client.handing_over import hand_over
from registry.client.organisation import Organisation
from registry.model.checkpoint import read
from registry.model.cosignature import cosigner_key
from registry.model.evidence import GrantState, LogPolicy, verify_grant
from registry.model.merkle import leaf_hash
from registry.model.signed_note import VerifierKey
from registry.model.tlog_tiles import Tile
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.keystore import KeyStore
from ssi_core.errors import (
    ConflictError,
    GoneError,
    LogProofError,
    MalformedError,
    NotFoundError,
    RejectedError,
    SsiError,
    UnavailableError,
)
from ssi_core.period import Period
from tests.support.registry import Grant, grant, signer
from tests.support.registry_server import RegistryServer
from tests.support.replica_server import ReplicaServer

NOW = datetime.now(UTC)  # noqa: TID251 - real processes have real clocks
LONG_AGO = NOW - timedelta(days=90)
NEXT = "registry.example/next"


def run(*words: object) -> str:
    """Run a command of the registry, and return what it says."""
    done = CliRunner().invoke(commands, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output.strip()


class Shards:
    """A registry with a log of things that are over, and another that takes its place."""

    def __init__(self, folder: Path, http: HttpClient) -> None:
        self.folder = folder
        self.old = RegistryServer(folder / "old")
        self.old.start()
        # Organisations keep their DIDs, so the new registry has the old one's public URL.
        self.next_url = f"http://localhost:{(port := free_port())}"
        options = ["--public-url", self.old.url, "--origin", NEXT]
        run("begin-next", "--data-dir", folder / "new", "--old", folder / "old")
        self.new = RegistryServer(folder / "new", port=port, options=options)
        self.new.start()
        self.client = RegistryClient(http, self.old.url)
        self.next = RegistryClient(http, self.next_url)
        self.log = self.client.log()
        self.drop = ("drop-shard", "--data-dir", folder / "old")

    def organisation(self, clock: SystemClock) -> Organisation:
        """An organisation whose DID is in the old log."""
        store = KeyStore.unlock(self.folder / "keys", passphrase=None)
        return Organisation.open("clinic", keystore=store, registry=self.client, clock=clock)

    def hand_over(self) -> str:
        """Say in the old log that the new one follows, which takes its DIDs too."""
        old, new = self.old.url, self.next_url
        return run("hand-over", "--registry", old, "--data-dir", self.folder / "old", "--next", new)

    def only_hand_over(self) -> None:
        """Say in the old log that the new one follows, and carry nothing over."""
        following = self.next.log()
        key = keys_in(self.folder / "old").ed25519("log")
        hand_over(self.client, following=following, signer=key, at=NOW)

    def size(self) -> int:
        """How many entries the old log has, as it signs."""
        note = self.client.checkpoint()
        return read(note, log_key=VerifierKey.parse(self.log.vkey)).size

    def pinned(self) -> LogPolicy:
        """The same as `policy`, to verify evidence with."""
        return LogPolicy.pinned(
            origin=self.log.origin,
            log_vkey=self.log.vkey,
            witness_vkeys=self.log.witnesses,
            policy=self.log.policy,
            max_checkpoint_age=timedelta(hours=1),
        )

    def policy(self) -> Path:
        """What a reader pinned of the old log while it was there."""
        path = self.folder / "policy.txt"
        path.write_text(self.log.policy or "")
        return path


@pytest.fixture
def http() -> Iterator[HttpClient]:
    client = HttpClient(timeout=20)
    yield client
    client.close()


@pytest.fixture
def shards(tmp_path: Path, http: HttpClient) -> Iterator[Shards]:
    with started(tmp_path, http) as opened:
        yield opened


@contextmanager
def started(folder: Path, http: HttpClient) -> Iterator[Shards]:
    opened = Shards(folder, http)
    try:
        yield opened
    finally:
        for server in (opened.old, opened.new):
            server.__exit__(None, None, None)


def expired(name: str, *, log: str) -> Grant:
    return grant(name, log=log, start=LONG_AGO)


def test_a_log_is_dropped_only_when_nothing_in_it_counts_and_only_with_a_yes(shards: Shards):
    over, running = (
        expired("over", log=shards.log.origin),
        grant("running", start=NOW, log=shards.log.origin),
    )
    clinic = shards.organisation(SystemClock())
    shards.client.submit_all([over.raw, running.raw])
    says = [*shards.drop, "--next", shards.next_url, "--yes"]

    with pytest.raises(RejectedError, match="not been handed over"):
        run(*says)
    shards.only_hand_over()
    with pytest.raises(RejectedError, match="grants neither ended nor expired: 1"):
        run(*says)
    shards.client.submit(running.revoked(log=shards.log.origin))
    with pytest.raises(RejectedError, match="DIDs active and not carried over: 1"):
        run(*says)
    said = shards.hand_over()
    with pytest.raises(UnavailableError, match="DIDs perhaps not carried over: 1"):
        run(*shards.drop, "--yes")
    with pytest.raises(UnavailableError, match="perhaps not carried over"):
        run(*shards.drop, "--next", shards.client.base_url, "--yes")
    with pytest.raises(MalformedError, match="without a yes"):
        run(*says[:-1])

    assert said == shards.hand_over()
    assert said.endswith("with 1 versions of DIDs")
    assert shards.next.did_log(clinic.did) == shards.client.did_log(clinic.did)
    assert shards.next.resolve(clinic.did) == shards.client.resolve(clinic.did)
    # Looking has fenced nobody out, and changed nothing.
    assert shards.client.entry(0) is not None
    assert shards.client.submit(over.revoked(log=shards.log.origin)).index > 0


def test_what_is_left_of_a_dropped_log_says_where_it_went_and_everything_else_is_gone(
    tmp_path: Path, shards: Shards
):
    client, origin = shards.client, shards.log.origin
    over, clinic = expired("over", log=origin), shards.organisation(SystemClock())
    client.submit(over.raw)
    clinic.accredit_root(types=["t"], period=Period(LONG_AGO, LONG_AGO + timedelta(days=1)))
    shards.hand_over()
    size = shards.size()
    drop = [*shards.drop, "--next", shards.next_url, "--yes"]

    said = run(*drop)

    # The server that was not stopped writes nothing more, and knows of nothing.
    with pytest.raises(SsiError):
        client.submit(grant("late", log=origin).raw)
    with pytest.raises(GoneError):
        client.grant(over.id)
    shards.old.stop()
    shards.old.start()
    left = client.handover()
    refused = client.submit_all([grant("later", log=origin).raw, over.raw])
    assert said.endswith(f"dropped {origin} {size} next {NEXT}")
    assert run(*drop) == f"dropped {origin} {size} next {NEXT}"
    assert (left.origin, left.size, left.handover.next_origin) == (origin, size, NEXT)
    assert client.checkpoint() == left.checkpoint
    assert shards.size() == size
    for ask in (
        client.log,
        lambda: client.grant(over.id),
        lambda: client.entry(0),
        lambda: client.entries(0),
        lambda: client.tile(Tile(0, 0, 1)),
        lambda: client.bundle(Tile(0, 0, 1)),
        lambda: client.inclusion(0, size=1),
        lambda: client.did_log(clinic.did),
    ):
        with pytest.raises(GoneError):
            ask()
    assert [type(each) for each in refused] == [ConflictError, ConflictError]
    assert traces(tmp_path / "old", over.raw) == []
    assert left.proof in (tmp_path / "old" / "registry.db").read_bytes()


def test_a_replica_notices_and_keeps_what_it_has_until_its_operator_drops_that_too(
    tmp_path: Path, shards: Shards
):
    origin, vkey = shards.log.origin, shards.log.vkey
    over = expired("over", log=origin)
    shards.organisation(SystemClock())
    receipt = shards.client.submit(over.raw)
    shards.hand_over()
    size = shards.size()
    own = ["drop-shard", "--replica", "--data-dir", tmp_path / "replica", "--log", vkey, "--yes"]
    with ReplicaServer(tmp_path / "replica", source=shards.old.url, vkey=vkey) as replica:
        replica.wait_until(lambda said: said["size"] == size and said["state"] == "following")
        shards.old.stop()
        run(*shards.drop, "--next", shards.next_url, "--yes")
        shards.old.start()

        found = replica.wait_until(lambda said: said["state"] == "dropped")

        (refused,) = replica.client.submit_all([grant("last", log=origin).raw])
        assert (found["code"], found["size"]) == ("gone", size)
        assert replica.client.entry(receipt.index) == over.raw
        assert isinstance(refused, ConflictError)
        replica.stop()
        with pytest.raises(UnavailableError, match="perhaps not carried over"):
            run(*own)
        run(*own, "--next", shards.next_url)
        replica.start()
        said = replica.ask("/healthz")[0]
        assert said == {"state": "dropped", "size": size, "next": NEXT}
        assert replica.client.handover().handover == shards.client.handover().handover
        with pytest.raises(GoneError):
            replica.client.grant(over.id)
    assert traces(tmp_path / "replica", over.raw) == []


def test_what_holders_kept_of_a_dropped_log_still_proves_what_it_proved(
    tmp_path: Path, shards: Shards
):
    origin, over = shards.log.origin, expired("over", log=shards.log.origin)
    receipt = shards.client.submit(over.raw)
    kept, proof = shards.client.grant(over.id), tmp_path / "over.tlog-proof"
    run("prove", "--registry", shards.old.url, "--index", receipt.index, "--out", proof)
    shards.hand_over()
    shards.old.stop()
    run(*shards.drop, "--yes")
    shards.old.start()
    left, went = shards.client.handover(), tmp_path / "went.tlog-proof"
    went.write_bytes(left.proof)

    found = verify_grant(kept, grant_id=over.id, policy=shards.pinned(), at=NOW)
    logged = run("verify", proof, "--policy", shards.policy())
    moved = run("verify", went, "--policy", shards.policy())

    assert found.state is GrantState.EXPIRED
    assert logged.startswith(f"logged {origin} {receipt.index} of ")
    assert moved.startswith(f"logged {origin} {left.index} of {left.size}")


def traces(folder: Path, raw: bytes) -> list[str]:
    """The files of a folder in which an entry's bytes or its leaf hash are left."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return [
        path.name
        for path in found
        if raw[-200:] in (content := path.read_bytes()) or leaf_hash(raw) in content
    ]


def test_where_a_log_was_dropped_no_log_begins_again(tmp_path: Path, shards: Shards):
    shards.client.submit(expired("over", log=shards.log.origin).raw)
    shards.hand_over()
    shards.old.stop()
    run(*shards.drop, "--yes")

    def opened() -> None:
        folder = tmp_path / "old"
        with open_registry(data_dir=folder, public_url=shards.client.base_url, workers=0):
            pass

    with pytest.raises(GoneError):
        opened()
    for part in (tmp_path / "old").glob("registry.db*"):
        part.unlink()
    with pytest.raises(LogProofError, match="gone that its witness has seen"):
        opened()


def test_a_store_that_was_put_back_is_not_dropped(tmp_path: Path, shards: Shards):
    over = expired("over", log=shards.log.origin)
    shards.client.submit(over.raw)
    shards.hand_over()
    shards.old.stop()
    database, backup = tmp_path / "old" / "registry.db", tmp_path / "backup.db"
    shutil.copy(database, backup)
    shards.old.start()
    shards.client.submit(over.revoked(log=shards.log.origin))
    shards.client.checkpoint()
    shards.old.stop()
    shutil.copy(backup, database)

    with pytest.raises(LogProofError, match="shorter than its witness has seen"):
        run(*shards.drop, "--yes")

    shutil.copy(backup, database)
    assert run("fsck", "--data-dir", tmp_path / "old").startswith("sound")


def test_a_log_is_handed_over_only_to_a_registry_where_its_dids_resolve(
    tmp_path: Path, shards: Shards
):
    with RegistryServer(tmp_path / "stranger") as stranger:
        words = ("hand-over", "--registry", shards.old.url, "--data-dir", tmp_path / "old")
        with pytest.raises(RejectedError, match="would not resolve there"):
            run(*words, "--next", stranger.url)
    with pytest.raises(ConflictError, match="with another key already"):
        run("begin-next", "--data-dir", tmp_path / "stranger", "--old", tmp_path / "old")
    with pytest.raises(NotFoundError):
        run("begin-next", "--data-dir", tmp_path / "new", "--old", tmp_path / "nowhere")

    again = run("begin-next", "--data-dir", tmp_path / "new", "--old", tmp_path / "old")

    assert again == f"witnesses as {shards.log.did_witness}"
    # Nothing was said in the log, so it still takes what it took.
    assert shards.client.submit(grant("open", log=shards.log.origin).raw).index == 0


def test_nothing_is_dropped_after_a_no_nor_while_a_witness_is_away(
    tmp_path: Path, shards: Shards, monkeypatch: pytest.MonkeyPatch
):
    shards.client.submit(expired("over", log=shards.log.origin).raw)
    shards.hand_over()
    size = shards.size()
    shards.old.stop()
    away = f"http://127.0.0.1:9={cosigner_key('w.example', signer('w'))}"
    monkeypatch.setattr(last_checkpoint, "_PATIENCE_SECONDS", 0.0)

    said_no, no = on_a_terminal("n", *shards.drop)
    with pytest.raises(UnavailableError, match="until enough witnesses have answered"):
        run(*shards.drop, "--witness", away, "--yes")
    sound = run("fsck", "--data-dir", tmp_path / "old")
    said_yes, yes = on_a_terminal("y", *shards.drop)

    assert (said_no, said_yes) == (1, 0)
    assert f"has {size} entries" in no
    assert f"dropped {shards.log.origin}" not in no
    assert sound.startswith(f"sound {shards.log.origin} {size} ")
    assert yes.endswith(f"dropped {shards.log.origin} {size} next {NEXT}")


def on_a_terminal(answer: str, *words: object) -> tuple[int, str]:
    """Run a command on a terminal, type an answer, and return its exit status and what it says."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-c", "from registry.cli import commands; commands()"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    os.write(ours, f"{answer}\n".encode())
    done = subprocess.run(  # noqa: S603 - our own program
        [*command, *map(str, words)],
        stdin=theirs,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        check=False,
    )
    os.close(ours)
    os.close(theirs)
    return done.returncode, done.stdout.strip()
