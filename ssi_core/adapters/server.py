"""Serve an application on one address, saying when it is ready, and stop it cleanly."""

import gc
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, final

import uvicorn
from fastapi import FastAPI, Request

from ssi_core.adapters.safe_url import is_loopback, safe_url
from ssi_core.errors import AuthenticationError, MalformedError, UnavailableError

_BACKLOG: Final = 2048
_GRACE_SECONDS: Final = 5
# How long a thread may keep others from running; they take turns, with each row of a database too.
_TURN_SECONDS: Final = 0.0005
# How many new objects there are before garbage is searched for. A thousand entries make ten times
# as many, and no garbage: to search after every 700, as usual, takes a twentieth of the time.
_NEW_OBJECTS: Final = 20_000
_STOPPING: Final = (signal.SIGINT, signal.SIGTERM)


def bind(host: str, port: int) -> socket.socket:
    """Take the address, so that its port is known before the application is built; 0 is any."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # Until it listens, another process could take the same address.
        listener.listen(_BACKLOG)
    except (OSError, OverflowError, UnicodeError, TypeError):
        # Not only OSError: a port can be too large, and a host name no host name.
        listener.close()
        raise UnavailableError("the address is in use, or not ours") from None
    return listener


def public_url_of(listener: socket.socket, configured: str | None) -> str:
    """Return the URL that others use: the configured one, or this machine's own name and port.

    Whoever listens beyond this machine must say under which https URL: others refuse plain http.
    """
    if configured:
        url = safe_url(configured)
        if url.query or url.fragment:
            raise MalformedError("a public URL has no query and no fragment")
        return configured.rstrip("/")
    host, port = listener.getsockname()[:2]
    if not is_loopback(host):
        raise MalformedError("listening beyond this machine needs a public URL, with https")
    return f"http://localhost:{port}"


def serve(app: FastAPI, listener: socket.socket, *, role: str, public_url: str) -> None:
    """Run `app` until SIGTERM or SIGINT; print `ready <role> <url>` once it answers.

    Returns when the last answer has been given, or after some seconds of waiting for it.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    server = _AnnouncingServer(config, lambda: _announce(role, public_url))
    # A hundred thousand objects, of modules and routes, stay as long as the process does. To search
    # them for garbage again and again, and at the end, would each time stop everything, for 60 ms
    # or more. Nothing is collected first, which would take as long; hence never thawed either.
    gc.freeze()
    try:
        with _outliving_signals(server), _in_short_turns(), _seldom_searched():
            server.run(sockets=[listener])
    except SystemExit:
        raise UnavailableError("the service could not start") from None
    finally:
        listener.close()
    if not server.started:
        raise UnavailableError("the service could not start")


def require_bearer(request: Request, token: str) -> None:
    """Return if the request carries `token` (RFC 6750 section 2.1); raise if not.

    An empty token is nobody's, and opens nothing.
    """
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    same = secrets.compare_digest(given.encode("latin-1"), token.encode())
    if scheme.lower() != "bearer" or not token or not same:
        raise AuthenticationError("this needs the administrator's token")


@contextmanager
def _outliving_signals(server: uvicorn.Server) -> Iterator[None]:
    """Return to our caller after a signal, which the server library raises again at its end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, server.handle_exit) for number in _STOPPING}
    try:
        yield
    finally:
        for number, way in before.items():
            signal.signal(number, way)


@contextmanager
def _in_short_turns() -> Iterator[None]:
    """Let no other thread hold up answers for long."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


@contextmanager
def _seldom_searched() -> Iterator[None]:
    """Have the garbage collector search less often among what is new."""
    usual = gc.get_threshold()
    gc.set_threshold(_NEW_OBJECTS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _announce(role: str, public_url: str) -> None:
    sys.stdout.write(f"ready {role} {public_url}\n")
    sys.stdout.flush()


@final
class _AnnouncingServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._announce()
