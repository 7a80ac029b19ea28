"""An organisation that is cut off, as processes: what it signs is sent once, or it is told."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from registry.client import RegistryClient
from registry.client.edge.chained import BUILDS_ON_REFUSED
from registry.client.organisation import Organisation
from registry.model.envelope import Entry
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.keystore import KeyStore
from ssi_core.encoding import base64url_encode
from tests.support.faulty_proxy import Fault, FaultyProxy
from tests.support.organisation_desk import TYPE, ask, say
from tests.support.registry_server import RegistryServer
from tests.support.wallet_stage import environment

FAULTS = [Fault.LOSSY, Fault.DUPLICATED, Fault.REORDERED]
TRIES = 20


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RegistryServer]:
    with RegistryServer(tmp_path / "registry") as running:
        yield running


@pytest.fixture
def line(server: RegistryServer) -> Iterator[FaultyProxy]:
    with FaultyProxy(seed=7) as listening:
        listening.target = server.url.replace("localhost", "127.0.0.1")
        yield listening


def logged(server: RegistryServer) -> list[Entry]:
    """Return what was handed in and is in the log."""
    with closing(HttpClient()) as http:
        found = [Entry.parse(raw) for raw in RegistryClient(http, server.url).entries(0)]
    return [each for each in found if each.type.value != "state.snapshot"]


def kinds(server: RegistryServer) -> list[str]:
    return [each.type.value for each in logged(server)]


def run(command: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run one of the registry's commands, as an operator would."""
    program = "from consentry.cli import run; run()"
    words = [sys.executable, "-c", program, "registry", command, *arguments]
    return subprocess.run(  # noqa: S603 - our own program
        words, env=environment(), capture_output=True, text=True, timeout=60, check=False
    )


def say_elsewhere(folder: Path, url: str, *wishes: str) -> None:
    """Let the same organisation, with the same keys, say `wishes` at a desk that has a line."""
    with closing(HttpClient()) as http:
        organisation = Organisation.open(
            "authority",
            keystore=KeyStore.unlock(folder / "keys"),
            registry=RegistryClient(http, url),
            clock=SystemClock(),
        )
        for wish in wishes:
            say(organisation, wish)


def waiting(folder: Path, *arguments: str) -> tuple[Any, "subprocess.CompletedProcess[str]"]:
    """Return what the operator is shown of the outbox, and how the command ended."""
    done = run("waiting", "--data-dir", str(folder), *arguments)
    return json.loads(done.stdout), done


def test_what_three_processes_signed_while_cut_off_is_sent_once_and_in_order(
    server: RegistryServer, line: FaultyProxy, tmp_path: Path
) -> None:
    folder = tmp_path / "authority"
    assert ask(folder, line.url, "publish:0").returncode == 0
    line.fault = Fault.CUT

    first = ask(folder, line.url, "rotate", "accredit", "publish:1")
    second = ask(folder, line.url, "publish:2", "rotate")
    given = run(
        *("accredit", "--registry", line.url, "--data-dir", str(folder), "--type", TYPE),
    )

    assert [each.returncode for each in (first, second, given)] == [0, 0, 0]
    assert "not sent: 6" in given.stderr
    shown, _ = waiting(folder)
    order = [
        *("did.op", "accredit.grant", "status.publish"),
        *("status.publish", "did.op", "accredit.grant"),
    ]
    assert [item["type"] for item in shown["queued"]] == order
    assert kinds(server) == ["did.op", "status.publish"]

    line.fault = Fault.NONE
    after, done = waiting(folder, "--registry", line.url)
    again, _ = waiting(folder, "--registry", line.url)

    assert done.returncode == 0, done.stderr
    assert after == again == {"queued": [], "refused": [], "dismissed": []}
    assert kinds(server) == ["did.op", "status.publish", *order]
    published = [each for each in logged(server) if each.type.value == "status.publish"]
    assert [each.members["seq"] for each in published] == [0, 1, 2]
    assert given.stdout.strip() == logged(server)[-1].members["id"]


