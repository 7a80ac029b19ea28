"""Reading a kept record's body member by member, by type."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from ssi_core import strict_json
from ssi_core.encoding import base64url_decode
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import from_timestamp

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Body:
    """Members of a JSON object; a member of another type than asked for is `MalformedError`."""

    members: JsonObject

    def value(self, name: str) -> JsonValue:
        """Return a member as it is, null if it is not there."""
        return self.members.get(name)

    def text(self, name: str) -> str:
        """Return a string that is not empty."""
        return strict_json.as_text(self.members.get(name), at=f"/{name}")

    def text_or_none(self, name: str) -> str | None:
        """Return a string, or nothing for null and for a member that is not there."""
        return None if self.members.get(name) is None else self.text(name)

    def words(self, name: str) -> str:
        """Return a string that may be empty, and is if the member is not there."""
        return self.text(name) if self.members.get(name) else ""

    def integer(self, name: str) -> int:
        """Return an integer."""
        return strict_json.as_integer(self.members.get(name), at=f"/{name}")

    def flag(self, name: str) -> bool:
        """Return true or false."""
        return strict_json.as_boolean(self.members.get(name), at=f"/{name}")

    def moment(self, name: str) -> datetime:
        """Return a time kept as seconds since 1970."""
        return from_timestamp(self.integer(name), at=f"/{name}")

    def bytes(self, name: str) -> bytes:
        """Return bytes kept as base64url."""
        return base64url_decode(self.text(name), at=f"/{name}")

    def object(self, name: str) -> JsonObject:
        """Return a JSON object."""
        return strict_json.as_object(self.members.get(name), at=f"/{name}")

    def texts(self, name: str) -> tuple[str, ...]:
        """Return an array, perhaps empty, of strings that are not empty."""
        items = strict_json.as_array(self.members.get(name), at=f"/{name}")
        return tuple(strict_json.as_text(item, at=f"/{name}") for item in items)

    def each(self, name: str, read: Callable[[JsonObject], T]) -> tuple[T, ...]:
        """Return an array of objects, each read by `read`."""
        items = strict_json.as_array(self.members.get(name), at=f"/{name}")
        return tuple(read(strict_json.as_object(item, at=f"/{name}")) for item in items)
