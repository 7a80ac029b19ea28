"""The composition root of a mirror, to which logs upload what it is to cosign."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from fastapi import FastAPI
from sqlalchemy.engine import Engine

from registry.adapters.cosigned_sql import SqlCosignedTrees
from registry.adapters.proof_workers import ProofWorkers
from registry.adapters.replica_files import FileReplicaMemory
from registry.adapters.sql import PAGE_BYTES, SqlLogStore
from registry.api.mirror import mirror_routes
from registry.api.witness import witness_routes
from registry.model.cosignature import cosigner_key
from registry.model.signed_note import NoteSigner, VerifierKey
from registry.model.state import VerifyProofs
from registry.model.tlog_mirror import MAX_UPLOAD
from registry.model.tlog_witness import origin_hash
from registry.ports import Clock
from registry.service.cosigner import Cosigner
from registry.service.replica.mirror import Mirror, StoredFirst
from registry.service.replica.packages import Packages
from registry.service.replica.tickets import Tickets
from registry.service.replica.uploads import UploadedLog
from registry.witness_app import WITNESS_KEYS, kept_name, kept_signers
from ssi_core.adapters import problem_details
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.database import open_database
from ssi_core.adapters.files import make_folder
from ssi_core.adapters.keystore import KeyStore

_MIRROR: Final = "mirror"
_COSIGNED: Final = "mirror"
_PENDING: Final = "pending"
_ENTRIES: Final = "entries"
# Of an origin hash, so that it is a name that PostgreSQL does not cut.
_NAMED: Final = 32


@contextmanager
def open_mirror(
    *,
    data_dir: Path,
    public_url: str,
    log_vkeys: Sequence[str],
    database: str | None = None,
    name: str | None = None,
    ml_dsa: bool = False,
    passphrase: str | None = None,
    workers: int | None = None,
    clock: Clock | None = None,
) -> Iterator[Mirror]:
    """Open the mirror in `data_dir`, or begin it, for the logs with these C2SP vkeys.

    It has keys and a name of its own, also where a witness lives in the same folder. Each log is
    kept in a folder that is called by its origin hash, or in a schema of the PostgreSQL `database`
    that is called by the beginning of that.
    """
    keystore = KeyStore.unlock(data_dir / WITNESS_KEYS, passphrase=passphrase)
    name = kept_name(keystore, _MIRROR, given=name, public_url=public_url)
    signers = kept_signers(keystore, _MIRROR, ml_dsa=ml_dsa)
    count = (os.cpu_count() or 1) - 1 if workers is None else workers
    with ExitStack() as stack:
        databases = _Databases(stack, database)
        shelves = _Shelves(
            data_dir=data_dir,
            name=name,
            signers=signers,
            pending=SqlCosignedTrees(databases.open(data_dir / _PENDING, schema=_PENDING)),
            cosigned=SqlCosignedTrees(databases.open(data_dir / _COSIGNED, schema=_COSIGNED)),
            tickets=Tickets(keystore.secret("tickets:mirror")),
            verify=stack.enter_context(closing(ProofWorkers(count))).verify,
            clock=clock or SystemClock(),
            databases=databases,
        )
        yield Mirror(
            name=name,
            keys=[cosigner_key(name, signer) for signer in signers],
            logs=[shelves.log(VerifierKey.parse(vkey, at="/log_vkeys")) for vkey in log_vkeys],
        )


def create_app(mirror: Mirror) -> FastAPI:
    """Return a mirror as an ASGI application."""
    app = FastAPI(title="Mirror", docs_url=None, redoc_url=None)
    problem_details.install(app, max_body_bytes=MAX_UPLOAD)
    app.include_router(witness_routes(mirror))
    app.include_router(mirror_routes(mirror))
    return app


@final
class _Databases:
    """Files of SQLite, or schemas of one PostgreSQL database, which are closed with the stack."""

    def __init__(self, stack: ExitStack, database: str | None) -> None:
        self._stack = stack
        self._database = database

    def open(self, path: Path, *, schema: str) -> Engine:
        """Open what is at `path`, or in `schema`."""
        if self._database is None:
            engine = open_database(f"sqlite:///{path}.db", page_bytes=PAGE_BYTES)
        else:
            engine = open_database(self._database, schema=schema)
        self._stack.callback(engine.dispose)
        return engine


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class _Shelves:
    """Everything that the logs of one mirror share."""

    data_dir: Path
    name: str
    signers: Sequence[NoteSigner]
    pending: SqlCosignedTrees
    cosigned: SqlCosignedTrees
    tickets: Tickets
    verify: VerifyProofs
    clock: Clock
    databases: _Databases

    def log(self, log_key: VerifierKey) -> UploadedLog:
        """Open the log with this key, or begin it."""
        name = origin_hash(log_key.name)
        folder = self.data_dir / name
        make_folder(folder)
        schema = f"log_{name[:_NAMED]}"
        store = SqlLogStore(self.databases.open(folder / _ENTRIES, schema=schema))
        packages = Packages(
            store,
            origin=log_key.name,
            evidence=FileReplicaMemory(folder),
            verify=self.verify,
            clock=self.clock,
        )
        cosigner = Cosigner(
            name=self.name,
            signers=self.signers,
            log_keys=[log_key],
            memory=StoredFirst(self.cosigned, store),
            clock=self.clock,
        )
        return UploadedLog(
            packages,
            log_key=log_key,
            pending=self.pending,
            cosigned=self.cosigned,
            cosigner=cosigner,
            tickets=self.tickets,
            clock=self.clock,
        )
