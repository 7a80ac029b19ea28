"""What a recipient wants to see now, and why: the question that a decision answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

from consent_contracts.access import AccessLevel
from consent_contracts.data_use import ResearchUse
from consent_contracts.health_record import HealthRecord
from consent_contracts.purpose import Purpose
from consent_contracts.recipient import parse_did
from consent_contracts.scope import parse_claims, render_claims
from consent_contracts.wire import MAX_LIST, as_digest, require_digest, require_known, require_name
from ssi_core import claim_path
from ssi_core.claim_path import ClaimPath
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_array, as_object, as_text

_MEMBERS: Final = ("recipient", "purpose", "items", "holder_keys", "actor", "research")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedItem:
    """Claims of one credential type that are wanted together, at one access level."""

    vct: str
    claims: frozenset[ClaimPath]
    access: AccessLevel

    def __post_init__(self) -> None:
        require_name(self.vct, at="/items/vct", maximum=1024)
        if not 0 < len(self.claims) <= MAX_LIST:
            raise MalformedError("must have between 1 and 256 elements", at="/items/claims")
        for path in self.claims:
            claim_path.parse(path, at="/items/claims")
        if self.access is AccessLevel.NONE:
            raise MalformedError("an item asks for more than nothing", at="/items/access")

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "/items") -> Self:
        """Read `{"vct", "claims": [path, ...], "access"}`."""
        source = as_object(value, at=at)
        require_known(source, ("vct", "claims", "access"), at=at)
        return cls(
            vct=as_text(source.get("vct"), at=f"{at}/vct"),
            claims=parse_claims(source.get("claims"), at=f"{at}/claims"),
            access=AccessLevel.parse(source.get("access"), at=f"{at}/access"),
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads."""
        return {"vct": self.vct, "claims": render_claims(self.claims), "access": str(self.access)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedRecord:
    """One health record that is wanted, at one access level."""

    record: HealthRecord
    access: AccessLevel

    def __post_init__(self) -> None:
        if self.access is AccessLevel.NONE:
            raise MalformedError("an item asks for more than nothing", at="/items/access")

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "/items") -> Self:
        """Read `{"record", "access"}`."""
        source = as_object(value, at=at)
        require_known(source, ("record", "access"), at=at)
        return cls(
            record=HealthRecord.parse(source.get("record"), at=f"{at}/record"),
            access=AccessLevel.parse(source.get("access"), at=f"{at}/access"),
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads."""
        return {"record": self.record.to_json(), "access": str(self.access)}


Requested: TypeAlias = RequestedItem | RequestedRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """Who asks, for which purpose, for what, and by which holder keys the data is bound.

    `actor` is the person who acts within the recipient; `research` describes a use for research.
    Without items or without keys nothing is asked of anybody, and a decision refuses that.
    """

    recipient: Did
    purpose: Purpose
    items: tuple[Requested, ...]
    holder_keys: frozenset[str]
    actor: Did | None = None
    research: ResearchUse | None = None

    def __post_init__(self) -> None:
        for name, found in (("/items", self.items), ("/holder_keys", self.holder_keys)):
            if len(found) > MAX_LIST:
                raise MalformedError("must have at most 256 elements", at=name)
        for key in self.holder_keys:
            require_digest(key, at="/holder_keys")

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read `{"recipient", "purpose", "items", "holder_keys", "actor"?, "research"?}`."""
        require_known(source, _MEMBERS, at="")
        items = as_array(source.get("items"), at="/items")
        keys = as_array(source.get("holder_keys"), at="/holder_keys")
        return cls(
            recipient=parse_did(source.get("recipient"), at="/recipient"),
            purpose=Purpose.parse(source.get("purpose")),
            items=tuple(_item(item, at=f"/items/{number}") for number, item in enumerate(items)),
            holder_keys=frozenset(
                as_digest(key, at=f"/holder_keys/{number}") for number, key in enumerate(keys)
            ),
            actor=parse_did(source["actor"], at="/actor") if "actor" in source else None,
            research=ResearchUse.parse(source["research"]) if "research" in source else None,
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads."""
        members: dict[str, JsonValue] = {
            "recipient": str(self.recipient),
            "purpose": self.purpose.value,
            "items": [item.to_json() for item in self.items],
            "holder_keys": sorted(self.holder_keys),
        }
        if self.actor is not None:
            members["actor"] = str(self.actor)
        if self.research is not None:
            members["research"] = self.research.to_json()
        return members


def _item(value: JsonValue, *, at: str) -> Requested:
    if isinstance(value, Mapping) and "record" in value:
        return RequestedRecord.parse(value, at=at)
    return RequestedItem.parse(value, at=at)
