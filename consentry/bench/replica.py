"""Catch up with a log: everything verified and stored, the tree alone, and bare verifications."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from nacl.signing import SigningKey

from consentry.bench.appends import served
from consentry.bench.entries import require_taken, sign_entries
from consentry.bench.measure import Case, Clock, Pace, Subject
from registry.adapters.proof_workers import ProofWorkers
from registry.adapters.sql import PAGE_BYTES, SqlLogStore
from registry.client.registry_client import LogDescription, RegistryClient
from registry.client.source import HttpSource
from registry.model.log_evidence import LogPolicy
from registry.model.merkle import CompactRange, leaf_hash
from registry.service.replica.follower import Follower
from registry.service.replica.source import PolicyTrust
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.database import open_database
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.reach import Reach

_COUNT: Final = 20_000
_BATCH: Final = 1_000
_AIM: Final = 15_000.0
_MERKLE_AIM: Final = 250_000.0
_TIMEOUT: Final = 60.0
_RAW: Final = "raw verifications, one thread"
_TEXT: Final = """\
A registry in a process of its own, on the same cores, has a log of signed `consent.grant`s. *Catch
up* is a replica that begins with nothing: it fetches the log over HTTP, verifies every signature
and every transition, makes tree and status map again, and stores all of it, durably. *Merkle tree
alone* is the tree over the same entries. The reference is bare Ed25519 verification by libsodium,
one for each entry, on one thread."""


@contextmanager
def replica(pace: Pace, folder: Path) -> Iterator[Subject]:
    """Start a registry and fill its log; each round is a new replica."""
    count = _BATCH if pace.quick else _COUNT
    with ExitStack() as stack:
        temporary = tempfile.TemporaryDirectory(prefix=".consentry-bench-", dir=folder)
        place = Path(stack.enter_context(temporary))
        url, _ = stack.enter_context(served(place / "served"))
        http = stack.enter_context(closing(HttpClient(timeout=_TIMEOUT, reach=Reach.ANY)))
        client = RegistryClient(http, url)
        log = client.log()
        entries = sign_entries(count, log=log.origin)
        for start in range(0, count, _BATCH):
            require_taken(client.submit_all(entries[start : start + _BATCH]))
        catching_up = _CatchUp(place, HttpSource(http, url), log)
        yield Subject(
            title="A replica catches up",
            text=_TEXT,
            cases=(
                Case(
                    name="catch up, all verified and stored",
                    run=catching_up.run,
                    check=catching_up.check,
                    clock=Clock.WALL,
                    count=count,
                    reference=_RAW,
                    aim=_AIM,
                ),
                Case(
                    name="Merkle tree alone",
                    run=lambda _: _tree(entries),
                    clock=Clock.WALL,
                    count=count,
                    aim=_MERKLE_AIM,
                ),
                Case(name=_RAW, run=_verifications(), clock=Clock.WALL, count=count),
            ),
        )


class _CatchUp:
    """A new replica in each round, in a file of its own."""

    def __init__(self, folder: Path, source: HttpSource, log: LogDescription) -> None:
        self._folder = folder
        self._source = source
        self._log = log
        self._round = 0
        self._added = 0
        self._expected = 0

    def run(self, count: int) -> None:
        self._round += 1
        self._expected = count
        path = self._folder / f"replica-{self._round}.db"
        engine = open_database(f"sqlite:///{path}", page_bytes=PAGE_BYTES)
        try:
            with closing(ProofWorkers((os.cpu_count() or 1) - 1)) as verifier:
                self._added = self._follower(SqlLogStore(engine), verifier).follow().added
        finally:
            engine.dispose()

    def check(self) -> None:
        # The log has a snapshot after each batch as well.
        if self._added <= self._expected:
            raise RuntimeError("the replica does not have everything")

    def _follower(self, store: SqlLogStore, verifier: ProofWorkers) -> Follower:
        policy = LogPolicy(
            origin=self._log.origin,
            log_vkey=self._log.vkey,
            witness_vkeys=self._log.witnesses,
            max_checkpoint_age=timedelta.max,
        )
        return Follower(
            store,
            self._source,
            origin=self._log.origin,
            trust=PolicyTrust(policy),
            verify=verifier.verify,
            clock=SystemClock(),
        )


def _tree(entries: list[bytes]) -> None:
    edge = CompactRange()
    for raw in entries:
        edge.push(leaf_hash(raw))
    edge.root()


def _verifications() -> Callable[[int], None]:
    key = SigningKey.generate()
    data = bytes(64)
    signature, verify = key.sign(data).signature, key.verify_key.verify

    def run(count: int) -> None:
        for _ in range(count):
            verify(data, signature)

    return run
