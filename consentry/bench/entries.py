"""Consent entries to append: signed beforehand, each with keys of its own."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from registry.model import entry
from registry.model.entry import key_hash
from ssi_core.adapters.clock import SystemClock
from ssi_core.encoding import base64url_encode
from ssi_core.errors import SsiError
from ssi_core.keys import Ed25519Signer

_COMMITMENTS: Final = {
    name: base64url_encode(bytes([number]) * 32)
    for number, name in enumerate(("sub", "rcp", "pur", "scp", "trm"))
}
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A grant, and the entry that ends it."""

    grant: bytes
    revoke: bytes

    @property
    def id(self) -> str:
        """The grant's id."""
        return entry.entry_id(self.grant) or ""


def sign_entries(count: int, *, log: str) -> list[bytes]:
    """Return `count` grants for the log of that origin, ready to be handed in."""
    next_key = key_hash(Ed25519Signer.generate().public_key)
    return [_grant(Ed25519Signer.generate(), log=log, next_key=next_key) for _ in range(count)]


def require_taken(outcomes: Iterable[object]) -> None:
    """Return if every entry was taken; raise why the first was not."""
    for outcome in outcomes:
        if isinstance(outcome, SsiError):
            raise outcome


def sign_withdrawals(count: int, *, log: str) -> list[Withdrawal]:
    """Return `count` grants and what ends them, ready to be handed in."""
    at = SystemClock().now()
    found = []
    for _ in range(count):
        signer = Ed25519Signer.generate()
        given = _grant(signer, log=log, next_key=key_hash(signer.public_key))
        grant_id = entry.entry_id(given) or ""
        end = entry.consent_revoke(log=log, grant_id=grant_id, signer=signer, at=at)
        found.append(Withdrawal(given, end))
    return found


def _grant(signer: Ed25519Signer, *, log: str, next_key: str) -> bytes:
    at = SystemClock().now()
    return entry.consent_grant(
        log=log,
        signer=signer,
        next_key_hash=next_key,
        commitments=_COMMITMENTS,
        not_before=at,
        expires=at + 30 * _DAY,
        max_staleness=_DAY,
        at=at,
    )
