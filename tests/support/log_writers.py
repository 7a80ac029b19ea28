"""Writers that hand in entries while the database dies, and what has to be there afterwards."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Event, Timer
from typing import Final

from registry.app import open_log
from registry.client import RegistryClient
from registry.client.registry_client import SubmitReceipt
from registry.service.fsck import SoundLog, fsck
from ssi_core.adapters.http import HttpClient
from ssi_core.errors import ConflictError, UnavailableError
from tests.support.registry import grant

# How many entries each writer hands in at a time.
SIZES: Final = (1, 1, 40)
# What a server holds, asked of its tables: a standby takes no writes, so no log is opened on it.
HELD: Final = (
    "SELECT size FROM log_head",
    "SELECT root FROM log_head",
    "SELECT md5(string_agg(encode(raw, 'hex'), ',' ORDER BY number)) FROM log_entry",
)


@dataclass
class Writers:
    """Threads that hand in entries until the registry cannot say any more what became of them."""

    http: HttpClient
    url: str
    origin: str
    acknowledged: dict[bytes, int] = field(default_factory=dict)
    names: Iterator[int] = field(default_factory=count)

    def write(self, seconds: float, then: Callable[[], None]) -> None:
        """Write for so long, do `then`, and return once every writer has met a failure."""
        dead = Event()

        def end() -> None:
            then()
            dead.set()

        timer = Timer(seconds, end)
        timer.start()
        with ThreadPoolExecutor(len(SIZES)) as pool:
            for found in pool.map(lambda size: self._until(dead, size), SIZES):
                self.acknowledged |= found
        timer.join()

    def _until(self, dead: Event, size: int) -> dict[bytes, int]:
        registry, found = RegistryClient(self.http, self.url), dict[bytes, int]()
        while not dead.is_set():
            batch = [grant(f"{next(self.names)}", log=self.origin).raw for _ in range(size)]
            try:
                outcomes = registry.submit_all(batch)
            except UnavailableError:
                break
            for raw, outcome in zip(batch, outcomes, strict=True):
                if isinstance(outcome, SubmitReceipt):
                    found[raw] = outcome.index
                else:
                    assert isinstance(outcome, UnavailableError | ConflictError), outcome
        return found


def audited(url: str, folder: Path) -> SoundLog:
    """Make tree and state again from the entries in a database."""
    with open_log(data_dir=folder, database=url) as store:
        return fsck(store)


def require_all_there(registry: RegistryClient, acknowledged: dict[bytes, int]) -> list[bytes]:
    """Return all entries, each of which is there once and where it was said to be."""
    raws: list[bytes] = []
    while more := registry.entries(len(raws)):
        raws += more
    assert len(set(raws)) == len(raws)
    for raw, index in acknowledged.items():
        assert raws[index] == raw
    return raws
