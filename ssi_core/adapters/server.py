"""Serve an application on one address, saying when it is ready, and stop it cleanly."""

import secrets
import socket
import sys
from collections.abc import Callable
from typing import Final

import uvicorn
from fastapi import FastAPI, Request

from ssi_core.adapters.http import is_loopback
from ssi_core.errors import AuthenticationError, UnavailableError

_BACKLOG: Final = 2048


def bind(host: str, port: int) -> socket.socket:
    """Take the address, so that its port is known before the application is built; 0 is any."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise UnavailableError("the address is in use, or not ours") from None
    return listener


def public_url_of(listener: socket.socket, configured: str | None) -> str:
    """Return the URL that others use: the configured one, or this machine's own name and port."""
    if configured:
        return configured.rstrip("/")
    host, port = listener.getsockname()[:2]
    name = "localhost" if is_loopback(host) else host
    return f"http://{name}:{port}"


def serve(app: FastAPI, listener: socket.socket, *, role: str, public_url: str) -> None:
    """Run `app` until SIGTERM or SIGINT; print `ready <role> <url>` once it answers."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=5,
    )
    server = _AnnouncingServer(config, lambda: _announce(role, public_url))
    server.run(sockets=[listener])


def require_bearer(request: Request, token: str) -> None:
    """Return if the request carries `token` (RFC 6750 section 2.1); raise if not."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secrets.compare_digest(given.encode(), token.encode()):
        raise AuthenticationError("this needs the administrator's token")


def _announce(role: str, public_url: str) -> None:
    sys.stdout.write(f"ready {role} {public_url}\n")
    sys.stdout.flush()


class _AnnouncingServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce()
