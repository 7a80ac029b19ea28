"""The replica's composition root."""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final, final

from fastapi import FastAPI

from registry.adapters.proof_workers import ProofWorkers
from registry.adapters.replica_files import FileReplicaMemory
from registry.adapters.sql import PAGE_BYTES, SqlLogStore
from registry.api.asked_most import ASKED_MOST
from registry.api.dids import did_routes
from registry.api.entries import entry_routes
from registry.api.evidence import evidence_routes
from registry.api.proofs import proof_routes
from registry.api.replica import AgeHeader, replica_routes
from registry.api.tiles import tile_routes
from registry.api.trust import trust_routes
from registry.api.witness import witness_routes
from registry.client import RegistryClient
from registry.client.edge import DATABASE as OUTBOX
from registry.client.edge import Outbox, Pace, Sentinel, SqlOutboxStore
from registry.client.registry_client import SubmitReceipt
from registry.client.source import HttpSource
from registry.model.signed_note import VerifierKey
from registry.ports import Clock
from registry.service.cosigner import Cosigner
from registry.service.dropping_ports import DroppableLogStore
from registry.service.hosting import FOLDER, Hosting
from registry.service.replica.approvals import HeardApproval
from registry.service.replica.follower import Follower
from registry.service.replica.replica import Replica
from registry.service.replica.source import Belief
from registry.service.replica.whole import WholeCheckpoints
from registry.service.replica.write_ports import Drained
from registry.service.replica.writes import Writes
from registry.service.sequencer import Outcome, Receipt
from registry.web.routes import explorer_routes
from ssi_core.adapters import direct_route, logging, problem_details
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.database import open_database
from ssi_core.adapters.files import make_folder
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.keystore import KeyStore
from ssi_core.adapters.reach import Reach
from ssi_core.did.syntax import Did
from ssi_core.did.webvh import log_url
from ssi_core.errors import LogProofError, SsiError
from ssi_core.json_types import JsonObject
from ssi_core.strict_json import as_text

_DATABASE: Final = "replica.db"
_KEYS: Final = "replica.keys"
_BOUND: Final = timedelta(seconds=60)
_TIMEOUT: Final = 10.0
# Seconds between two looks for a source that is out of reach.
_FIRST: Final = 0.25
_MOST: Final = 2.0
_SCID: Final = "Q" * 46


@contextmanager
def open_replica(
    *,
    source_url: str,
    data_dir: Path,
    belief: Belief,
    database: str | None = None,
    workers: int | None = None,
    bound: timedelta = _BOUND,
    passphrase: str | None = None,
    clock: Clock | None = None,
) -> Iterator[Replica]:
    """Open the replica in `data_dir`, or begin it, which takes the source's being reached once.

    `belief` says which checkpoints are the log's. What it was handed and does not show within
    `bound` is kept as evidence.
    """
    make_folder(data_dir)
    signer = KeyStore.unlock(data_dir / _KEYS, passphrase=passphrase).ed25519("replica")
    log_key = belief.log_key
    clock = clock or SystemClock()
    count = (os.cpu_count() or 1) - 1 if workers is None else workers
    outbox_engine = open_database(f"sqlite:///{data_dir / OUTBOX}")
    http = HttpClient(timeout=_TIMEOUT, reach=Reach.ANY)
    memory = FileReplicaMemory(data_dir)
    try:
        source = HttpSource(http, source_url)
        description = _description(memory, source.client, log_key)
        outbox = Outbox(SqlOutboxStore(outbox_engine), clock)
        with (
            open_replica_log(data_dir=data_dir, database=database) as kept,
            closing(ProofWorkers(count)) as verifier,
        ):
            store = WholeCheckpoints(kept)
            replica = Replica(
                store,
                Follower(
                    store.whole,
                    source,
                    origin=log_key.name,
                    trust=belief.trust,
                    verify=verifier.verify,
                    clock=clock,
                ),
                belief=belief,
                hosting=_hosting(store, description, memory, source.client, clock=clock),
                memory=memory,
                writes=Writes(
                    store,
                    outbox,
                    _Upstream(source.client, outbox),
                    origin=log_key.name,
                    verify=verifier.verify,
                    late=memory,
                    bound=bound,
                    signer=signer,
                    clock=clock,
                ),
                clock=clock,
                journal=logging.event,
            )
            with closing(replica):
                yield replica
    finally:
        http.close()
        outbox_engine.dispose()


