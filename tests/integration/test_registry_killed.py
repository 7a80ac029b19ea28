"""kill -9 at any moment: what was acknowledged is there, once, and the tree still matches."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Timer

import pytest

from registry.adapters.sql import SqlLogStore
from registry.app import open_registry
from registry.client import RegistryClient
from registry.client.registry_client import SubmitReceipt
from registry.model import entry
from registry.model.checkpoint import read
from registry.model.merkle import leaf_hash
from registry.model.signed_note import VerifierKey
from registry.service.fsck import fsck
from ssi_core.adapters.database import open_database
from ssi_core.adapters.http import HttpClient
from ssi_core.errors import LogProofError, UnavailableError
from ssi_core.keys import Ed25519Signer
from tests.support.registry import AT, YEAR, commitments
from tests.support.registry_server import RegistryServer

# Seconds after which the server is killed, and how many entries each writer sends at a time.
MOMENTS = (0.3, 0.75, 0.45, 0.6)
SIZES = (1, 1, 20, 40)


def grant(log: str) -> bytes:
    """A grant that nobody else has."""
    key = Ed25519Signer.generate()
    return entry.consent_grant(
        log=log,
        signer=key,
        next_key_hash=entry.key_hash(key.public_key),
        commitments=commitments(),
        not_before=AT,
        expires=AT + YEAR,
        max_staleness=YEAR,
        at=AT,
    )


def write_until(dead: Event, url: str, log: str, size: int) -> dict[bytes, int]:
    """Hand in batches of `size` until the server dies; return what it acknowledged."""
    http, acknowledged = HttpClient(), dict[bytes, int]()
    registry = RegistryClient(http, url)
    try:
        while not dead.is_set():
            batch = [grant(log) for _ in range(size)]
            for raw, outcome in zip(batch, registry.submit_all(batch), strict=True):
                assert isinstance(outcome, SubmitReceipt), outcome
                acknowledged[raw] = outcome.index
    except UnavailableError:
        pass
    finally:
        http.close()
    return acknowledged


def killed_round(server: RegistryServer, log: str, moment: float) -> dict[bytes, int]:
    """Let threads write, kill the server after `moment` seconds, return what was acknowledged."""
    dead = Event()

    def kill() -> None:
        dead.set()
        server.kill()

    timer = Timer(moment, kill)
    timer.start()
    with ThreadPoolExecutor(len(SIZES)) as pool:
        written = [pool.submit(write_until, dead, server.url, log, size) for size in SIZES]
        found = [future.result() for future in written]
    timer.join()
    return {raw: index for part in found for raw, index in part.items()}


def test_nothing_acknowledged_is_lost_and_nothing_is_there_twice(tmp_path: Path):
    server, http = RegistryServer(tmp_path), HttpClient()
    acknowledged: dict[bytes, int] = {}
    server.start()
    description = RegistryClient(http, server.url).log()

    for moment in MOMENTS:
        acknowledged |= killed_round(server, description.origin, moment)
        sound = _audited(tmp_path, description.vkey)
        server.start()
        registry = RegistryClient(http, server.url)
        seen = read(registry.checkpoint(), log_key=VerifierKey.parse(description.vkey))

        assert (seen.size, seen.root) == (sound.size, sound.root)
        assert seen.size >= len(acknowledged)
        _require_all_there(registry, acknowledged, seen.size)

    server.kill()
    http.close()
    assert len(acknowledged) > len(MOMENTS)


def test_an_entry_whose_answer_was_lost_can_be_handed_in_again(tmp_path: Path):
    server, http = RegistryServer(tmp_path), HttpClient()
    server.start()
    registry = RegistryClient(http, server.url)
    raw = grant(registry.log().origin)
    first = registry.submit(raw)

    server.kill()
    server.start()
    second = registry.submit(raw)

    server.kill()
    http.close()
    assert (second.index, second.size) == (first.index, 2)


@pytest.mark.parametrize("name", ["registry.db", "registry.witness"])
def test_a_killed_server_leaves_files_for_nobody_else(tmp_path: Path, name: str):
    server, http = RegistryServer(tmp_path), HttpClient()
    server.start()
    registry = RegistryClient(http, server.url)
    registry.submit(grant(registry.log().origin))
    registry.checkpoint()

    server.kill()
    http.close()

    assert (tmp_path / name).stat().st_mode & 0o077 == 0


def test_a_log_that_was_put_back_to_an_earlier_state_is_not_opened_again(tmp_path: Path):
    with open_registry(data_dir=tmp_path, public_url="http://localhost:1") as registry:
        registry.submit(grant(registry.origin))
        registry.reader.checkpoint()
    for part in tmp_path.glob("registry.db*"):
        part.unlink()

    with (
        pytest.raises(LogProofError),
        open_registry(data_dir=tmp_path, public_url="http://localhost:1"),
    ):
        pass


def _audited(folder: Path, vkey: str):
    engine = open_database(f"sqlite:///{folder / 'registry.db'}")
    try:
        return fsck(SqlLogStore(engine), log_key=VerifierKey.parse(vkey))
    finally:
        engine.dispose()


def _require_all_there(registry: RegistryClient, acknowledged: dict[bytes, int], size: int):
    raws = _all_entries(registry, size)
    assert len(set(raws)) == len(raws) == size
    for raw, index in acknowledged.items():
        assert raws[index] == raw, leaf_hash(raw).hex()


def _all_entries(registry: RegistryClient, size: int) -> list[bytes]:
    raws: list[bytes] = []
    while len(raws) < size:
        raws += registry.entries(len(raws))
    return raws
