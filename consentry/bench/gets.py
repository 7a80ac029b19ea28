"""A client that asks for pages and does as little as HTTP lets it, as `posts` does for posts."""

import socket
import threading
from collections.abc import Sequence
from typing import Final, final
from urllib.parse import urlsplit

_OK: Final = b"HTTP/1.1 200 "
_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"
_MOST: Final = 65_536
_TIMEOUT: Final = 60.0


@final
class Gets:
    """One connection for each thread that uses it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._place = (parts.hostname or "", parts.port or 80)
        self._own = threading.local()
        self._opened: list[socket.socket] = []

    def close(self) -> None:
        """Close every thread's connection."""
        for connection in self._opened:
            connection.close()

    def all(self, paths: Sequence[str]) -> None:
        """Get each, one after another; raise if one is not there."""
        for path in paths:
            try:
                self._get(path)
            except ConnectionError:
                # The server closes what has been idle.
                del self._own.connection
                self._get(path)

    def _get(self, path: str) -> None:
        connection = self._connection()
        host = f"{self._place[0]}:{self._place[1]}"
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        _read(connection)

    def _connection(self) -> socket.socket:
        if not hasattr(self._own, "connection"):
            self._own.connection = socket.create_connection(self._place, timeout=_TIMEOUT)
            self._opened.append(self._own.connection)
        connection: socket.socket = self._own.connection
        return connection


def _read(connection: socket.socket) -> None:
    got = b""
    while _END not in got:
        got += _more(connection)
    head, _, body = got.partition(_END)
    if not head.startswith(_OK):
        raise RuntimeError("it is not there")
    told = next(line for line in head.lower().split(b"\r\n") if line.startswith(_LENGTH))
    missing = int(told.partition(b":")[2]) - len(body)
    while missing > 0:
        missing -= len(_more(connection))


def _more(connection: socket.socket) -> bytes:
    got = connection.recv(_MOST)
    if not got:
        raise ConnectionError("the server closed it")
    return got
