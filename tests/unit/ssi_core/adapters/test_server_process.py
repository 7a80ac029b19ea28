import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PLANTED = "Zebulon-Planted"
PROGRAM = """
import asyncio
import gc
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from fastapi import FastAPI
from ssi_core.adapters import logging, problem_details
from ssi_core.adapters.server import bind, public_url_of, serve

folder, port, failing = Path(sys.argv[1]), int(sys.argv[2]), len(sys.argv) > 3

@asynccontextmanager
async def lifespan(app):
    if failing:
        raise RuntimeError("Zebulon-Planted")
    yield

logging.configure("clinic")
app = FastAPI(lifespan=lifespan)
problem_details.install(app)

@app.get("/bug")
def bug(name: str) -> None:
    raise KeyError(name)

@app.get("/task")
async def task(name: str) -> str:
    async def fail() -> None:
        raise KeyError(name)
    asyncio.get_running_loop().create_task(fail())
    await asyncio.sleep(0)
    return "ok"

@app.get("/prompt")
async def prompt() -> list[float]:
    return [gc.get_freeze_count(), sys.getswitchinterval(), gc.get_threshold()[0]]

@app.get("/slow")
async def slow() -> str:
    (folder / "begun").touch()
    await asyncio.sleep(0.5)
    return "done"

listener = bind("127.0.0.1", port)
url = public_url_of(listener, None)
serve(app, listener, role="clinic", public_url=url)
(folder / "cleaned-up").touch()
"""


class Service:
    """A service in a process of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self._errors = (folder / "errors").open("wb")
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-c", PROGRAM, str(folder), *arguments],
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        assert self.process.stdout is not None
        self.ready = self.process.stdout.readline()
        self.url = self.ready.split(" ")[-1].strip()

    @property
    def errors(self) -> str:
        return (self.folder / "errors").read_text()

    def end(self) -> int:
        if self.process.poll() is None:
            self.process.kill()
        status = self.process.wait(20)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._errors.close()
        return status


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    services: list[Service] = []

    def start(*arguments: str) -> Service:
        services.append(Service(tmp_path, *(arguments or ("0",))))
        return services[-1]

    yield start
    for service in services:
        service.end()


def test_a_service_says_where_it_answers_once_it_does(
    start: Callable[..., Service], client
) -> None:
    service = start()

    answer = client.get(f"{service.url}/openapi.json")

    assert service.ready == f"ready clinic {service.url}\n"
    assert service.url.startswith("http://localhost:")
    assert answer.ok
    assert "server" not in answer.headers


def test_an_answer_waits_neither_for_the_garbage_collector_nor_long_for_a_thread(
    start: Callable[..., Service], client
) -> None:
    frozen, turn, searched_after = json.loads(client.get(f"{start().url}/prompt").body)

    assert frozen > 10_000
    assert turn < 0.001
    assert searched_after > 10_000


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_service_gives_its_last_answer_cleans_up_and_ends_well(
    start: Callable[..., Service], number: signal.Signals, tmp_path: Path
) -> None:
    service = start()
    host, port = service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while not (tmp_path / "begun").exists():
            time.sleep(0.01)

        service.process.send_signal(number)
        answer = b""
        while part := connection.recv(65_536):
            answer += part

    assert service.process.wait(20) == 0
    assert answer.endswith(b'"done"')
    assert (tmp_path / "cleaned-up").exists()


def test_a_service_that_was_killed_can_take_its_port_again(
    start: Callable[..., Service], client
) -> None:
    first = start()
    port = first.url.rsplit(":", 1)[1]
    client.get(f"{first.url}/openapi.json")

    first.process.send_signal(signal.SIGKILL)
    first.process.wait(20)
    second = start(port)

    assert second.url == first.url
    assert client.get(f"{first.url}/openapi.json").ok


def test_a_service_that_cannot_start_never_says_that_it_answers(
    start: Callable[..., Service], tmp_path: Path
) -> None:
    service = start("0", "failing")

    status = service.process.wait(20)

    assert service.ready == ""
    assert status != 0
    assert not (tmp_path / "cleaned-up").exists()
    assert PLANTED not in service.errors
    assert "UnavailableError" in service.errors


def test_a_bug_tells_neither_the_caller_nor_the_log_what_it_was_about(
    start: Callable[..., Service], client
) -> None:
    service = start()

    answer = client.get(f"{service.url}/bug?name={PLANTED}")
    client.get(f"{service.url}/task?name={PLANTED}")
    service.process.terminate()
    service.process.wait(20)

    assert answer.status == 500
    assert PLANTED.encode() not in answer.body
    assert PLANTED not in service.errors
    events = [json.loads(line) for line in service.errors.splitlines()]
    assert events[0]["event"] == "unexpected"
    assert (events[0]["kind"], events[0]["route"]) == ("KeyError", "/bug")
    assert "__main__:" in events[0]["trace"]


@pytest.mark.parametrize(
    "junk",
    [
        b"\x00\xff\r\n\r\n",
        b"GET /" + PLANTED.encode() + b"\r\n\r\n",
        b"GET /bug HTTP/1.1\r\nHost: a\r\nContent-Length: " + PLANTED.encode() + b"\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
        b"POST /bug HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    ],
)
def test_junk_on_the_wire_is_answered_and_the_service_goes_on(
    start: Callable[..., Service], junk: bytes, client
) -> None:
    service = start()
    port = int(service.url.rsplit(":", 1)[1])

    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(junk)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(65_536)

    assert answer == b"" or answer.split(b" ")[1].startswith(b"4")
    assert client.get(f"{service.url}/openapi.json").ok
    assert PLANTED not in service.errors
