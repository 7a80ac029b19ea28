"""After a reconnect: how long it takes until the registry has every record that was queued."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Final, final

from consentry.bench.entries import sign_entries
from consentry.bench.measure import Case, Clock, Pace, Subject
from consentry.demo.processes import RoleProcess, free_port
from registry.client import RegistryClient
from registry.client.edge import DATABASE, Outbox, SqlOutboxStore
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.database import open_database
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.reach import Reach
from ssi_core.errors import UnavailableError

SIZES: Final = (50, 100, 200, 500, 1_000)
# HealthyBlock published 275 ms for 50 records and 802 ms for 1,000.
PUBLISHED: Final = {50: 0.275, 1_000: 0.802}
_AIM_SECONDS: Final = 0.275
_QUICK: Final = (50,)
_TEXT: Final = """\
So many signed grants wait in an outbox, in SQLite, marked as not sent. Then the registry is there
again: they are handed in over HTTP on this machine, validated, put into the tree and on the disk,
and the outbox remembers the place of each. Registry and sender are two processes and share the
machine's cores. HealthyBlock published 275 ms for 50 records and 802 ms for 1,000; the aim is 1,000
in 275 ms, which is 3,636 a second."""


@contextmanager
def synchronising(pace: Pace, *, folder: Path) -> Iterator[Subject]:
    """Prepare a registry, and one outbox for each number of records."""
    with ExitStack() as stack:
        place = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix=".consentry-bench-", dir=folder))
        ).resolve()
        process = RoleProcess(
            "registry", "registry", folder=place / "registry", settings={}, port=free_port()
        )
        process.start()
        stack.callback(process.stop)
        http = stack.enter_context(closing(HttpClient(timeout=30.0, reach=Reach.ANY)))
        client = RegistryClient(http, process.url)
        log = client.log().origin
        queues = [
            _Queue(stack, place / str(size), client, size=size, log=log)
            for size in (_QUICK if pace.quick else SIZES)
        ]
        yield Subject(
            title="Synchronising after a reconnect",
            text=_TEXT,
            cases=tuple(queue.case() for queue in queues),
            remarks=tuple(map(_remark, queues)),
        )


@final
class _Queue:
    """An outbox that is filled again, outside the time taken, whenever it was emptied."""

    def __init__(
        self, stack: ExitStack, folder: Path, client: RegistryClient, *, size: int, log: str
    ) -> None:
        folder.mkdir()
        engine = open_database(f"sqlite:///{folder / DATABASE}")
        stack.callback(engine.dispose)
        self.size = size
        self._outbox = Outbox(SqlOutboxStore(engine), SystemClock())
        self._client = client
        self._log = log
        self._fill()

    def case(self) -> Case:
        """Return the case: `size` records, of which each round uses up as many."""
        aim = self.size / _AIM_SECONDS if self.size == SIZES[-1] else None
        return Case(
            name=f"{self.size:,} records",
            run=self._send,
            clock=Clock.WALL,
            count=self.size,
            check=self._check_and_fill,
            aim=aim,
        )

    def _send(self, _count: int) -> None:
        self._outbox.drain(self._client)

    def _check_and_fill(self) -> None:
        if self._outbox.waiting() or self._outbox.refused():
            raise UnavailableError("the registry does not have every record")
        self._fill()

    def _fill(self) -> None:
        self._outbox.put_all(sign_entries(self.size, log=self._log))


def _remark(queue: _Queue) -> str:
    published = PUBLISHED.get(queue.size)
    return f"{queue.size:,} records at {queue.size / _AIM_SECONDS:,.0f} a second take 275 ms" + (
        "." if published is None else f"; published: {published * 1000:.0f} ms."
    )
