"""A server that does exactly what a test wants, byte by byte, on a real socket."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeAlias

import pytest

from ssi_core.adapters.http import HttpClient

Script: TypeAlias = Callable[[socket.socket, int], None]
Starter: TypeAlias = Callable[..., "ScriptedServer"]


class ScriptedServer:
    """Runs `script(connection, number)` for each connection, numbered from 0, in a thread each."""

    def __init__(self, script: Script, *, port: int = 0) -> None:
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.connections: list[socket.socket] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def kill(self) -> None:
        """Do what the kernel does for a killed process: close every socket."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join()
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            number = len(self.connections) - 1
            threading.Thread(target=self._run, args=(connection, number), daemon=True).start()

    def _run(self, connection: socket.socket, number: int) -> None:
        with suppress(OSError):
            self._script(connection, number)


@pytest.fixture
def scripted() -> Iterator[Starter]:
    """Start a `ScriptedServer`; all of them end with the test."""
    started: list[ScriptedServer] = []

    def start(script: Script, *, port: int = 0) -> ScriptedServer:
        server = ScriptedServer(script, port=port)
        started.append(server)
        return server

    yield start
    for server in started:
        server.kill()


@pytest.fixture
def read_request() -> Callable[[socket.socket], bytes]:
    """Read one request, head and body as far as Content-Length says; empty at the end."""

    def read(connection: socket.socket) -> bytes:
        head = b""
        while b"\r\n\r\n" not in head:
            part = connection.recv(65_536)
            if not part:
                return b""
            head += part
        start, _, body = head.partition(b"\r\n\r\n")
        lengths = [
            int(line.split(b":")[1])
            for line in start.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        ]
        while len(body) < sum(lengths):
            body += connection.recv(65_536)
        return start + b"\r\n\r\n" + body

    return read


@pytest.fixture
def answering(read_request: Callable[[socket.socket], bytes]) -> Callable[..., Script]:
    """Make a script that gives these answers on each connection, and keeps the requests."""

    def make(*answers: bytes, seen: list[bytes]) -> Script:
        def script(connection: socket.socket, _number: int) -> None:
            for answer in answers:
                request = read_request(connection)
                if not request:
                    return
                seen.append(request)
                connection.sendall(answer)
            while read_request(connection):
                pass

        return script

    return make


@pytest.fixture
def client() -> Iterator[HttpClient]:
    """A client that stops at 10,000 bytes."""
    client = HttpClient(timeout=5.0, max_bytes=10_000)
    yield client
    client.close()
