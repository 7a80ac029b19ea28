"""A server that does exactly what a test wants, byte by byte, on a real socket; and its clients."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

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


@pytest.fixture
def clients() -> Iterator[Callable[..., HttpClient]]:
    """Make clients; all of them are closed with the test."""
    made: list[HttpClient] = []

    def make(**given: Any) -> HttpClient:
        made.append(HttpClient(**given))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def certificate_for(tmp_path: Path) -> Callable[[x509.GeneralName], tuple[Path, Path]]:
    """Make files of a self-signed certificate for one name, and of its key."""

    def make(name: x509.GeneralName) -> tuple[Path, Path]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a test")])
        now = datetime(2026, 1, 1, tzinfo=UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now)
            .not_valid_after(now + timedelta(days=36_500))
            .add_extension(x509.SubjectAlternativeName([name]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        certificate_path, key_path = tmp_path / "certificate.pem", tmp_path / "key.pem"
        certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        key_path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return certificate_path, key_path

    return make
