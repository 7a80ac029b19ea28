"""Who gave a grant in the subject's place, and by which delegations."""

from dataclasses import dataclass
from typing import Self

from consent_contracts.wire import (
    MAX_LIST,
    as_digest,
    as_distinct,
    require_digest,
    require_known,
    require_name,
)
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_object, as_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Grantor:
    """The representatives who agreed, by the thumbprints of their keys, and what lets them act."""

    keys: frozenset[str]
    delegation: str

    def __post_init__(self) -> None:
        if not 0 < len(self.keys) <= MAX_LIST:
            raise MalformedError("must have between 1 and 256 elements", at="/subject/grantor/keys")
        for key in self.keys:
            require_digest(key, at="/subject/grantor/keys")
        require_name(self.delegation, at="/subject/grantor/delegation")

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "/subject/grantor") -> Self:
        """Read `{"keys", "delegation"}`."""
        source = as_object(value, at=at)
        require_known(source, ("keys", "delegation"), at=at)
        return cls(
            keys=as_distinct(source.get("keys"), as_digest, at=f"{at}/keys"),
            delegation=as_text(source.get("delegation"), at=f"{at}/delegation"),
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads."""
        return {"keys": sorted(self.keys), "delegation": self.delegation}
