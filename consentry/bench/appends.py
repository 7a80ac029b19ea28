"""Append consent entries durably: through the registry's API, in process, and into bare SQLite."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final, TypeAlias

from consentry.bench.entries import sign_entries
from consentry.bench.measure import Case, Clock, Pace, Subject
from consentry.bench.raw import raw_signer, raw_verifier
from consentry.demo.processes import RoleProcess, free_port
from registry.app import open_registry
from registry.client import RegistryClient
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.reach import Reach
from ssi_core.errors import SsiError
from ssi_core.keys import Ed25519Signer

_AIM: Final = 5_000.0
_BATCH: Final = 100
_URL: Final = "http://localhost:8100"
_TIMEOUT: Final = 60.0
_BATCHES: Final = "bare SQLite, in batches"
_SINGLY: Final = "bare SQLite, singly"
_TEXT: Final = f"""\
Every entry is a signed `consent.grant` of its own, made before the clock starts. It counts once it
is acknowledged: validated, its signature checked, in the Merkle tree, and on the disk. *API* is a
registry in a process of its own on the same cores, asked over HTTP through its client, with
{_BATCH} entries to a batch; *in process* is the same log without HTTP. The references are the same
bytes put into a bare SQLite table that syncs as often (`synchronous=FULL`, write-ahead log), and
Ed25519 verifications by `cryptography`, one for each entry."""

# Hands in entries; returns what became of each.
_Send: TypeAlias = Callable[[Sequence[bytes]], Sequence[object]]


@contextmanager
def appends(pace: Pace, folder: Path) -> Iterator[Subject]:
    """Start a registry, open another in process, and sign what they will be asked to append."""
    with ExitStack() as stack:
        temporary = tempfile.TemporaryDirectory(prefix=".consentry-bench-", dir=folder)
        place = Path(stack.enter_context(temporary))
        client = stack.enter_context(served(place / "served"))
        own = stack.enter_context(open_registry(data_dir=place / "own", public_url=_URL))
        bare = stack.enter_context(closing(_bare(place / "bare.db")))
        api, log = client.log().origin, own.origin
        part = partial(_Part, stack=stack, pace=pace)
        yield Subject(
            title="Durable appends",
            text=_TEXT,
            cases=(
                part(client.submit_all, api, 2_000, clients=4).case("API, batches", aim=_AIM),
                part(client.submit_all, api, 1_000).case("API, batches, one client"),
                part(partial(_each, client.submit), api, 600, batch=1, clients=16).case(
                    "API, singly"
                ),
                part(partial(_each, client.submit), api, 150, batch=1).case(
                    "API, singly, one client"
                ),
                part(own.submit_all, log, 2_000).case("in process, batches"),
                part(own.submit_all, log, 200, batch=1).case("in process, singly"),
                part(partial(_insert, bare), log, 2_000).case(_BATCHES),
                part(partial(_insert, bare), log, 200, batch=1).case(_SINGLY),
                _verifications(),
            ),
        )


class _Part:
    """A supply of entries for every round of one case, and what became of those of the last."""

    def __init__(
        self,
        send: _Send,
        log: str,
        count: int,
        *,
        stack: ExitStack,
        pace: Pace,
        batch: int = _BATCH,
        clients: int = 1,
    ) -> None:
        self._send = send
        self._count = max(batch * clients, count // 20) if pace.quick else count
        self._batch = batch
        self._outcomes: list[object] = []
        self._supply = iter(sign_entries(self._count * (pace.rounds + 1), log=log))
        self._threads = stack.enter_context(ThreadPoolExecutor(clients))
        # Connections are opened and tables warm before the first round.
        self._run(self._count)
        self._check()

    def case(self, name: str, *, aim: float | None = None) -> Case:
        """Return the case that uses the supply up."""
        reference = _SINGLY if self._batch == 1 else _BATCHES
        return Case(
            name=name,
            run=self._run,
            clock=Clock.WALL,
            count=self._count,
            check=self._check,
            reference=None if name == reference else reference,
            aim=aim,
        )

    def _run(self, count: int) -> None:
        entries = list(islice(self._supply, count))
        batches = [entries[start : start + self._batch] for start in range(0, count, self._batch)]
        for outcomes in self._threads.map(self._send, batches):
            self._outcomes += outcomes

    def _check(self) -> None:
        for outcome in self._outcomes:
            if isinstance(outcome, SsiError):
                raise outcome
        if len(self._outcomes) != self._count:
            raise RuntimeError("some entries were not acknowledged")
        self._outcomes.clear()


def _each(submit: Callable[[bytes], object], entries: Sequence[bytes]) -> list[object]:
    return [submit(entry) for entry in entries]


@contextmanager
def served(folder: Path) -> Iterator[RegistryClient]:
    """Start a registry in a process of its own."""
    process = RoleProcess("registry", "registry", folder=folder, settings={}, port=free_port())
    http = HttpClient(timeout=_TIMEOUT, reach=Reach.ANY)
    try:
        process.start()
        yield RegistryClient(http, process.url)
    finally:
        http.close()
        process.stop()


def _bare(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE entry (number INTEGER PRIMARY KEY, raw BLOB NOT NULL)")
    return database


def _insert(database: sqlite3.Connection, entries: Sequence[bytes]) -> Sequence[bytes]:
    database.execute("BEGIN IMMEDIATE")
    database.executemany("INSERT INTO entry (raw) VALUES (?)", [(entry,) for entry in entries])
    database.execute("COMMIT")
    return entries


def _verifications() -> Case:
    signer = Ed25519Signer.generate()
    data = b"x" * 700
    signature, verify = raw_signer(signer)(data), raw_verifier(signer)

    def run(count: int) -> None:
        for _ in range(count):
            verify(signature, data)

    return Case(name="Ed25519 verifications, one core", run=run)
