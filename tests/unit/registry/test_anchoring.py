"""What a registry that is anchored waits for before it takes entries, and what ends it."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from registry.adapters.sql import SqlLogStore
from registry.adapters.witness_file import FileWitnessMemory
from registry.ports import Anchored, SeenTree
from registry.service.anchoring import Anchoring
from registry.service.registry import LogKeys, Registry
from ssi_core.adapters.clock import FixedClock
from ssi_core.adapters.database import open_database
from ssi_core.errors import ConflictError, LogProofError, RejectedError, UnavailableError
from tests.support.registry import AT, ORIGIN, grant, signer
from tests.support.waiting import LONG, eventually

KEYS = LogKeys(log=signer("log"), witness=signer("witness"), did_witness=signer("did"))


class Chain:
    """An anchor next door, which can be away, slow, or not admit the log."""

    def __init__(self) -> None:
        self.tree: SeenTree | None = None
        self.is_away = False
        self.admits = True
        self.asked = 0
        self.may_answer = Event()
        self.may_answer.set()

    def seen(self) -> SeenTree | None:
        assert self.may_answer.wait(LONG)
        self.asked += 1
        if self.is_away:
            raise UnavailableError("the node did not answer")
        return self.tree

    def anchor(self, tree: SeenTree) -> Anchored:
        if self.is_away:
            raise UnavailableError("the node did not answer")
        if not self.admits:
            raise RejectedError("the log is not admitted")
        if self.tree is not None and self.tree.size >= tree.size:
            raise ConflictError("the anchor holds more")
        self.tree = tree
        return Anchored(tree, "0x1")


@contextmanager
def opened(folder: Path, chain: Chain) -> Iterator[Registry]:
    """The registry whose log, and whose own witness's memory, is in `folder`."""
    engine = open_database(f"sqlite:///{folder / 'log.db'}")
    store = SqlLogStore(engine)
    with closing(Anchoring(chain, store=store, every=timedelta(seconds=0.01))) as anchoring:
        registry = Registry(
            store,
            origin=ORIGIN,
            public_url="http://localhost:8100",
            keys=KEYS,
            memory=FileWitnessMemory(folder / "witness"),
            clock=FixedClock(AT),
            anchoring=anchoring,
        )
        with registry:
            yield registry
    engine.dispose()


def holds(chain: Chain, size: int) -> None:
    """Wait until the chain holds a tree of that size."""

    def look() -> None:
        assert chain.tree is not None
        assert chain.tree.size == size

    eventually(look)


def has_been_asked(chain: Chain, *, times: int) -> None:
    """Wait until the chain was asked so often."""

    def look() -> None:
        assert chain.asked >= times

    eventually(look)


def refuses(registry: Registry) -> LogProofError:
    """Wait until the registry refuses for good, and return why."""

    def look() -> LogProofError:
        with pytest.raises(LogProofError) as refusal:
            registry.require_writable()
        return refusal.value

    return eventually(look)


def test_no_entry_is_taken_before_the_anchor_has_answered(tmp_path: Path):
    chain = Chain()
    chain.may_answer.clear()

    with opened(tmp_path, chain) as registry:
        with pytest.raises(UnavailableError, match="until the anchor has answered"):
            registry.submit(grant().raw)
        size = registry.reader.size()
        chain.may_answer.set()
        eventually(registry.require_writable)
        receipt = registry.submit(grant().raw)

    assert (size, receipt.index) == (0, 0)


def test_an_anchor_that_is_away_is_asked_until_it_answers(tmp_path: Path):
    chain = Chain()
    chain.is_away = True

    with opened(tmp_path, chain) as registry:
        has_been_asked(chain, times=3)
        with pytest.raises(UnavailableError):
            registry.submit(grant().raw)
        chain.is_away = False
        eventually(registry.require_writable)

        assert registry.submit(grant().raw).index == 0


def test_an_anchor_that_goes_away_later_holds_nothing_up(tmp_path: Path):
    chain = Chain()
    with opened(tmp_path, chain) as registry:
        eventually(registry.require_writable)
        chain.is_away = True
        asked = chain.asked
        registry.submit(grant("first").raw)
        has_been_asked(chain, times=asked + 1)

        receipt = registry.submit(grant("second").raw)

    assert receipt.index == 2


def test_an_anchor_that_holds_nothing_of_the_log_has_answered(tmp_path: Path):
    chain = Chain()
    chain.admits = False

    with opened(tmp_path, chain) as registry:
        eventually(registry.require_writable)

        assert registry.submit(grant().raw).index == 0


def test_a_backup_with_its_witnesss_memory_takes_nothing_where_the_anchor_knows_better(
    tmp_path: Path,
):
    chain, folder, kept = Chain(), tmp_path / "folder", tmp_path / "kept"
    folder.mkdir()
    with opened(folder, chain) as registry:
        eventually(registry.require_writable)
        registry.submit(grant("before").raw)
        holds(chain, 2)
    shutil.copytree(folder, kept)
    with opened(folder, chain) as registry:
        eventually(registry.require_writable)
        registry.submit(grant("forgotten").raw)
        holds(chain, 4)
    chain.may_answer.clear()

    with opened(kept, chain) as registry:
        # Its own witness finds nothing wrong, so without the anchor it would go on.
        registry.reader.see()
        with pytest.raises(UnavailableError):
            registry.submit(grant("fork").raw)
        chain.may_answer.set()
        refuses(registry)
        with pytest.raises(LogProofError, match="shorter than its anchor"):
            registry.submit(grant("fork").raw)
        size = registry.reader.size()

    assert size == 2
    holds(chain, 4)


def test_a_log_that_the_anchor_saw_go_another_way_takes_nothing_for_good(tmp_path: Path):
    chain, other = Chain(), Chain()
    one, fork = tmp_path / "one", tmp_path / "fork"
    one.mkdir()
    fork.mkdir()
    with opened(one, chain) as registry:
        eventually(registry.require_writable)
        registry.submit(grant("one way").raw)
        holds(chain, 2)
    with opened(fork, other) as registry:
        eventually(registry.require_writable)
        registry.submit(grant("another way").raw)
        registry.submit(grant("and on").raw)

    with opened(fork, chain) as registry:
        refuses(registry)
        chain.tree = None

        with pytest.raises(LogProofError, match="does not begin with the tree"):
            registry.submit(grant("more").raw)
