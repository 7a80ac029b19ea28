"""What a custodian goes by in emergencies, from a file."""

from pathlib import Path

from consent_contracts.break_glass_request import EmergencyPolicy
from ssi_core import strict_json
from ssi_core.errors import MalformedError


def read_policy(path: Path | None) -> EmergencyPolicy | None:
    """Return the policy in a file (JSON: `rule`, `organisations`); nothing if none is named."""
    if path is None:
        return None
    try:
        content = path.read_bytes()
    except OSError:
        raise MalformedError("the emergency policy cannot be read", at=str(path)) from None
    return EmergencyPolicy.parse(strict_json.parse_object(content))