def test_who_lost_while_cut_off_is_told_and_nothing_is_dropped_or_signed_again(
    server: RegistryServer, line: FaultyProxy, tmp_path: Path
) -> None:
    folder = tmp_path / "authority"
    assert ask(folder, line.url, "publish:0").returncode == 0
    line.fault = Fault.CUT
    assert ask(folder, line.url, "rotate", "publish:1").returncode == 0
    assert ask(folder, line.url, "rotate", "accredit", "publish:2").returncode == 0
    say_elsewhere(folder, server.url, "rotate", "publish:3")
    winners = logged(server)[-2:]
    line.fault = Fault.NONE

    shown, done = waiting(folder, "--registry", line.url)

    assert done.returncode == 1
    assert "conflict" in done.stderr
    assert shown["queued"] == []
    refused = shown["refused"]
    assert [item["type"] for item in refused] == ["did.op", "status.publish"] * 2
    assert {item["code"] for item in refused} == {"conflict"}
    with closing(HttpClient()) as http:
        registry = RegistryClient(http, server.url)
        won = [Entry.parse(registry.entry(item["entry"])) for item in refused]
    assert [each.raw for each in won] == [each.raw for each in winners] * 2
    assert [item["reason"] == BUILDS_ON_REFUSED for item in refused] == [False, False, True, True]
    assert [item.get("after") for item in refused[2:]] == [item["leaf"] for item in refused[:2]]
    # What built on neither was sent, and nothing else.
    assert kinds(server)[-3:] == ["did.op", "status.publish", "accredit.grant"]
    lost = {item["leaf"] for item in refused}
    assert not lost & {base64url_encode(each.leaf) for each in logged(server)}

    said = run("rotate", "--registry", line.url, "--data-dir", str(folder))

    assert said.returncode == 0, said.stderr
    assert "refused: 4" in said.stderr
    assert kinds(server)[-1] == "did.op"
    assert waiting(folder)[0]["refused"] == refused

    dismissed, _ = waiting(folder, *(f"--dismiss={item['leaf']}" for item in refused))
    after = run("rotate", "--registry", line.url, "--data-dir", str(folder))

    assert dismissed == {"queued": [], "refused": [], "dismissed": refused}
    assert (after.returncode, "refused" in after.stderr) == (0, False)
    assert waiting(folder)[0]["dismissed"] == refused


def test_what_may_still_be_sent_cannot_be_dismissed(
    server: RegistryServer, line: FaultyProxy, tmp_path: Path
) -> None:
    folder = tmp_path / "authority"
    assert ask(folder, line.url, "publish:0").returncode == 0
    line.fault = Fault.CUT
    assert ask(folder, line.url, "rotate").returncode == 0
    shown, _ = waiting(folder)
    (queued,) = shown["queued"]

    refusals = [
        run("waiting", "--data-dir", str(folder), f"--dismiss={leaf}")
        for leaf in (queued["leaf"], "A" * 43, "no leaf")
    ]

    assert [each.returncode for each in refusals] == [1, 1, 1]
    assert "only an entry that was refused" in refusals[0].stderr
    assert "Traceback" not in "".join(each.stderr for each in refusals)
    assert waiting(folder)[0] == shown
    line.fault = Fault.NONE
    assert waiting(folder, "--registry", line.url)[0]["queued"] == []
    assert kinds(server)[-1] == "did.op"


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_bad_network_makes_an_organisation_say_nothing_twice(
    server: RegistryServer, line: FaultyProxy, tmp_path: Path, fault: Fault
) -> None:
    folder = tmp_path / "authority"
    assert ask(folder, line.url, "publish:0").returncode == 0
    line.fault = fault

    said = ask(folder, line.url, "rotate", "accredit", "publish:1", "rotate")
    tries = (waiting(folder, "--registry", line.url)[0] for _ in range(TRIES))
    done = next(shown for shown in tries if not shown["queued"])

    assert said.returncode == 0, said.stderr
    assert done == {"queued": [], "refused": [], "dismissed": []}
    order = ["did.op", "accredit.grant", "status.publish", "did.op"]
    assert kinds(server) == ["did.op", "status.publish", *order]


def test_what_is_for_one_log_is_not_offered_to_another(
    server: RegistryServer, line: FaultyProxy, tmp_path: Path
) -> None:
    folder = tmp_path / "authority"
    assert ask(folder, line.url, "publish:0").returncode == 0
    line.fault = Fault.CUT
    assert ask(folder, line.url, "rotate").returncode == 0

    away = run("waiting", "--data-dir", str(folder), "--registry", line.url)
    with RegistryServer(tmp_path / "other") as other:
        wrong = run("waiting", "--data-dir", str(folder), "--registry", other.url)
        told = run("rotate", "--data-dir", str(folder), "--registry", other.url)

    assert away.returncode == 3
    assert (wrong.returncode, told.returncode) == (1, 1)
    assert "another log" in wrong.stderr
    assert "another log" in told.stderr
    assert [item["type"] for item in waiting(folder)[0]["queued"]] == ["did.op"]
    assert kinds(server) == ["did.op", "status.publish"]
