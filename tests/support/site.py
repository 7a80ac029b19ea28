"""A web server on this machine that serves what a test puts there, and counts."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ssi_core.adapters.problem_details import MEDIA_TYPE, render
from ssi_core.errors import SsiError


@dataclass
class Site:
    """What is served under which path, and how often it was asked for."""

    url: str = ""
    bodies: dict[str, bytes] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    problems: dict[str, SsiError] = field(default_factory=dict)


@contextmanager
def serving() -> Iterator[Site]:
    """A site while it is up; what it has is for the test to say."""
    served = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.requests.append(self.path)
            body = served.bodies.get(self.path)
            status = 200 if body is not None else 404
            media_type = served.types.get(self.path, "text/plain")
            if (problem := served.problems.get(self.path)) is not None:
                answer = render(problem)
                body, status, media_type = bytes(answer.body), answer.status_code, MEDIA_TYPE
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield served
    server.shutdown()
    thread.join()
    server.server_close()
