"""A registry that has more to do than it can says so at once, and loses nothing by it."""

from http import HTTPStatus
from threading import Event

from starlette.testclient import TestClient

from registry.adapters.memory import MemoryLogStore, MemoryWitnessMemory
from registry.app import create_app
from registry.ports import Batch
from registry.service.registry import LogKeys, Registry
from registry.service.sequencer import Pace
from ssi_core.adapters.clock import FixedClock
from tests.support.passing_store import PassingStore
from tests.support.registry import AT, ORIGIN, grant, signer


class Halted(PassingStore):
    """A store that does not come back from an append until it may."""

    def __init__(self) -> None:
        super().__init__(MemoryLogStore())
        self.free = Event()

    def append(self, batch: Batch) -> None:
        """Store the batch, later."""
        self.free.wait(30)
        self.real.append(batch)

    def size(self) -> int:
        """Return how many entries the log has."""
        with self.real.snapshot() as log:
            head = log.head()
        return 0 if head is None else head.size


def test_beyond_its_bound_a_registry_answers_429_and_says_when_to_come_again():
    store = Halted()
    keys = LogKeys(log=signer("log"), witness=signer("witness"), did_witness=signer("did"))
    registry = Registry(
        store,
        origin=ORIGIN,
        public_url="http://localhost:8100",
        keys=keys,
        memory=MemoryWitnessMemory(),
        clock=FixedClock(AT),
        pace=Pace(max_waiting=2),
    )
    with registry, TestClient(create_app(registry)) as client:
        waiting = registry.begin([grant("a").raw, grant("b").raw])

        single = client.post("/entries", content=grant("c").raw)
        batch = client.post(
            "/entries/batch",
            content=grant("c").raw,
            headers={"Content-Type": "application/x-ndjson"},
        )

        store.free.set()
        waiting.result()
        later = client.post("/entries", content=grant("c").raw)

    for answer in (single, batch):
        assert answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
        assert answer.json()["type"] == "urn:consentry:problem:overloaded"
        assert int(answer.headers["Retry-After"]) > 0
    assert later.status_code == HTTPStatus.CREATED
    assert store.size() > 3
