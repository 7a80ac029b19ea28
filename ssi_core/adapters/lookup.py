"""Finding the addresses of a host, within a time: a stranger chose whose name servers answer."""

import queue
import socket
import threading
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Final, TypeAlias, final

_MAX_WAITING: Final = 64

Lookup: TypeAlias = Callable[[str, int], Sequence[str]]
"""Finds the IP addresses of a host, for a port; raises `OSError` where there are none."""


def system_lookup(host: str, port: int) -> Sequence[str]:
    """Return the addresses that this machine's resolver has for `host`, each once."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_rest, address in found))


@final
class PunctualLookup:
    """A `Lookup` that can be given up on. The system's cannot be interrupted, so a thread waits.

    No more than 64 threads do, or `most`; who comes then waits for one of them, within its time.
    """

    def __init__(self, lookup: Lookup, *, most: int = _MAX_WAITING) -> None:
        self._lookup = lookup
        self._free = threading.BoundedSemaphore(most)

    def find(self, host: str, port: int, *, seconds: float) -> Sequence[str]:
        """Return what the lookup finds within `seconds`; raise `TimeoutError` if it does not."""
        if _is_address(host):
            return (host,)
        if not self._free.acquire(timeout=seconds):
            raise TimeoutError
        answer: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()
        asking = (host, port, answer)
        threading.Thread(target=self._ask, args=asking, daemon=True, name="lookup").start()
        try:
            found = answer.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError from None
        if isinstance(found, Exception):
            raise found
        return found

    def _ask(
        self, host: str, port: int, answer: "queue.SimpleQueue[Sequence[str] | Exception]"
    ) -> None:
        try:
            answer.put(self._lookup(host, port))
        except Exception as error:  # noqa: BLE001 - it is raised where it was waited for
            answer.put(error)
        finally:
            self._free.release()


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
