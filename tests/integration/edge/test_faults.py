"""An outbox and a real registry with a bad network between them: nothing lost, nothing twice."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest

from registry.client import RegistryClient
from registry.client.edge import Outbox, SqlOutboxStore
from registry.client.edge.item import ItemState, Waiting
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.database import open_database
from ssi_core.adapters.http import HttpClient
from ssi_core.errors import UnavailableError
from tests.support.faulty_proxy import Fault, FaultyProxy
from tests.support.registry import grant
from tests.support.registry_server import RegistryServer

ENTRIES = 25
ROUNDS = 60
KILLS = int(os.environ.get("CONSENTRY_DRILL_EDGE_KILLS", "12"))
"""How often a sender is killed: 12 in CI, and as many as you like in a drill."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    with RegistryServer(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture
def proxy(server: RegistryServer) -> Iterator[FaultyProxy]:
    with FaultyProxy(seed=5) as listening:
        listening.target = server.url.replace("localhost", "127.0.0.1")
        yield listening


@pytest.fixture
def origin(server: RegistryServer) -> str:
    return origin_of(server)


def origin_of(server: RegistryServer) -> str:
    """Return the name of the log."""
    with closing(HttpClient()) as http:
        return RegistryClient(http, server.url).log().origin


def raws(name: str, count: int, origin: str) -> list[bytes]:
    return [grant(f"{name} {number}", log=origin).raw for number in range(count)]


def logged(server: RegistryServer, wanted: list[bytes]) -> list[bytes]:
    """Return those of `wanted` that the log has, as often and in the order that it has them."""
    with closing(HttpClient()) as http:
        client, found = RegistryClient(http, server.url), list[bytes]()
        while page := client.entries(len(found)):
            found += page
    mine = set(wanted)
    return [raw for raw in found if raw in mine]


def opened(folder: Path) -> tuple[Any, Outbox]:
    engine = open_database(f"sqlite:///{folder / 'edge.db'}")
    return engine, Outbox(SqlOutboxStore(engine), SystemClock())


@pytest.mark.parametrize("fault", [f for f in Fault if f is not Fault.CUT])
def test_whatever_the_network_does_the_log_has_each_entry_once_and_in_order(
    server: RegistryServer, proxy: FaultyProxy, tmp_path: Path, fault: Fault
) -> None:
    origin = origin_of(server)
    engine, outbox = opened(tmp_path)
    entries = raws(fault, ENTRIES, origin)
    proxy.fault = fault

    with closing(HttpClient(timeout=20)) as http:
        registry = RegistryClient(http, proxy.url)
        for raw in entries:
            outbox.put(raw)
            # A network is at its worst when much small traffic is on the way.
            outbox.drain(registry)
        for _ in range(ROUNDS):
            if outbox.drain(registry).problem is None:
                break

    assert outbox.waiting() == 0
    assert logged(server, entries) == entries
    if fault is not Fault.NONE and fault is not Fault.SLOW:
        assert sum(proxy.counts.values()) > 5
    indexes = [outbox.find(Waiting.of(raw).leaf) for raw in entries]
    assert [item.state for item in indexes if item is not None] == [ItemState.SENT] * ENTRIES
    engine.dispose()


def test_what_is_put_while_the_line_is_cut_is_marked_not_sent_and_outlives_the_process(
    server: RegistryServer, proxy: FaultyProxy, origin: str, tmp_path: Path
) -> None:
    entries = raws("cut", ENTRIES, origin)
    proxy.fault = Fault.CUT
    with closing(HttpClient()) as http:
        registry = RegistryClient(http, proxy.url)
        engine, outbox = opened(tmp_path)
        for raw in entries:
            outbox.put(raw)
        report = outbox.drain(registry)
        engine.dispose()

        assert isinstance(report.problem, UnavailableError)
        engine, outbox = opened(tmp_path)
        assert [item.entry for item in outbox.queued()] == entries
        assert logged(server, entries) == []
        proxy.fault = Fault.NONE
        assert outbox.drain(registry).problem is None
        engine.dispose()

    assert logged(server, entries) == entries


def send_and_put(folder: Path, url: str, entries: list[bytes]) -> None:
    """Put every entry that is not there yet, and send; the parent kills this at any moment."""
    engine, outbox = opened(folder)
    with closing(HttpClient(timeout=5)) as http:
        registry = RegistryClient(http, url)
        for raw in entries:
            outbox.put(raw)
            outbox.drain(registry)
    engine.dispose()


def test_a_sender_that_is_killed_at_any_step_loses_nothing_and_sends_nothing_twice(
    server: RegistryServer, proxy: FaultyProxy, origin: str, tmp_path: Path
) -> None:
    entries = raws("killed", ENTRIES, origin)
    spawn, killed = multiprocessing.get_context("fork"), 0
    random = Random(11)  # noqa: S311 - when to kill, and the same each time
    for _ in range(KILLS):
        child = spawn.Process(target=send_and_put, args=(tmp_path, proxy.url, entries))
        child.start()
        child.join(random.uniform(0.05, 0.4))
        if child.pid is not None and child.is_alive():
            os.kill(child.pid, signal.SIGKILL)
            killed += 1
        child.join(20)

    assert killed > 0
    send_and_put(tmp_path, proxy.url, entries)

    engine, outbox = opened(tmp_path)
    assert outbox.waiting() == 0
    assert logged(server, entries) == entries
    places = [outbox.find(Waiting.of(raw).leaf) for raw in entries]
    assert [item.index for item in places if item is not None] == sorted(
        item.index for item in places if item is not None and item.index is not None
    )
    engine.dispose()
