"""Services in a did:peer of numalgo 2: JSON with abbreviations, one block for each.

https://identity.foundation/peer-did-method-spec/#generating-a-didpeer2
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from ssi_core import strict_json
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_text

_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {"t": "type", "s": "serviceEndpoint", "r": "routingKeys", "a": "accept"}
)
_LETTERS: Final = MappingProxyType({word: letter for letter, word in _WORDS.items()})
_TYPE: Final = MappingProxyType({"dm": "DIDCommMessaging"})
_AT: Final = "/service"


def encode(service: JsonObject) -> str:
    """Return the block of `service`, which must not use an abbreviation for something else."""
    return base64url_encode(strict_json.render(_abbreviated(service)).encode())


def decode(block: str) -> JsonObject:
    """Return the service in `block`, abbreviations written out; a list of services is refused."""
    service = _expanded(strict_json.parse_object(base64url_decode(block, at=_AT)))
    if not isinstance(service, Mapping) or not {"type", "serviceEndpoint"} <= service.keys():
        raise MalformedError("a service has a type and an endpoint", at=_AT)
    return service


def named(services: Iterable[JsonObject], *, taken: Iterable[str]) -> list[JsonValue]:
    """Return `services` with ids: those without one are `#service`, `#service-1` and so on.

    Ids must be relative, and none may be another's or among those `taken` by keys.
    """
    seen, found, unnamed = set(taken), list[JsonValue](), 0
    for service in services:
        if "id" in service:
            service_id = as_text(service["id"], at=f"{_AT}/id")
        else:
            service_id = f"#service-{unnamed}" if unnamed else "#service"
            unnamed += 1
        if not service_id.startswith("#") or service_id in seen:
            raise MalformedError("a service has a relative id of its own", at=f"{_AT}/id")
        seen.add(service_id)
        found.append({**service, "id": service_id})
    return found


def _expanded(value: JsonValue) -> JsonValue:
    """Return `value` with the names in it written out, at every depth, and the type's value."""
    if isinstance(value, Mapping):
        members = {_WORDS.get(name, name): _expanded(item) for name, item in value.items()}
        if len(members) != len(value):
            raise MalformedError("a member stands beside its abbreviation", at=_AT)
        kind = members.get("type")
        return {**members, "type": _TYPE.get(kind, kind)} if isinstance(kind, str) else members
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_expanded(item) for item in value]
    return value


def _abbreviated(value: JsonValue) -> JsonValue:
    if isinstance(value, Mapping):
        members = {_LETTERS.get(name, name): _abbreviated(item) for name, item in value.items()}
        kind = members.get("t")
        if _WORDS.keys() & value.keys() or (isinstance(kind, str) and kind in _TYPE):
            raise MalformedError("a service uses an abbreviation for something else", at=_AT)
        letters = {word: letter for letter, word in _TYPE.items()}
        return {**members, "t": letters.get(kind, kind)} if isinstance(kind, str) else members
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_abbreviated(item) for item in value]
    return value
