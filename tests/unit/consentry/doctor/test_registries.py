"""What is said of the way to the registry, and of what waits for it."""

import json
import socket
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from consentry.doctor.finding import Verdict
from consentry.doctor.network import Address, PortFacts, look_at_network
from consentry.doctor.registries import (
    OutboxFacts,
    judge_outbox,
    judge_presence,
    judge_registry,
    look_at_outboxes,
    look_at_registries,
)
from registry.client.edge import DATABASE, Outbox, Refused, SqlOutboxStore
from ssi_core.adapters.clock import FixedClock
from ssi_core.adapters.database import open_database
from tests.support.registry import AT, grant
from tests.support.registry_server import RegistryServer

SETTING = "CONSENTRY_ISSUER_REGISTRY_URL"
ADDRESS = Address("CONSENTRY_ISSUER_PORT", "127.0.0.1", 8101)
NOW = AT + timedelta(hours=3, minutes=5)


def presence(**health: Any) -> list[tuple[Verdict, str]]:
    facts = PortFacts(address=ADDRESS, free=False, health={"status": "ok", **health})
    return [(each.verdict, each.found) for each in judge_presence(facts, at=NOW)]


@pytest.mark.parametrize(
    ("state", "verdict"),
    [("online", Verdict.GOOD), ("offline", Verdict.WARNING), ("unknown", Verdict.WARNING)],
)
def test_a_service_that_runs_says_for_how_long_and_how_many_wait(
    state: str, verdict: Verdict
) -> None:
    told = presence(registry=state, since=AT.isoformat(), not_sent=4)

    assert told == [(verdict, f"{state} for 3 hours; not sent: 4")]


def test_one_that_sends_nothing_says_how_long_only() -> None:
    assert presence(registry="offline", since=AT.isoformat()) == [
        (Verdict.WARNING, "offline for 3 hours")
    ]


@pytest.mark.parametrize(
    "health",
    [{}, {"registry": "offline"}, {"registry": 1, "since": AT.isoformat()}]
    + [{"registry": "offline", "since": said} for said in ("x", 7, None, "2026-11-21T09:30:00")],
)
def test_who_says_nothing_of_a_registry_or_nonsense_is_not_judged(health: dict[str, Any]) -> None:
    assert presence(**health) == []


def test_what_a_service_says_is_read_from_it() -> None:
    said = json.dumps({"status": "ok", "registry": "offline", "since": AT.isoformat()}).encode()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _address = listener.accept()
            with connection:
                connection.recv(65_536)
                head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(said)}\r\n\r\n"
                connection.sendall(head.encode() + said)

        threading.Thread(target=answer, daemon=True).start()
        (port,) = look_at_network(
            [Address("CONSENTRY_ISSUER_PORT", "127.0.0.1", listener.getsockname()[1])]
        ).ports

    (finding,) = judge_presence(port, at=NOW)
    assert (finding.verdict, finding.found) == (Verdict.WARNING, "offline for 3 hours")


def test_a_registry_that_answers_is_good_and_each_is_asked_once(tmp_path: Path) -> None:
    with RegistryServer(tmp_path) as server:
        names = {SETTING: server.url, "CONSENTRY_WALLET_REGISTRY_URL": server.url}

        (facts,) = look_at_registries(names)

    assert (facts.setting, judge_registry(facts).verdict) == (SETTING, Verdict.GOOD)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "no url", "http://127.0.0.1:99999"])
def test_a_registry_that_does_not_answer_is_a_warning(url: str) -> None:
    (facts,) = look_at_registries({SETTING: url})

    finding = judge_registry(facts)

    assert finding.verdict is Verdict.WARNING
    assert "does not answer" in finding.found


def outbox_of(folder: Path, *names: str, refused: bool = False) -> OutboxFacts:
    with closing(_Engine(folder)) as opened:
        outbox = Outbox(opened.store, FixedClock(AT))
        for item in outbox.put_all([grant(name).raw for name in names]):
            if refused:
                opened.store.settle([Refused(item.leaf, "conflict", "second", AT)])
    (facts,) = look_at_outboxes([folder, folder / "other"])
    return facts


class _Engine:
    def __init__(self, folder: Path) -> None:
        self._engine = open_database(f"sqlite:///{folder / DATABASE}")
        self.store = SqlOutboxStore(self._engine)

    def close(self) -> None:
        self._engine.dispose()


def test_an_outbox_says_how_many_wait_and_for_how_long(tmp_path: Path) -> None:
    finding = judge_outbox(outbox_of(tmp_path, "a", "b"), at=NOW)

    assert finding.verdict is Verdict.WARNING
    assert finding.found == "not sent: 2, the oldest for 3 hours"


def test_an_outbox_says_how_many_were_refused(tmp_path: Path) -> None:
    finding = judge_outbox(outbox_of(tmp_path, "a", refused=True), at=NOW)

    assert (finding.verdict, finding.found) == (Verdict.WARNING, "not sent: 0; refused: 1")


def test_an_outbox_in_which_nothing_waits_is_good(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()

    assert judge_outbox(outbox_of(tmp_path, "a"), at=NOW).verdict is Verdict.WARNING
    assert judge_outbox(OutboxFacts(folder=tmp_path), at=NOW).verdict is Verdict.GOOD
    assert list(look_at_outboxes([tmp_path / "none"])) == []


def test_an_outbox_that_cannot_be_read_is_wrong(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(b"not a database" * 100)

    (facts,) = look_at_outboxes([tmp_path])

    assert judge_outbox(facts, at=NOW).verdict is Verdict.WRONG
