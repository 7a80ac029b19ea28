"""Options that several of the registry's commands have."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import click
from pydantic import SecretStr

from registry.model.log_evidence import LogPolicy
from registry.model.signed_note import VerifierKey
from registry.service.replica.source import KeyTrust, PolicyTrust, Trust
from ssi_core.errors import MalformedError

REGISTRY: Final = click.option("--registry", "url", required=True, help="The registry's URL.")
DATA_DIR: Final = click.option(
    "--data-dir", type=click.Path(path_type=Path), help="Where keys and log are kept."
)
DATABASE: Final = click.option("--database", help="sqlite:///file or postgresql+psycopg://...")


def POLICY(command: Callable[..., Any]) -> Callable[..., Any]:  # noqa: N802 - used as the others are
    """Add the options that say which log is believed."""
    log = click.option("--log", help="The log's verifier key (C2SP vkey).")
    witness = click.option(
        "--witness", multiple=True, help="A witness's verifier key; all that are named must cosign."
    )
    return log(witness(command))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """Which log is believed, on whose word."""

    log_key: VerifierKey
    witness_keys: tuple[VerifierKey, ...]
    trust: Trust


def trusted(log: str | None, witnesses: tuple[str, ...]) -> Trusted:
    """Read the options of `POLICY`; without a witness the log's own signature has to do."""
    if log is None:
        raise MalformedError("name the log's key", at="--log")
    key = VerifierKey.parse(log, at="--log")
    if not witnesses:
        return Trusted(log_key=key, witness_keys=(), trust=KeyTrust(key))
    policy = LogPolicy(
        origin=key.name,
        log_vkey=log,
        witness_vkeys=witnesses,
        max_checkpoint_age=timedelta.max,
    )
    keys = tuple(VerifierKey.parse(text, at="--witness") for text in witnesses)
    return Trusted(log_key=key, witness_keys=keys, trust=PolicyTrust(policy))


def revealed(secret: SecretStr | None) -> str | None:
    """Return the text of a secret setting."""
    return None if secret is None else secret.get_secret_value()
