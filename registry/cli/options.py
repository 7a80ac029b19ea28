"""Options that several of the registry's commands have."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click
from pydantic import SecretStr

from registry.client.policy_file import read_policy
from registry.model.signed_note import VerifierKey
from registry.model.tlog_policy import NONE, KnownLog, TlogPolicy
from registry.service.replica.source import Belief
from ssi_core.errors import MalformedError

REGISTRY: Final = click.option("--registry", "url", required=True, help="The registry's URL.")
DATA_DIR: Final = click.option(
    "--data-dir", type=click.Path(path_type=Path), help="Where keys and log are kept."
)
DATABASE: Final = click.option("--database", help="sqlite:///file or postgresql+psycopg://...")
POLICY: Final = click.option(
    "--policy",
    "policy_file",
    type=click.Path(path_type=Path),
    required=True,
    help="Which log and witnesses to believe: a C2SP tlog-policy file.",
)
MAX_AGE: Final = click.option(
    "--max-age",
    type=click.IntRange(1, 10**9),
    help="Oldest checkpoint to believe, in seconds; any if not given.",
)


def believing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which log is believed: a policy, or the log's key alone."""
    log = click.option("--log", help="The log's verifier key (C2SP vkey), without a policy.")
    policy = click.option(
        "--policy",
        "policy_file",
        type=click.Path(path_type=Path),
        help="Which log and witnesses to believe: a C2SP tlog-policy file.",
    )
    return policy(log(command))


def believed(log: str | None, policy_file: Path | None) -> Belief:
    """Read the options of `believing`; one of them is given."""
    if (log is None) == (policy_file is None):
        raise MalformedError("name the log's key, or a policy", at="--log")
    if policy_file is not None:
        return Belief.of(read_policy(policy_file))
    key = VerifierKey.parse(log or "", at="--log")
    return Belief.of(TlogPolicy(logs=(KnownLog(key),), quorum_name=NONE))


def revealed(secret: SecretStr | None) -> str | None:
    """Return the text of a secret setting."""
    return None if secret is None else secret.get_secret_value()
