"""What a mirror gives to whoever uploads, to be shown again: a checkpoint that it once accepted."""

from hmac import compare_digest
from hmac import digest as hmac
from typing import Final, final

from ssi_core.errors import MalformedError

_HASH: Final = "sha256"
_MAC_BYTES: Final = 32
_SECRET_BYTES: Final = 32


@final
class Tickets:
    """Makes tickets that only this mirror can make, and reads its own."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != _SECRET_BYTES:
            raise MalformedError("tickets are made with a secret of 32 bytes")
        self._secret = secret

    def give(self, note: str) -> bytes:
        """Return a ticket for a checkpoint that was accepted here."""
        content = note.encode()
        return hmac(self._secret, content, _HASH) + content

    def note_in(self, ticket: bytes) -> str | None:
        """Return the checkpoint's note; nothing if the ticket is not one of ours."""
        mac, content = ticket[:_MAC_BYTES], ticket[_MAC_BYTES:]
        if not content or not compare_digest(mac, hmac(self._secret, content, _HASH)):
            return None
        return content.decode()
