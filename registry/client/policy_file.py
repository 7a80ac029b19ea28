"""A trust policy in a file: https://c2sp.org/tlog-policy."""

from dataclasses import dataclass
from pathlib import Path

from registry.model.tlog_policy import MAX_BYTES, TlogPolicy
from ssi_core.errors import MalformedError, UnavailableError


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedLog:
    """The one log that a policy file names, its witnesses, and the file's text."""

    origin: str
    vkey: str
    witnesses: tuple[str, ...]
    policy: str


def read_pinned_log(path: Path) -> PinnedLog:
    """Read a policy file that names one log and a quorum of witnesses; others are refused."""
    policy = read_policy(path)
    if len(policy.logs) != 1 or policy.quorum is None:
        raise MalformedError("a policy file names one log and a quorum", at="/log_policy")
    key = policy.logs[0].key
    return PinnedLog(
        origin=key.name,
        vkey=str(key),
        witnesses=tuple(str(one) for one in policy.quorum.keys),
        policy=policy.render().decode("utf-8", "replace"),
    )


def read_policy(path: Path) -> TlogPolicy:
    """Read the policy file at `path`."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError:
        raise UnavailableError("the policy file cannot be read") from None
    if len(content) > MAX_BYTES:
        raise MalformedError("a policy is bounded text without control characters")
    return TlogPolicy.parse(content)
