"""What a batch is told of how far each of its entries has come."""

import pytest
from fastapi.testclient import TestClient

from registry.adapters.memory import MemoryLogStore, MemoryWitnessMemory
from registry.app import create_app
from registry.service.publication import Oversight
from registry.service.registry import LogKeys, Registry
from ssi_core.adapters.clock import FixedClock
from tests.support.registry import AT, ORIGIN, grant, signer

KEYS = LogKeys(log=signer("log"), witness=signer("witness"), did_witness=signer("did"))
NDJSON = {"Content-Type": "application/x-ndjson"}
BATCH = [grant(name).raw for name in ("a", "b", "c")]


def opened(*, anchored: int = 0) -> Registry:
    return Registry(
        MemoryLogStore(),
        origin=ORIGIN,
        public_url="http://localhost:8100",
        keys=KEYS,
        memory=MemoryWitnessMemory(),
        clock=FixedClock(AT),
        oversight=Oversight(anchored=lambda: anchored),
    )


@pytest.mark.parametrize("anchored", range(4))
def test_each_entry_of_a_batch_is_told_how_far_it_has_come(anchored):
    # In another order than they came, and with one that is refused.
    again = b"\n".join([BATCH[2], b"junk", BATCH[0], BATCH[1]])
    with opened(anchored=anchored) as registry, TestClient(create_app(registry)) as client:
        client.post("/entries/batch", content=b"\n".join(BATCH), headers=NDJSON)

        results = client.post("/entries/batch", content=again, headers=NDJSON).json()["results"]

    states = {item["index"]: item["state"] for item in results if "index" in item}
    assert states == {n: "anchored" if n < anchored else "published" for n in range(3)}


def test_a_batch_of_which_all_are_refused_is_told_so():
    with opened() as registry, TestClient(create_app(registry)) as client:
        answer = client.post("/entries/batch", content=b"junk\nrubbish", headers=NDJSON)

    assert [item["status"] for item in answer.json()["results"]] == [400, 400]
