"""What the public log says of a broken glass: that it was broken, and commitments to the rest.

Without this entry nothing opens, so nobody can look in secret. It holds no health data and nothing
that points to the patient; the disclosures go to the patient and to who reviews.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final, Self, TypeAlias

from consent_contracts.access_request import AccessRequest
from consent_contracts.break_glass_rule import EmergencyReason
from consent_contracts.wire import require_name
from ssi_core.errors import LogProofError, MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import to_timestamp
from ssi_core.proof.disclosure import Disclosure
from ssi_core.sealing import derive_key

TYPE: Final = "access.breakglass"
COMMITMENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "subject": "sub",
        "recipient": "rcp",
        "actor": "act",
        "purpose": "pur",
        "items": "scp",
        "reason": "rsn",
    }
)
"""What is committed to, and what the log calls each commitment."""

_SECRET_BYTES: Final = 32
_SALT_BYTES: Final = 16
_HOUR: Final = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPresence:
    """The log as we have it: `online`, `offline` or `unknown` since a moment; what is not sent."""

    reach: str
    since: datetime
    not_sent: int

    def to_json(self) -> dict[str, str | int]:
        """Return what is said of it where a custodian says how it is."""
        return {
            "registry": self.reach,
            "since": self.since.isoformat(),
            "not_sent": self.not_sent,
        }


@dataclass(frozen=True, slots=True)
class EmergencySecret:
    """The 32 bytes that the salts of one entry follow from (HKDF-SHA256)."""

    raw: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.raw) != _SECRET_BYTES:
            raise MalformedError("the secret of an entry has 32 bytes")

    @classmethod
    def generate(cls) -> Self:
        """Make a new secret from the operating system's randomness."""
        return cls(secrets.token_bytes(_SECRET_BYTES))

    def salt(self, name: str) -> bytes:
        """Return the 16-byte salt of the disclosure `name`."""
        info = f"consentry/breakglass/salt/{name}".encode()
        return derive_key(self.raw, info=info, length=_SALT_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEmergency:
    """An entry that was read back from the log, and found to be in it.

    `body` is what the log has, `tree_size` the size of the tree whose signed checkpoint proves
    it, `seen_at` the time of that checkpoint. Whoever makes this has verified the proof.
    """

    log: str
    id: str
    entry: int
    tree_size: int
    body: JsonObject
    seen_at: datetime

    def __post_init__(self) -> None:
        require_name(self.log, at="/logged/log")
        require_name(self.id, at="/logged/id")
        if not 0 <= self.entry < self.tree_size:
            raise MalformedError("an entry lies within its tree", at="/logged/entry")
        if self.seen_at.utcoffset() is None:
            raise MalformedError("a moment needs a time zone", at="/logged/seen_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedEmergency:
    """An entry that the log does not have yet: it could not be reached, and the entry is kept.

    `queued_at` is since when it is kept, durably and to be sent; `known_at` when the log was last
    known, which is how old everything is that is decided on meanwhile.
    """

    log: str
    id: str
    body: JsonObject
    queued_at: datetime
    known_at: datetime

    def __post_init__(self) -> None:
        require_name(self.log, at="/logged/log")
        require_name(self.id, at="/logged/id")
        for name in ("queued_at", "known_at"):
            if getattr(self, name).utcoffset() is None:
                raise MalformedError("a moment needs a time zone", at=f"/logged/{name}")


@dataclass(frozen=True, slots=True)
class RefusedEmergency:
    """An entry that was handed in and that the log will not have; `code` is the log's own."""

    code: str


Entered: TypeAlias = LoggedEmergency | QueuedEmergency
"""Where the entry of an emergency is, without which nothing opens."""


def disclosures(
    request: AccessRequest, reason: EmergencyReason, secret: EmergencySecret
) -> tuple[Disclosure, ...]:
    """Return what the entry commits to: whose data, who looks, for whom, why, and at what."""
    return tuple(
        Disclosure.make(name, value, salt=secret.salt(name))
        for name, value in _facts(request, reason).items()
    )


def log_body(
    request: AccessRequest, reason: EmergencyReason, secret: EmergencySecret, *, at: datetime
) -> JsonObject:
    """Return the members of an `access.breakglass` entry, for the log to frame and sign.

    `ts` is cut to the hour: the minute would tell it of whoever was brought in then.
    """
    named = {each.name: each.digest() for each in disclosures(request, reason, secret)}
    return {
        "t": TYPE,
        "c": {short: named[name] for name, short in COMMITMENTS.items()},
        "ts": to_timestamp(at) // _HOUR * _HOUR,
    }


def require_entered(logged: Entered, expected: JsonObject) -> Entered:
    """Return the entry if it says `expected`; raise `LogProofError` if it says something else."""
    if any(logged.body.get(name) != value for name, value in expected.items()):
        raise LogProofError("the log has another entry under this id", at="/logged")
    return logged


def _facts(request: AccessRequest, reason: EmergencyReason) -> Mapping[str, JsonValue]:
    return {
        "subject": sorted(request.holder_keys),
        "recipient": str(request.recipient),
        "actor": None if request.actor is None else str(request.actor),
        "purpose": request.purpose.value,
        "items": [item.to_json() for item in request.items],
        "reason": reason.value,
    }
