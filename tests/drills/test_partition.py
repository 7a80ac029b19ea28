"""A replica that is cut off for long, takes writes all the while, and comes back.

CONSENTRY_DRILL_PARTITION_WRITES says how many entries it is handed meanwhile (300 if not given; the
drill is 10,000), CONSENTRY_DRILL_PARTITION_SECONDS for how long it is cut off (1; the drill is
1,800).
"""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from registry.client import RegistryClient
from registry.model.signed_note import SignedNote
from ssi_core.adapters.http import HttpClient
from ssi_core.errors import UnavailableError
from tests.support.registry import grant
from tests.support.registry_server import RegistryServer
from tests.support.replica_server import ReplicaServer
from tests.support.severed import SeveredWay

WRITES = int(os.environ.get("CONSENTRY_DRILL_PARTITION_WRITES", "300"))
SECONDS = float(os.environ.get("CONSENTRY_DRILL_PARTITION_SECONDS", "1"))
BATCH = 100
NOW = datetime.now(UTC)  # noqa: TID251 - real processes have real clocks


def batches(log: str, name: str, count: int) -> Iterator[list[bytes]]:
    raws = [grant(f"{name} {number}", log=log, start=NOW).raw for number in range(count)]
    return (raws[start : start + BATCH] for start in range(0, count, BATCH))


def everything(client: RegistryClient) -> list[bytes | None]:
    found: list[bytes | None] = []
    while page := client.entries(len(found)):
        found += page
    return found


def tree_of(client: RegistryClient) -> str:
    return SignedNote.parse(client.checkpoint()).text


def test_what_was_written_on_both_sides_of_a_cut_is_there_once_in_order_and_everywhere(
    tmp_path: Path,
):
    http = HttpClient(timeout=60)
    with RegistryServer(tmp_path / "registry") as server, SeveredWay(server.url) as way:
        client = RegistryClient(http, server.url)
        log = client.log()
        with ReplicaServer(tmp_path / "replica", source=way.url, vkey=log.vkey) as replica:
            replica.wait_until(lambda said: said["state"] == "following")
            way.cut()
            replica.wait_until(lambda said: said["state"] == "cut_off")
            end = time.monotonic() + SECONDS
            queued: list[bytes] = []
            for batch in batches(log.origin, "far", WRITES):
                outcomes = replica.client.submit_all(batch)
                assert all(isinstance(outcome, UnavailableError) for outcome in outcomes)
                queued += batch
            for batch in batches(log.origin, "near", WRITES // 10):
                client.submit_all(batch)
            replica.kill()
            replica.start()
            assert replica.ask("/healthz")[0]["waiting"] == WRITES
            time.sleep(max(0.0, end - time.monotonic()))

            began = time.monotonic()
            way.mend()
            replica.wait_until(lambda said: said["waiting"] == 0, patience=60 + WRITES / 20)
            replica.wait_until(lambda said: f"\n{said['size']}\n" in tree_of(client))
            taken = time.monotonic() - began
            print(f"{WRITES} entries there after {taken:.2f} s")  # noqa: T201 - what it is for

            raws = everything(client)
            places = {raw: place for place, raw in enumerate(raws) if raw is not None}
            assert len(places) == len(raws)
            assert [places[raw] for raw in queued] == sorted(places[raw] for raw in queued)
            assert everything(replica.client) == raws
            assert tree_of(replica.client) == tree_of(client)
            assert replica.ask("/entries/queued")[0] == {"queued": [], "refused": []}
    http.close()
