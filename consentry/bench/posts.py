"""A client that does as little as HTTP lets it, so that the server is what is measured."""

import json
import threading
from collections.abc import Sequence
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Final, final
from urllib.parse import urlsplit

_TIMEOUT: Final = 60.0
_TAKEN: Final = (200, 201)
_NOT_ALLOWED: Final = 405


@final
class Posts:
    """One connection for each thread that uses it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._place = (parts.hostname or "", parts.port or 80)
        self._own = threading.local()
        self._opened: list[HTTPConnection] = []

    def close(self) -> None:
        """Close every thread's connection."""
        for connection in self._opened:
            connection.close()

    def one(self, entry: bytes) -> None:
        """Hand in one entry; raise if it was not taken."""
        status, _ = self._post("/entries", entry, "application/json")
        if status not in _TAKEN:
            raise RuntimeError("an entry was not taken")

    def many(self, entries: Sequence[bytes]) -> None:
        """Hand in entries at once; raise if any was not taken."""
        status, body = self._post("/entries/batch", b"\n".join(entries), "application/x-ndjson")
        # A strict reading of so much would take a tenth of the time, and not the server's.
        taken = [item for item in json.loads(body).get("results", ()) if "index" in item]
        if status not in _TAKEN or len(taken) != len(entries):
            raise RuntimeError("some entries were not taken")

    def nothing(self, entry: bytes) -> None:
        """Post one entry to where nothing is done with it: no route takes posts there."""
        status, _ = self._post("/log", entry, "application/json")
        if status != _NOT_ALLOWED:
            raise RuntimeError("something was done")

    def expect(self, path: str, body: bytes) -> None:
        """Post JSON to somebody else's server; raise if it does not say OK."""
        status, _ = self._post(path, body, "application/json")
        if status != HTTPStatus.OK:
            raise RuntimeError("a post was not taken")

    def _post(self, path: str, body: bytes, kind: str) -> tuple[int, bytes]:
        headers = {"Content-Type": kind}
        connection = self._connection()
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
        except (HTTPException, OSError):
            # The server closes what has been idle, and what was sent twice is one entry.
            connection.close()
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
        return answer.status, answer.read()

    def _connection(self) -> HTTPConnection:
        if not hasattr(self._own, "connection"):
            self._own.connection = HTTPConnection(*self._place, timeout=_TIMEOUT)
            self._opened.append(self._own.connection)
        connection: HTTPConnection = self._own.connection
        return connection
