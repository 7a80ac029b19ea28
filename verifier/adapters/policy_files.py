"""Policies from files: every `*.json` of one folder, each read strictly."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from ssi_core import strict_json
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError
from verifier.policy import Policy

BUNDLED: Final = Path(__file__).resolve().parent.parent / "policies"
_MAX_BYTES: Final = 65_536


def load_policies(folder: Path, *, roots: Collection[Did]) -> Mapping[str, Policy]:
    """Return the policies of `folder` by id; no policy at all is refused, and so is a broken one.

    Errors name the file, for whoever wrote the policy has to find it.
    """
    policies: dict[str, Policy] = {}
    for path in sorted(folder.glob("*.json")):
        policy = _load(path, roots)
        if policy.id in policies:
            raise MalformedError("two policies have one id", at=path.name)
        policies[policy.id] = policy
    if not policies:
        raise MalformedError("there is no policy in the folder", at=str(folder))
    return policies


def _load(path: Path, roots: Collection[Did]) -> Policy:
    try:
        source = strict_json.parse_object(path.read_bytes(), max_bytes=_MAX_BYTES)
        return Policy.parse(source, roots=roots)
    except MalformedError as error:
        raise MalformedError(error.reason, at=f"{path.name}{error.at or ''}") from None
    except OSError:
        raise MalformedError("a policy cannot be read", at=path.name) from None
