"""Prove that an entry is in the log, in process and over HTTP, beside pymerkle."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Final

from consentry.bench.appends import served
from consentry.bench.entries import require_taken, sign_entries
from consentry.bench.gets import Gets
from consentry.bench.measure import Case, Clock, Lead, Pace, Subject
from consentry.bench.peer_process import NoPeerError, PeerProcess, peer_process
from registry.app import open_registry
from registry.client import RegistryClient
from registry.model import checkpoint as checkpoints
from registry.model.entry import entry_id
from registry.model.merkle import leaf_hash, verify_inclusion
from registry.service.reader import Inclusion
from registry.service.registry import Registry
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.reach import Reach

_URL: Final = "http://localhost:8100"
_SIZE: Final = 100_000
_QUICK_SIZE: Final = 2_000
_BATCH: Final = 1_000
_KNOWN: Final = 512
_SHOWN: Final = 50
_CLIENTS: Final = 4
_TIMES: Final = 5.0
_PEER: Final = "pymerkle"
_WORKER: Final = Path(__file__).parent / "pymerkle_worker.py"
# `make bench` lays it out: a peer under the GPL is run beside the product, and never loaded by it.
_PYTHON: Final = Path(sys.prefix, "peers", "bin", "python")
_TEXT: Final = """\
A log of {size:,} signed `consent.grant`s in SQLite. *Inclusion* is the proof that an entry drawn by
chance is in the newest tree (RFC 9162), made from what is on the disk; *verified* is such a proof
checked against the root. *Evidence over HTTP* is all that the log has about one of {known} grants,
proved: its entries, their proofs, the checkpoint with its cosignatures, and the state in the status
map; *status over HTTP* is that state in the registry's own word. {clients} clients ask a registry
in a process of its own. pymerkle keeps a tree of as many entries of the same length in its own
SQLite store, in a process of its own, and has no checkpoint, no state, and no signature to look
at."""


@contextmanager
def proofs(pace: Pace, folder: Path) -> Iterator[Subject]:
    """Fill a log in process, one that is served, and the peer's tree, if it is here."""
    size = _QUICK_SIZE if pace.quick else _SIZE
    with ExitStack() as stack:
        temporary = tempfile.TemporaryDirectory(prefix=".consentry-bench-", dir=folder)
        place = Path(stack.enter_context(temporary))
        log = stack.enter_context(open_registry(data_dir=place / "own", public_url=_URL))
        length = _fill(log, size)
        own = _Own(log)
        url, origin = stack.enter_context(served(place / "served"))
        peer: tuple[Case, ...] = ()
        remarks: tuple[str, ...] = ()
        try:
            peer = _peer_cases(stack.enter_context(_peer(place / "peer.db", size, length)), size)
        except NoPeerError as error:
            remarks = (f"{_PEER} was not measured: {error}.",)
        yield Subject(
            title="Proofs",
            text=_TEXT.format(size=size, known=_KNOWN, clients=_CLIENTS),
            cases=(*own.cases(), *_over_http(stack, url, origin), *peer),
            remarks=remarks,
        )


class _Own:
    """Our log, and proofs of places in it that chance draws."""

    def __init__(self, log: Registry) -> None:
        self._reader = log.reader
        self._tree = checkpoints.read(self._reader.checkpoint(), log_key=log.log_key)
        self._chance = Random(self._tree.size)  # noqa: S311 - which entries are looked at

    def cases(self) -> tuple[Case, ...]:
        return (
            Case(
                name="inclusion",
                run=self._prove,
                aim=5_000,
                lead=Lead(_TIMES, f"{_PEER}: inclusion"),
            ),
            Case(name="inclusion, verified", run=self._verify()),
        )

    def _prove(self, count: int) -> None:
        for _ in range(count):
            self._inclusion(self._draw())

    def _draw(self) -> int:
        return self._chance.randrange(self._tree.size)

    def _inclusion(self, index: int) -> Inclusion:
        return self._reader.inclusion(index, size=self._tree.size)

    def _verify(self) -> Callable[[int], None]:
        places = [self._draw() for _ in range(_SHOWN)]
        shown = [(leaf_hash(self._reader.entry(at)), self._inclusion(at)) for at in places]
        tree = self._tree

        def run(count: int) -> None:
            for number in range(count):
                leaf, proof = shown[number % _SHOWN]
                verify_inclusion(
                    leaf, index=proof.index, size=tree.size, path=proof.path, root=tree.root
                )

        return run


def _fill(log: Registry, size: int) -> int:
    """Append `size` grants or a few more; return how long an entry is."""
    counts = [_BATCH] * -(-size // _BATCH)
    total = 0
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as signing:
        for batch in signing.map(partial(sign_entries, log=log.origin), counts):
            require_taken(log.submit_all(batch))
            total += sum(map(len, batch))
    return total // (_BATCH * len(counts))


def _over_http(stack: ExitStack, url: str, origin: str) -> tuple[Case, Case]:
    entries = sign_entries(_KNOWN, log=origin)
    http = HttpClient(reach=Reach.ANY)
    stack.callback(http.close)
    require_taken(RegistryClient(http, url).submit_all(entries))
    gets = stack.enter_context(closing(Gets(url)))
    threads = stack.enter_context(ThreadPoolExecutor(_CLIENTS))
    paths = [f"/grants/{entry_id(entry)}" for entry in entries]

    def case(name: str, end: str, aim: float | None) -> Case:
        def run(count: int) -> None:
            wanted = [paths[number % _KNOWN] + end for number in range(count)]
            list(threads.map(gets.all, (wanted[first::_CLIENTS] for first in range(_CLIENTS))))

        return Case(name=name, run=run, clock=Clock.WALL, aim=aim)

    return case("evidence over HTTP", "", None), case("status over HTTP", "/status", 5_000)


@contextmanager
def _peer(path: Path, size: int, length: int) -> Iterator[PeerProcess]:
    if not _PYTHON.exists():
        raise NoPeerError("it is not installed (`make bench` does that)")
    with peer_process([str(_PYTHON), str(_WORKER)]) as peer:
        peer.ask(fill={"path": str(path), "size": size, "bytes": length})
        yield peer


def _peer_cases(peer: PeerProcess, size: int) -> tuple[Case, ...]:
    return tuple(
        Case(name=f"{_PEER}: {name}", run=peer.work(name, size), now=peer.spent)
        for name in ("inclusion", "inclusion, verified")
    )
