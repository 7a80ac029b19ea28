"""A PostgreSQL connection that does not wait for ever for what it commits."""

import os
import socket
from contextlib import suppress
from threading import Lock, Timer
from typing import Any, final

import psycopg


@final
class PatientConnection(psycopg.Connection[Any]):
    """Hangs up on a server that has not confirmed a commit after `patience` seconds.

    A server whose synchronous standby is away waits for it without an end. Then nobody can tell
    whether the commit will be there, and the caller has to be told so. A `statement_timeout` would
    be wrong: a wait that the server itself gives up counts as a success on one server alone.
    """

    patience: float = 15.0

    def commit(self) -> None:
        """Commit, or raise the driver's `OperationalError` when it takes too long."""
        lock, over = Lock(), False

        def hang_up() -> None:
            with lock:
                if not over:
                    _shut_down(self.fileno())

        timer = Timer(self.patience, hang_up)
        timer.daemon = True
        timer.start()
        try:
            super().commit()
        finally:
            # Under the lock, so that no connection is cut that is already somebody else's.
            with lock:
                over = True
            timer.cancel()


def _shut_down(number: int) -> None:
    with suppress(OSError), socket.socket(fileno=os.dup(number)) as connection:
        connection.shutdown(socket.SHUT_RDWR)
