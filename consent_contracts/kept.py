"""What a custodian keeps: documents by kind and id, sealed, found by keys that tell nothing."""

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a document is."""

    REQUEST = "request"
    GRANT = "grant"
    DELEGATION = "delegation"
    RECEIPT = "receipt"
    DECISION = "decision"
    EMERGENCY = "emergency"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document as a store has it.

    `sealed` is its content, encrypted; `keys` are what it can be found by, made unreadable. The
    first `revision` is 1; `number` says when it came among all others, and 0 that it has not come.
    """

    kind: Kind
    id: str
    revision: int
    sealed: bytes = field(repr=False)
    keys: frozenset[str]
    number: int = 0
