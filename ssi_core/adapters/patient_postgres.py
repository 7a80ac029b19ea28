"""A PostgreSQL connection that does not wait for ever for an answer."""

import math
import os
import socket
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any, final

import psycopg


@final
class PatientConnection(psycopg.Connection[Any]):
    """Hangs up on a server that has not answered after `patience` seconds.

    A server whose synchronous standby is away waits for it at a commit without an end. Then nobody
    can tell whether the commit will be there, and the caller has to be told so. A
    `statement_timeout` would be wrong: a wait that the server itself gives up counts as a success
    on one server alone. And a server that is frozen, or whose disk is, would keep its clients for
    ever after another one has taken its place.
    """

    patience: float = 15.0

    def wait(self, gen: Any, *rest: Any, **options: Any) -> Any:
        """Wait for the server, or raise the driver's `OperationalError` when it takes too long."""
        return super().wait(self._patiently(gen), *rest, **options)

    @contextmanager
    def unhurried(self) -> Iterator[None]:
        """Wait as long as it takes, meanwhile."""
        patience, self.patience = self.patience, math.inf
        try:
            yield
        finally:
            self.patience = patience

    def _patiently(self, gen: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        # The driver comes back with nothing several times a second while nothing has come.
        end = monotonic() + self.patience
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and monotonic() > end:
                    _shut_down(self.fileno())
                wanted = gen.send(ready)
        except StopIteration as done:
            return done.value


def _shut_down(number: int) -> None:
    with suppress(OSError), socket.socket(fileno=os.dup(number)) as connection:
        connection.shutdown(socket.SHUT_RDWR)