@contextmanager
def open_replica_log(*, data_dir: Path, database: str | None = None) -> Iterator[DroppableLogStore]:
    """Open the log that the replica in `data_dir` keeps, without its source."""
    location = database or f"sqlite:///{data_dir / _DATABASE}"
    engine = open_database(location, page_bytes=PAGE_BYTES)
    try:
        yield SqlLogStore(engine)
    finally:
        engine.dispose()


def watching(replica: Replica, *, every: float, clock: Clock | None = None) -> Sentinel:
    """Return what follows the source, and sends what waits, for as long as it is open."""
    return Sentinel(
        replica.probe,
        clock=clock or SystemClock(),
        each_time=(replica.send_waiting,),
        pace=Pace(calm=every, first=min(every, _FIRST), most=max(every, _MOST)),
    )


def create_app(
    replica: Replica, *, mirror: Cosigner | None = None, max_body_bytes: int = 2_097_152
) -> FastAPI:
    """Return the replica as an ASGI application: the log's read API, and what waits here.

    With `mirror` logs can have it cosign what it has stored, as they ask a witness.
    """
    app = FastAPI(title="Replica", docs_url=None, redoc_url=None)
    problem_details.install(app, max_body_bytes=max_body_bytes)
    app.include_router(replica_routes(replica))
    app.include_router(entry_routes(replica))
    app.include_router(proof_routes(replica))
    app.include_router(tile_routes(replica))
    app.include_router(evidence_routes(replica))
    app.include_router(trust_routes(replica))
    app.include_router(explorer_routes(replica))
    app.include_router(did_routes(replica))
    if mirror is not None:
        app.include_router(witness_routes(mirror))
    direct_route.put_first(app, *ASKED_MOST, max_body_bytes=max_body_bytes)
    app.add_middleware(AgeHeader, replica=replica)
    return app


@final
class _Upstream:
    def __init__(self, registry: RegistryClient, outbox: Outbox) -> None:
        self._registry = registry
        self._outbox = outbox

    def forward(self, raws: Sequence[bytes]) -> list[Outcome]:
        return [_outcome(outcome) for outcome in self._registry.submit_all(raws)]

    def drain(self) -> Drained:
        report = self._outbox.drain(self._registry)
        return Drained(tuple(item.leaf for item in report.refused), report.problem)


def _outcome(outcome: SubmitReceipt | SsiError) -> Outcome:
    if isinstance(outcome, SsiError):
        return outcome
    return Receipt(index=outcome.index, leaf=outcome.leaf, size=outcome.size, known=False)


def _description(
    memory: FileReplicaMemory, registry: RegistryClient, log_key: VerifierKey
) -> JsonObject:
    """Return where the source's DIDs live and who witnesses them, asked once."""
    known = memory.source()
    if known is None:
        log = registry.log()
        if log.vkey != str(log_key):
            raise LogProofError("the source keeps another log")
        known = {"did_host": log.did_host, "did_witness": str(log.did_witness)}
        memory.keep_source(known)
    return known


def _hosting(
    store: WholeCheckpoints,
    description: JsonObject,
    memory: FileReplicaMemory,
    registry: RegistryClient,
    *,
    clock: Clock,
) -> Hosting:
    host = as_text(description.get("did_host"), at="/did_host")
    place = f"/{FOLDER}/x/did.jsonl"
    public_url = log_url(Did.parse(f"did:webvh:{_SCID}:{host}:{FOLDER}:x")).removesuffix(place)
    witness = Did.parse(as_text(description.get("did_witness"), at="/did_witness"))
    approval = HeardApproval(witness, memory, ask=registry.did_witness)
    return Hosting(store, public_url=public_url, approval=approval, clock=clock)
