"""Append consent entries durably: through the registry's API, in process, and into bare SQLite."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Final

from nacl.bindings import crypto_sign, crypto_sign_keypair, crypto_sign_open

from consentry.bench.entries import require_taken, sign_entries
from consentry.bench.measure import Case, Clock, Lead, Pace, Subject
from consentry.bench.posts import Posts
from consentry.bench.supply import Supply
from consentry.demo.processes import RoleProcess, free_port
from registry.app import open_registry
from registry.client import RegistryClient
from registry.model.entry import entry_id
from registry.service.registry import Registry
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.reach import Reach

_URL: Final = "http://localhost:8100"
_BATCHES: Final = "bare SQLite, in batches"
_SINGLY: Final = "bare SQLite, singly"
_VERIFIED: Final = "Ed25519 verifications by libsodium, one thread"
_NOTHING: Final = "API, a post that does nothing"
_TEXT: Final = """\
Every entry is a signed `consent.grant` of its own, made before the clock starts. It counts once it
is acknowledged: validated, its signature checked, in the Merkle tree, and on the disk. *API* is a
registry in a process of its own on the same cores, asked over HTTP by a client that does as little
as possible, with 100 entries to a batch; *in process* is the same log without HTTP. Beside them:
libsodium's own verification of one signature for each entry, the same bytes put into a bare SQLite
table that syncs as often (`synchronous=FULL`, write-ahead log), and posts of an entry to where the
same server does nothing with it. A status is that of one grant, as the log has it now, without a
proof."""


@contextmanager
def appends(pace: Pace, folder: Path) -> Iterator[Subject]:
    """Start a registry, open another in process, and sign what they will be asked to append."""
    with ExitStack() as stack:
        temporary = tempfile.TemporaryDirectory(prefix=".consentry-bench-", dir=folder)
        place = Path(stack.enter_context(temporary))
        url, origin = stack.enter_context(served(place / "served"))
        own = stack.enter_context(open_registry(data_dir=place / "own", public_url=_URL))
        bare = stack.enter_context(closing(_bare(place / "bare.db")))
        posts = stack.enter_context(closing(Posts(url)))
        put = partial(Supply, stack=stack, pace=pace, log=own.origin)
        post = partial(Supply, stack=stack, pace=pace, log=origin)
        many, insert = partial(_take, own.submit_all), partial(_insert, bare)
        in_process = put(many, count=4_000, batch=250, clients=4)
        singly = put(partial(_each, own.submit), count=200)
        batches = post(posts.many, count=4_000, batch=100, clients=4)
        each = partial(_each, posts.one)
        yield Subject(
            title="Durable appends",
            text=_TEXT,
            cases=(
                _verifications(),
                in_process.case("in process, batches", reference=_VERIFIED, aim=12_000),
                put(insert, count=4_000, batch=250).case(_BATCHES),
                singly.case("in process, singly", reference=_SINGLY, aim=1_000),
                put(insert, count=200).case(_SINGLY),
                batches.case("API, batches", aim=10_000, lead=Lead(2, _NOTHING)),
                post(partial(_each, posts.nothing), count=600, clients=4).case(_NOTHING),
                post(each, count=1_000, clients=16).case("API, singly", aim=2_500),
                post(each, count=150).case("API, singly, one client"),
                _statuses(own),
            ),
            remarks=(_room(place / "room"),),
        )


def _take(submit: Callable[[Sequence[bytes]], Sequence[object]], entries: Sequence[bytes]) -> None:
    require_taken(submit(entries))


def _each(submit: Callable[[bytes], object], entries: Sequence[bytes]) -> None:
    for entry in entries:
        submit(entry)


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, str]]:
    """Start a registry in a process of its own; give its URL and its log's origin."""
    process = RoleProcess("registry", "registry", folder=folder, settings={}, port=free_port())
    http = HttpClient(reach=Reach.ANY)
    try:
        process.start()
        yield process.url, RegistryClient(http, process.url).log().origin
    finally:
        http.close()
        process.stop()


def _bare(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE entry (number INTEGER PRIMARY KEY, raw BLOB NOT NULL)")
    return database


def _insert(database: sqlite3.Connection, entries: Sequence[bytes]) -> None:
    database.execute("BEGIN IMMEDIATE")
    database.executemany("INSERT INTO entry (raw) VALUES (?)", [(entry,) for entry in entries])
    database.execute("COMMIT")


def _verifications() -> Case:
    public, secret = crypto_sign_keypair()
    # What an entry's proof is over: two digests.
    signed = crypto_sign(bytes(64), secret)

    def run(count: int) -> None:
        for _ in range(count):
            crypto_sign_open(signed, public)

    return Case(name=_VERIFIED, run=run, clock=Clock.WALL)


def _statuses(registry: Registry) -> Case:
    entries = sign_entries(256, log=registry.origin)
    _take(registry.submit_all, entries)
    ids = cycle([entry_id(entry) or "" for entry in entries])

    def run(count: int) -> None:
        for _, grant_id in zip(range(count), ids, strict=False):
            registry.status(grant_id)

    return Case(name="statuses, in process", run=run, clock=Clock.WALL, aim=100_000)


def _room(folder: Path) -> str:
    with open_registry(data_dir=folder, public_url=_URL) as registry:
        entries = sign_entries(2_000, log=registry.origin)
        _take(registry.submit_all, entries[:1_000])
        _take(registry.submit_all, entries[1_000:])
    stored = sum(path.stat().st_size for path in folder.glob("registry.db*"))
    share = stored / sum(map(len, entries))
    return f"the database takes {share:.2f} bytes for each byte of the entries; the aim is 1.35"
