"""The options that say which log a command believes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from registry.client.policy_file import read_policy
from registry.model.signed_note import VerifierKey
from registry.model.tlog_policy import NONE, KnownLog, TlogPolicy
from registry.service.replica.source import Belief
from ssi_core.errors import MalformedError


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
