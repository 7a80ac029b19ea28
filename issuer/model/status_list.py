"""The issuer's status lists, the tokens served for them, and their publication in the log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ssi_core.errors import MalformedError
from ssi_core.status.bitstring import MINIMUM_ENTRIES, BitstringStatusList
from ssi_core.status.token import Status, StatusList

# Two bits, because a suspension must be told from a revocation.
BITS: Final = 2
_PER_BYTE: Final = 4
_MINIMUM_BYTES: Final = MINIMUM_ENTRIES // 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedStatusList:
    """One list with the token that is served for it. `version` counts the changes of its bits."""

    number: int
    version: int
    statuses: StatusList
    uri: str
    token: str
    signed_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One `status.publish` entry, kept before it is sent; `sequence` counts from 0 per URI."""

    uri: str
    sequence: int
    digest: str
    entry: bytes
    published: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DismissedPublication:
    """An entry that the log would not have, by its own `code` and `reason`, and was set aside.

    It is kept as the record of that, and never sent again.
    """

    uri: str
    sequence: int
    entry: bytes
    code: str
    reason: str
    dismissed_at: datetime


def bitstring_of(statuses: StatusList, status: Status) -> BitstringStatusList:
    """Return the list in which a bit is set wherever `statuses`, of two bits each, has `status`.

    A shorter list is filled up to the length that hides one entry among the others.
    """
    if statuses.bits != BITS:
        raise MalformedError("our status lists have two bits", at="/bits")
    # Each byte has four statuses, so it becomes half a byte: one hexadecimal digit.
    table = bytes(_digit(byte, status) for byte in range(256))
    digits = statuses.data.translate(table).decode("ascii")
    packed = bytes.fromhex(digits if len(digits) % 2 == 0 else digits + "0")
    return BitstringStatusList(packed.ljust(_MINIMUM_BYTES, b"\0"))


def _digit(byte: int, status: Status) -> int:
    # Statuses count from the right of their byte, the bits of a bitstring from the left.
    found = (byte >> BITS * place & (1 << BITS) - 1 == status for place in range(_PER_BYTE))
    nibble = sum(1 << _PER_BYTE - 1 - place for place, is_set in enumerate(found) if is_set)
    return ord(f"{nibble:x}")
