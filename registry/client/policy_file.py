"""A trust policy in a file: https://c2sp.org/tlog-policy."""

from pathlib import Path

from registry.model.tlog_policy import MAX_BYTES, TlogPolicy
from ssi_core.errors import MalformedError, UnavailableError


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
