"""Which parts of a credential its holder may withhold: every claim, and every part of it."""

from collections.abc import Mapping, Sequence

from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.proof.sd_jwt import Sd, SdClaims, SdValue


def selectively(claims: JsonObject) -> SdClaims:
    """Mark every claim, every member of an object, and every element of an array with `Sd`."""
    return {name: Sd(_inside(value)) for name, value in claims.items()}


def _inside(value: JsonValue) -> SdValue:
    match value:
        case Mapping():
            return {name: Sd(_inside(member)) for name, member in value.items()}
        case Sequence() if not isinstance(value, str):
            return [Sd(_inside(element)) for element in value]
        case _:
            return value
