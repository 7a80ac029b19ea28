"""What the status map says of one grant, in a registry's own word: no proof comes with it."""

from dataclasses import dataclass
from typing import Self

from registry.model.envelope import integer_at
from registry.model.status_map import Status
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.strict_json import as_text


@dataclass(frozen=True, slots=True)
class GrantStatus:
    """The status of a grant after the first `size` entries. Its own period is another question."""

    status: Status
    size: int

    def to_json(self) -> JsonObject:
        """Return `{"status": "in_force" | "suspended" | "ended" | "superseded", "size"}`."""
        return {"status": self.status.name.lower(), "size": self.size}

    @classmethod
    def from_json(cls, body: JsonObject) -> Self:
        """Read what `to_json` wrote."""
        word = as_text(body.get("status"), at="/status")
        found = next((one for one in Status if one.name.lower() == word), None)
        if found is None:
            raise MalformedError("not a status", at="/status")
        return cls(found, integer_at(body, "size"))
