"""What whoever decides has found out about the circumstances of a request."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self, TypeVar

from consent_contracts.delegations import NO_DELEGATIONS, Delegations
from consent_contracts.recipient import Accreditation
from consent_contracts.subject_facts import SubjectFacts
from consent_contracts.terms import require_country
from consent_contracts.wire import MAX_LIST, require_known, require_name
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_array, as_integer, as_object, as_text

_T = TypeVar("_T")
_MEMBERS: Final = (
    "roles", "accreditations", "jurisdiction", "group_size", "delegations", "subject",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Established facts, not claims of the one who asks.

    `roles` are all those in which it acts, `accreditations` all that the log says of it. `None` is
    what could not be found out, and an empty set what was found to be nothing. Where the data would
    be used (ISO 3166-1 alpha-2), and for a group of how many people: if that is not known, the
    limits of the grants go with the permit, for the recipient to keep. `delegations` are what lets
    representatives act, and `subject` is what is known about the person.
    """

    roles: frozenset[str] | None = None
    accreditations: frozenset[Accreditation] | None = None
    jurisdiction: str | None = None
    group_size: int | None = None
    delegations: Delegations = NO_DELEGATIONS
    subject: SubjectFacts | None = None

    def __post_init__(self) -> None:
        if max(len(self.roles or ()), len(self.accreditations or ())) > MAX_LIST:
            raise MalformedError("must have at most 256 elements", at="/context")
        for role in self.roles or ():
            require_name(role, at="/context/roles")
        if self.jurisdiction is not None:
            require_country(self.jurisdiction, at="/context/jurisdiction")
        if self.group_size is not None and self.group_size < 0:
            raise MalformedError("must not be negative", at="/context/group_size")

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "/context") -> Self:
        """Read the members of this class by their names; one that is missing is not known."""
        source = as_object(value, at=at)
        require_known(source, _MEMBERS, at=at)
        place, size = source.get("jurisdiction"), source.get("group_size")
        return cls(
            roles=_set(source, "roles", as_text, at=at),
            accreditations=_set(source, "accreditations", Accreditation.parse, at=at),
            jurisdiction=None if place is None else as_text(place, at=f"{at}/jurisdiction"),
            group_size=None if size is None else as_integer(size, at=f"{at}/group_size"),
            delegations=Delegations.parse(source["delegations"], at=f"{at}/delegations")
            if "delegations" in source
            else NO_DELEGATIONS,
            subject=SubjectFacts.parse(source["subject"], at=f"{at}/subject")
            if "subject" in source
            else None,
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads, without what is not known."""
        members: dict[str, JsonValue] = {}
        if self.roles is not None:
            members["roles"] = sorted(self.roles)
        if self.accreditations is not None:
            ordered = sorted(self.accreditations, key=_order)
            members["accreditations"] = [each.to_json() for each in ordered]
        if self.jurisdiction is not None:
            members["jurisdiction"] = self.jurisdiction
        if self.group_size is not None:
            members["group_size"] = self.group_size
        if self.delegations.records:
            members["delegations"] = self.delegations.to_json()
        if self.subject is not None:
            members["subject"] = self.subject.to_json()
        return members


NOTHING_KNOWN: Final = Context()


def _set(
    source: JsonObject, name: str, read: Callable[..., _T], *, at: str
) -> frozenset[_T] | None:
    if name not in source:
        return None
    items = as_array(source[name], at=f"{at}/{name}")
    return frozenset(read(item, at=f"{at}/{name}/{number}") for number, item in enumerate(items))


def _order(accreditation: Accreditation) -> tuple[str, str]:
    return accreditation.kind, str(accreditation.accredited_by)
