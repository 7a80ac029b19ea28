"""No log: where none is named, nothing is told to it, and so nothing opens."""

from typing import Final, Never, final

from ssi_core.errors import UnavailableError
from ssi_core.json_types import JsonObject

_NONE: Final = "this custodian knows no log to tell an emergency to"


@final
class NoEmergencyLog:
    """Implements `EmergencyLog` by saying that there is none."""

    def sign(self, body: JsonObject) -> Never:  # noqa: ARG002 - there is nothing to do with it
        """Raise `UnavailableError`."""
        raise UnavailableError(_NONE)

    def record(self, entry: bytes) -> Never:  # noqa: ARG002
        """Raise `UnavailableError`."""
        raise UnavailableError(_NONE)

    def presence(self) -> None:
        """Return nothing: there is no log to be away."""

    def prove(self, entry: bytes) -> Never:  # noqa: ARG002
        """Raise `UnavailableError`."""
        raise UnavailableError(_NONE)
