"""Which log is believed: the one that was configured, else the one that was met first."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from registry.client import RegistryClient
from registry.client.policy_file import read_pinned_log
from registry.model.signed_note import VerifierKey
from ssi_core import strict_json
from ssi_core.adapters.keystore import KeyStore
from ssi_core.errors import MalformedError
from ssi_core.strict_json import as_text, as_texts
from verifier.office import TrustedLog

_NAME: Final = "trusted-log"


def configured_log(log_vkey: str, witness_vkeys: Sequence[str]) -> TrustedLog:
    """Return the log with these C2SP vkeys; without a witness it is refused."""
    if not witness_vkeys:
        raise MalformedError("a log is believed with a witness", at="/witness_vkeys")
    origin = VerifierKey.parse(log_vkey, at="/log_vkey").name
    return TrustedLog(origin=origin, log_vkey=log_vkey, witness_vkeys=tuple(witness_vkeys))


def log_of_policy(path: Path) -> TrustedLog:
    """Return the only log that a policy file (C2SP tlog-policy) names, with what it asks for."""
    told = read_pinned_log(path)
    return TrustedLog(
        origin=told.origin,
        log_vkey=told.vkey,
        witness_vkeys=told.witnesses,
        policy=told.policy,
    )


def pinned_log(keystore: KeyStore, registry: RegistryClient) -> TrustedLog:
    """Return the log that was met first, asking the registry only when there is none yet.

    Whoever answers in the registry's place later cannot change it.
    """
    kept = keystore.load_secret(_NAME)
    if kept is not None:
        return _read(kept)
    described = registry.log()
    log = TrustedLog(
        origin=described.origin,
        log_vkey=described.vkey,
        witness_vkeys=described.witnesses,
        policy=described.policy,
    )
    keystore.keep_secret(_NAME, _render(log))
    return log


def _render(log: TrustedLog) -> bytes:
    content = {
        "origin": log.origin,
        "log_vkey": log.log_vkey,
        "witness_vkeys": list(log.witness_vkeys),
        "policy": log.policy,
    }
    return strict_json.render(content).encode()


def _read(content: bytes) -> TrustedLog:
    source = strict_json.parse_object(content)
    policy = source.get("policy")
    return TrustedLog(
        origin=as_text(source.get("origin"), at="/origin"),
        log_vkey=as_text(source.get("log_vkey"), at="/log_vkey"),
        witness_vkeys=as_texts(source.get("witness_vkeys"), at="/witness_vkeys"),
        policy=None if policy is None else as_text(policy, at="/policy"),
    )
