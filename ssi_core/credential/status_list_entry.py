"""Where the status of a credential is: https://www.w3.org/TR/vc-bitstring-status-list/#bitstringstatuslistentry."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Self

from ssi_core.credential import members
from ssi_core.credential.model import Credential
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.status.bitstring import MAX_STATUS_SIZE
from ssi_core.strict_json import as_integer, as_text

ENTRY_TYPE: Final = "BitstringStatusListEntry"
REVOCATION: Final = "revocation"
SUSPENSION: Final = "suspension"
REFRESH: Final = "refresh"
MESSAGE: Final = "message"
# Every entry costs a list.
MAX_ENTRIES: Final = 16
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,255}", re.ASCII)
_VALUE: Final = re.compile(r"0x[0-9A-Fa-f]{1,8}", re.ASCII)
_ONE_BIT: Final[Mapping[int, str]] = MappingProxyType({0: "unset", 1: "set"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BitstringStatusListEntry:
    """One entry of `credentialStatus`: the status for one purpose, at one place of one list.

    `messages` says what each value of `size` bits means; `source` keeps what is not known here.
    """

    purpose: str
    index: int
    list_url: str
    size: int = 1
    messages: Mapping[int, str] = field(default_factory=lambda: _ONE_BIT)
    references: tuple[str, ...] = ()
    source: JsonObject = field(default_factory=dict)

    @classmethod
    def parse(cls, source: JsonObject, *, at: str = "/credentialStatus") -> Self:
        """Read an entry; whatever breaks a MUST of section 2.1 is a `MalformedError`."""
        if members.types(source, at=at) != (ENTRY_TYPE,):
            raise MalformedError("must be BitstringStatusListEntry and nothing else", at=at)
        list_url = members.url(source.get("statusListCredential"), at=f"{at}/statusListCredential")
        if "id" in source and members.url(source["id"], at=f"{at}/id") == list_url:
            raise MalformedError("must not be the URL of the status list", at=f"{at}/id")
        size = _size(source, at=at)
        return cls(
            purpose=as_text(source.get("statusPurpose"), at=f"{at}/statusPurpose"),
            index=_index(source.get("statusListIndex"), at=f"{at}/statusListIndex"),
            list_url=list_url,
            size=size,
            messages=_messages(source, size, at=at),
            references=_references(source, at=at),
            source=source,
        )

    def to_json(self) -> JsonObject:
        """Return the entry, the members that are not known here included."""
        several: JsonObject = {}
        if self.size > 1 or self.messages != _ONE_BIT:
            several = {
                "statusSize": self.size,
                "statusMessage": [
                    {"status": hex(value), "message": text}
                    for value, text in sorted(self.messages.items())
                ],
            }
        references: JsonObject = {}
        if self.references:
            references = {"statusReference": list(self.references)}
        return {
            "type": ENTRY_TYPE,
            "statusPurpose": self.purpose,
            "statusListIndex": str(self.index),
            "statusListCredential": self.list_url,
            **several,
            **references,
            **self.source,
        }


def entries_of(credential: Credential) -> tuple[BitstringStatusListEntry, ...]:
    """Return the entries among the statuses of a credential; other types are left alone."""
    found = [
        (item, place)
        for place, item in enumerate(credential.statuses)
        if ENTRY_TYPE in members.types(item, at=f"/credentialStatus/{place}")
    ]
    if len(found) > MAX_ENTRIES:
        raise MalformedError("a credential has more statuses than allowed", at="/credentialStatus")
    alone = len(credential.statuses) == 1
    return tuple(
        BitstringStatusListEntry.parse(
            item, at="/credentialStatus" if alone else f"/credentialStatus/{place}"
        )
        for item, place in found
    )


def _index(value: JsonValue, *, at: str) -> int:
    if not isinstance(value, str) or _INDEX.fullmatch(value) is None:
        raise MalformedError("must be a whole number from 0 up, as a string in base 10", at=at)
    return int(value)


def _size(source: JsonObject, *, at: str) -> int:
    if "statusSize" not in source:
        return 1
    size = as_integer(source["statusSize"], at=f"{at}/statusSize")
    if not 0 < size <= MAX_STATUS_SIZE:
        raise MalformedError("must be 1 to 8 bits", at=f"{at}/statusSize")
    return size


def _messages(source: JsonObject, size: int, *, at: str) -> Mapping[int, str]:
    at = f"{at}/statusMessage"
    if "statusMessage" not in source:
        if size > 1:
            raise MalformedError("must be there where a status has several bits", at=at)
        return _ONE_BIT
    value = source["statusMessage"]
    if isinstance(value, Mapping):
        raise MalformedError("must be an array", at=at)
    found = [_message(item, at=place) for item, place in members.located(value, at=at)]
    if sorted(number for number, _ in found) != list(range(1 << size)):
        raise MalformedError("must say once what each value means", at=at)
    return MappingProxyType(dict(found))


def _message(item: JsonObject, *, at: str) -> tuple[int, str]:
    value = as_text(item.get("status"), at=f"{at}/status")
    if _VALUE.fullmatch(value) is None:
        raise MalformedError("must be hexadecimal, after 0x", at=f"{at}/status")
    return int(value, 16), as_text(item.get("message"), at=f"{at}/message")


def _references(source: JsonObject, *, at: str) -> tuple[str, ...]:
    at = f"{at}/statusReference"
    if "statusReference" not in source:
        return ()
    value = source["statusReference"]
    if isinstance(value, list | tuple):
        if not value:
            raise MalformedError("must not be empty", at=at)
        return tuple(members.url(item, at=f"{at}/{place}") for place, item in enumerate(value))
    return (members.url(value, at=at),)
