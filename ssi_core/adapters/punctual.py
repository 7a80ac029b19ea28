"""TCP and TLS that go where they may, and whose waits all end by one deadline."""

import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any, Final, final

import httpcore

from ssi_core.adapters.lookup import Lookup, PunctualLookup, system_lookup
from ssi_core.adapters.reach import Reach

_SLICE: Final = 65_536
_MAX_ADDRESSES: Final = 16


@final
class PunctualBackend(httpcore.NetworkBackend):
    """A network for `httpcore` that knows when the calling thread's exchange must be over.

    A timeout per read would let a peer that sends one byte at a time hold us for ever. A name is
    looked up once: the addresses that are checked against `reach` are those connected to.
    """

    def __init__(self, reach: Reach = Reach.ANY, lookup: Lookup = system_lookup) -> None:
        self._sockets = httpcore.SyncBackend()
        self._exchange = _Exchange()
        self._reach = reach
        self._lookup = PunctualLookup(lookup)

    def begin(self, seconds: float) -> None:
        """Give this thread `seconds` from now for the exchange that it begins."""
        self._exchange.ends = time.monotonic() + seconds

    def begin_attempt(self) -> None:
        """Forget how the last attempt got its connection: see `connected`."""
        self._exchange.connected = False

    @property
    def connected(self) -> bool:
        """Whether this thread's last attempt opened a connection, and did not find one open."""
        return self._exchange.connected

    def connect_tcp(  # noqa: PLR0917 - the library's signature
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Open a connection within what is left of the exchange, to an address within reach.

        Raises `RejectedError` if `host` has an address that is not. TLS is still for `host`.
        """
        del timeout
        self._exchange.connected = True
        left = self._exchange.left(httpcore.ConnectTimeout)
        found = self._reach.require(self._lookup.find(host, port, seconds=left), host=host)
        waiting = list(found[:_MAX_ADDRESSES])
        while waiting:
            address = waiting.pop(0)
            # Each gets its share, so that a dead one does not use up the time of the others.
            left = self._exchange.left(httpcore.ConnectTimeout) / (1 + len(waiting))
            try:
                stream = self._sockets.connect_tcp(
                    address, port, left, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if not waiting:
                    raise
            else:
                return _PunctualStream(stream, self._exchange)
        raise httpcore.ConnectError("the name has no address")


class _Exchange(threading.local):
    """What the calling thread is in the middle of."""

    ends: float = 0.0
    connected: bool = False

    def left(self, late: type[httpcore.TimeoutException]) -> float:
        """Return the seconds that are left; raise `late` when there are none."""
        seconds = self.ends - time.monotonic()
        if seconds <= 0:
            raise late
        return seconds


@final
class _PunctualStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, exchange: _Exchange) -> None:
        self._stream = stream
        self._exchange = exchange

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        del timeout
        return self._stream.read(max_bytes, self._exchange.left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        del timeout
        for start in range(0, len(buffer), _SLICE):
            left = self._exchange.left(httpcore.WriteTimeout)
            self._stream.write(buffer[start : start + _SLICE], left)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        del timeout
        left = self._exchange.left(httpcore.ConnectTimeout)
        stream = self._stream.start_tls(ssl_context, server_hostname, left)
        return _PunctualStream(stream, self._exchange)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
