"""What whoever decides has found out about the circumstances of a request."""

from dataclasses import dataclass
from typing import Final, Self

from consent_contracts.recipient import Accreditation
from consent_contracts.terms import require_country
from consent_contracts.wire import MAX_LIST, require_known, require_name
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_array, as_integer, as_object, as_text

_MEMBERS: Final = ("roles", "accreditations", "jurisdiction", "group_size")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Established facts, not claims of the one who asks.

    `roles` are those in which it acts, `accreditations` what the log says that it is. Where the
    data would be used (ISO 3166-1 alpha-2) and for a group of how many people may be unknown: then
    the limits of the grants go with the permit, for the recipient to keep.
    """

    roles: frozenset[str] = frozenset()
    accreditations: frozenset[Accreditation] = frozenset()
    jurisdiction: str | None = None
    group_size: int | None = None

    def __post_init__(self) -> None:
        if max(len(self.roles), len(self.accreditations)) > MAX_LIST:
            raise MalformedError("must have at most 256 elements", at="/context")
        for role in self.roles:
            require_name(role, at="/context/roles")
        if self.jurisdiction is not None:
            require_country(self.jurisdiction, at="/context/jurisdiction")
        if self.group_size is not None and self.group_size < 0:
            raise MalformedError("must not be negative", at="/context/group_size")

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "/context") -> Self:
        """Read `{"roles"?, "accreditations"?, "jurisdiction"?, "group_size"?}`."""
        source = as_object(value, at=at)
        require_known(source, _MEMBERS, at=at)
        roles = as_array(source.get("roles", []), at=f"{at}/roles")
        accredited = as_array(source.get("accreditations", []), at=f"{at}/accreditations")
        place, size = source.get("jurisdiction"), source.get("group_size")
        return cls(
            roles=frozenset(as_text(role, at=f"{at}/roles") for role in roles),
            accreditations=frozenset(
                Accreditation.parse(each, at=f"{at}/accreditations/{number}")
                for number, each in enumerate(accredited)
            ),
            jurisdiction=None if place is None else as_text(place, at=f"{at}/jurisdiction"),
            group_size=None if size is None else as_integer(size, at=f"{at}/group_size"),
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads, without what is not known."""
        members: dict[str, JsonValue] = {}
        if self.roles:
            members["roles"] = sorted(self.roles)
        if self.accreditations:
            ordered = sorted(self.accreditations, key=lambda each: (each.kind, each.accredited_by))
            members["accreditations"] = [each.to_json() for each in ordered]
        if self.jurisdiction is not None:
            members["jurisdiction"] = self.jurisdiction
        if self.group_size is not None:
            members["group_size"] = self.group_size
        return members


NOTHING_KNOWN: Final = Context()
