"""What lets representatives act: a mandate, an authority's word, or others above them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from consent_contracts.grantor import Grantor
from consent_contracts.recipient import parse_did
from consent_contracts.wire import require_known
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_boolean, as_object


class Cause(StrEnum):
    """Why an authority lets somebody act for a person who did not ask for it."""

    MINORITY = "minority"
    INCAPACITY = "incapacity"


@dataclass(frozen=True, slots=True)
class Mandate:
    """The person's own word; `enduring` says that it is meant to outlast their capacity."""

    enduring: bool = False


@dataclass(frozen=True, slots=True)
class Appointment:
    """The word of a court, a register, or whoever else the law gives that to."""

    cause: Cause
    by: Did


Basis: TypeAlias = Mandate | Appointment | Grantor
"""A `Grantor` here are representatives above, who pass on a part of what they may do."""

_NESTED: Final = "delegation"
_MANDATE: Final = "mandate"


def parse_basis(value: JsonValue, *, at: str = "/basis") -> Basis:
    """Read `{"kind": "mandate", "enduring"}`, a cause and `appointed_by`, or a delegation above.

    The last is `{"kind": "delegation", "keys", "delegation"}`.
    """
    source = as_object(value, at=at)
    kind = source.get("kind")
    if kind == _MANDATE:
        require_known(source, ("kind", "enduring"), at=at)
        return Mandate(as_boolean(source.get("enduring"), at=f"{at}/enduring"))
    if kind == _NESTED:
        return Grantor.parse({k: v for k, v in source.items() if k != "kind"}, at=at)
    for cause in Cause:
        if cause.value == kind:
            require_known(source, ("kind", "appointed_by"), at=at)
            return Appointment(
                cause, parse_did(source.get("appointed_by"), at=f"{at}/appointed_by")
            )
    raise MalformedError("not a basis of representation that is known here", at=f"{at}/kind")


def render_basis(basis: Basis) -> JsonObject:
    """Return the form that `parse_basis` reads."""
    match basis:
        case Mandate(enduring=enduring):
            return {"kind": _MANDATE, "enduring": enduring}
        case Appointment(cause=cause, by=by):
            return {"kind": cause.value, "appointed_by": str(by)}
        case Grantor():
            return {"kind": _NESTED, **basis.to_json()}
