"""Consent entries to append: signed beforehand, each with keys of its own."""

from datetime import timedelta
from typing import Final

from registry.model import entry
from registry.model.entry import key_hash
from ssi_core.adapters.clock import SystemClock
from ssi_core.encoding import base64url_encode
from ssi_core.keys import Ed25519Signer

_COMMITMENTS: Final = {
    name: base64url_encode(bytes([number]) * 32)
    for number, name in enumerate(("sub", "rcp", "pur", "scp", "trm"))
}
_DAY: Final = timedelta(days=1)


def sign_entries(count: int, *, log: str) -> list[bytes]:
    """Return `count` grants for the log of that origin, ready to be handed in."""
    at = SystemClock().now()
    next_key = key_hash(Ed25519Signer.generate().public_key)
    return [
        entry.consent_grant(
            log=log,
            signer=Ed25519Signer.generate(),
            next_key_hash=next_key,
            commitments=_COMMITMENTS,
            not_before=at,
            expires=at + 30 * _DAY,
            max_staleness=_DAY,
            at=at,
        )
        for _ in range(count)
    ]
