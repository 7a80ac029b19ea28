"""A proxy that hands requests on, and holds one of them for ever when a test says so."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Literal, Self

import httpx

When = Literal["before", "after"]
_DROPPED: Final = frozenset({"host", "connection", "content-length", "transfer-encoding"})


@dataclass(frozen=True)
class Stall:
    """Hold the requests whose path begins so: before the server gets them, or before it answers."""

    method: str
    path: str
    when: When


class StallingProxy:
    """Listens on a free port of its own, which is what others know the server by."""

    def __init__(self) -> None:
        self.target = ""
        self.stall: Stall | None = None
        self.reached = threading.Event()
        self.answered = threading.Event()
        self.seen: list[tuple[str, str]] = []
        self._released = threading.Event()
        self._client = httpx.Client(timeout=20, trust_env=False)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._requests())
        self._server.daemon_threads = True
        self.url = f"http://localhost:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def hold(self, stall: Stall) -> None:
        """Hold what `stall` names from now on."""
        self.stall = stall
        self.reached.clear()
        self._released.clear()

    def release(self) -> None:
        """Hold nothing any more; what was held is dropped."""
        self.stall = None
        self._released.set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.release()
        self._server.shutdown()
        self._server.server_close()
        self._client.close()

    def wait_if(self, request: BaseHTTPRequestHandler, when: When) -> bool:
        """Hold the request if it is the one; return whether it was held."""
        stall = self.stall
        if stall is None or (request.command, when) != (stall.method, stall.when):
            return False
        if not request.path.startswith(stall.path):
            return False
        self.reached.set()
        self._released.wait(60)
        return True

    def forward(self, request: BaseHTTPRequestHandler) -> httpx.Response:
        """Hand a request on to the server."""
        self.seen.append((request.command, request.path))
        body = request.rfile.read(int(request.headers.get("content-length") or 0))
        headers = {n: v for n, v in request.headers.items() if n.lower() not in _DROPPED}
        return self._client.request(
            request.command, self.target + request.path, content=body, headers=headers
        )

    def _requests(self) -> Callable[..., BaseHTTPRequestHandler]:
        proxy = self

        class Request(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if proxy.wait_if(self, "before"):
                    return
                answer = proxy.forward(self)
                if proxy.wait_if(self, "after"):
                    return
                self.send_response(answer.status_code)
                for name, value in answer.headers.items():
                    if name.lower() not in _DROPPED:
                        self.send_header(name, value)
                self.send_header("content-length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)
                proxy.answered.set()

            do_POST = do_GET  # noqa: N815 - the library's word

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's word
                del format, args

        return Request
