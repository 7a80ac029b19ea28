"""What the issuer keeps of a bundle until credentials are made of it: sealed claims."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedResource:
    """The claims of one future credential, encrypted; `sealed` is nothing once it was erased."""

    id: str
    configuration: str
    sealed: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """One imported bundle."""

    id: str
    created_at: datetime
    resources: tuple[SealedResource, ...]
