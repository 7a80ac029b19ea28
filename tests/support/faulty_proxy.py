"""A proxy that hands HTTP requests on as a bad network would; its faults come from a seed."""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from http.server import BaseHTTPRequestHandler
from random import Random
from threading import Lock
from typing import Final

import httpx

from tests.support.stalling_proxy import StallingProxy

_DROPPED: Final = frozenset({"host", "connection", "content-length", "transfer-encoding"})
_SLOW_SECONDS: Final = 0.15
_SLOW_PARTS: Final = 4


class Fault(StrEnum):
    """What a network can do to requests and answers."""

    NONE = "none"
    CUT = "cut"
    """No connection lasts: every request is lost before it arrives."""
    SLOW = "slow"
    """Everything arrives, late and in pieces."""
    LOSSY = "lossy"
    """Some requests never arrive, and some answers break off in the middle."""
    DUPLICATED = "duplicated"
    """Every request arrives twice."""
    REORDERED = "reordered"
    """A copy of every request arrives again, after the request that follows it."""


class FaultyProxy(StallingProxy):
    """Listens on a free port of its own; `fault` may change at any time."""

    def __init__(self, seed: int) -> None:
        self.fault = Fault.NONE
        self.counts: dict[str, int] = dict.fromkeys(("lost", "broken_off", "twice", "late"), 0)
        self._random = Random(seed)  # noqa: S311 - a test's, and the same each time
        self._late: list[tuple[str, str, bytes, dict[str, str]]] = []
        self._guard = Lock()
        super().__init__()

    def loses(self) -> bool:
        """Say whether the network loses what comes next; one in three, in a lossy one."""
        with self._guard:
            return self._random.random() < 1 / 3

    def count(self, what: str) -> None:
        """Note that something happened, so that a test can tell that it did."""
        with self._guard:
            self.counts[what] += 1

    def deliver(self, request: BaseHTTPRequestHandler) -> httpx.Response | None:
        """Hand a request on, as often and in the order that the fault wants; nothing if lost."""
        body = request.rfile.read(int(request.headers.get("content-length") or 0))
        headers = {n: v for n, v in request.headers.items() if n.lower() not in _DROPPED}
        copy = (request.command, request.path, body, headers)
        if self.fault is Fault.LOSSY and self.loses():
            self.count("lost")
            return None
        if self.fault is Fault.SLOW:
            time.sleep(_SLOW_SECONDS)
        if self.fault is Fault.DUPLICATED:
            self.count("twice")
            self._send(copy)
        answer = self._send(copy)
        if self.fault is Fault.REORDERED:
            self._send_late(copy)
        return answer

    def _send(self, copy: tuple[str, str, bytes, dict[str, str]]) -> httpx.Response:
        method, path, body, headers = copy
        return self._client.request(method, self.target + path, content=body, headers=headers)

    def _send_late(self, copy: tuple[str, str, bytes, dict[str, str]]) -> None:
        with self._guard:
            earlier, self._late = self._late, [copy]
        for each in earlier:
            self.count("late")
            self._send(each)

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        """Do with one request and its answer what the fault wants."""
        if self.fault is Fault.CUT:
            _break_off(request)
            return
        try:
            answer = self.deliver(request)
        except httpx.HTTPError:
            answer = None
        if answer is None:
            _break_off(request)
            return
        self._answer(request, answer)

    def _answer(self, request: BaseHTTPRequestHandler, answer: httpx.Response) -> None:
        request.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in _DROPPED:
                request.send_header(name, value)
        request.send_header("content-length", str(len(answer.content)))
        request.end_headers()
        if self.fault is Fault.LOSSY and self.loses():
            self.count("broken_off")
            request.wfile.write(answer.content[: len(answer.content) // 2])
            _break_off(request)
            return
        for part in _parts(answer.content, self.fault):
            request.wfile.write(part)

    def _requests(self) -> Callable[..., BaseHTTPRequestHandler]:
        proxy = self

        class Request(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                proxy.serve(self)

            do_POST = do_GET  # noqa: N815 - the library's word

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's word
                del format, args

        return Request


def _break_off(request: BaseHTTPRequestHandler) -> None:
    request.close_connection = True
    with suppress(OSError):
        request.wfile.flush()
        request.connection.shutdown(socket.SHUT_RDWR)


def _parts(content: bytes, fault: Fault) -> list[bytes]:
    if fault is not Fault.SLOW:
        return [content]
    size = max(1, -(-len(content) // _SLOW_PARTS))
    return [content[start : start + size] for start in range(0, len(content), size)]
