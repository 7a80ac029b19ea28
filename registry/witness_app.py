"""The composition root of a witness, which cosigns the checkpoints of logs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from fastapi import FastAPI
from pydantic_settings import SettingsConfigDict

from registry.adapters.cosigned_sql import SqlCosignedTrees
from registry.api.witness import witness_routes
from registry.model.signed_note import NoteSigner, VerifierKey
from registry.model.tlog_witness import MAX_BYTES
from registry.ports import Clock, LogStore
from registry.service.cosigner import Cosigner
from registry.service.replica.mirror import StoredFirst
from ssi_core.adapters import problem_details
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.database import open_database
from ssi_core.adapters.keystore import KeyStore
from ssi_core.adapters.settings import ServiceSettings
from ssi_core.keys.ml_dsa_44 import MlDsa44Signer

_COSIGNED: Final = "witness.db"
WITNESS_KEYS: Final = "witness.keys"
"""The file of the keys of a witness, or a mirror, in its folder."""


class WitnessSettings(ServiceSettings):
    """What a witness is told; its own are the logs that it knows, and its name and kinds of key."""

    model_config = SettingsConfigDict(env_prefix="CONSENTRY_WITNESS_")

    database: str | None = None
    name: str | None = None
    log_vkeys: tuple[str, ...] = ()
    ml_dsa: bool = False
    mirror: bool = False


@contextmanager
def open_witness(
    *,
    data_dir: Path,
    public_url: str,
    log_vkeys: Sequence[str],
    database: str | None = None,
    name: str | None = None,
    ml_dsa: bool = False,
    passphrase: str | None = None,
    clock: Clock | None = None,
    mirrored: LogStore | None = None,
) -> Iterator[Cosigner]:
    """Open the witness in `data_dir`, or begin it, for the logs with these C2SP vkeys.

    `name` is for a new witness, by default after `public_url`; one that exists keeps its name. With
    `ml_dsa` it signs with an ML-DSA-44 key too. As a mirror it cosigns what `mirrored` has stored.
    """
    keystore = KeyStore.unlock(data_dir / WITNESS_KEYS, passphrase=passphrase)
    engine = open_database(database or f"sqlite:///{data_dir / _COSIGNED}")
    memory = SqlCosignedTrees(engine)
    try:
        yield Cosigner(
            name=kept_name(keystore, "witness", given=name, public_url=public_url),
            signers=kept_signers(keystore, "witness", ml_dsa=ml_dsa),
            log_keys=[VerifierKey.parse(vkey, at="/log_vkeys") for vkey in log_vkeys],
            memory=memory if mirrored is None else StoredFirst(memory, mirrored),
            clock=clock or SystemClock(),
        )
    finally:
        engine.dispose()


def create_app(cosigner: Cosigner) -> FastAPI:
    """Return a witness as an ASGI application."""
    app = FastAPI(title="Witness", docs_url=None, redoc_url=None)
    problem_details.install(app, max_body_bytes=MAX_BYTES)
    app.include_router(witness_routes(cosigner))
    return app


def kept_signers(keystore: KeyStore, role: str, *, ml_dsa: bool) -> list[NoteSigner]:
    """Return the keys that a witness or a mirror signs with, made when first asked for."""
    signers: list[NoteSigner] = [keystore.ed25519(role)]
    if ml_dsa:
        signers.append(MlDsa44Signer(keystore.secret(f"ml-dsa-44:{role}")))
    return signers


def kept_name(keystore: KeyStore, role: str, *, given: str | None, public_url: str) -> str:
    """Return the name of a witness or a mirror: the one it has, or `given`, or after its URL."""
    # A key's id is made with the name, so another name would be another witness.
    kept = keystore.load_secret(f"name:{role}")
    if kept is not None:
        return kept.decode()
    parts = urlsplit(public_url)
    name = given or f"{parts.netloc}{parts.path.rstrip('/')}/{role}"
    keystore.keep_secret(f"name:{role}", name.encode())
    return name
