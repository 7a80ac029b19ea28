"""Everything that hangs on the issuer's one secret: digests of codes, nonces, sealed claims."""

import hmac
import re
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import compare_digest, randbelow, token_bytes, token_urlsafe
from typing import Final, final

from ssi_core import sealing, strict_json
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.period import from_timestamp, to_timestamp

TX_CODE_LENGTH: Final = 6
_TIME_BYTES: Final = 8
_RANDOM_BYTES: Final = 16
_MAC_BYTES: Final = 16
_ID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)


@final
class Secrets:
    """Derives one key per use from `master`, 32 bytes out of the key store."""

    def __init__(self, master: bytes) -> None:
        self._master = master
        self._digest_key = self._key(b"digest")
        self._nonce_key = self._key(b"nonce")
        self._code_key = self._key(b"code")

    def digest(self, kind: str, *parts: str) -> str:
        """Return what is kept of a code or token in its place; useless without the secret."""
        return _mac(self._digest_key, kind, *parts)

    def code_for(self, reference: str) -> str:
        """Return the pre-authorized code of the offer behind `reference`, of which none is kept."""
        return _mac(self._code_key, reference)

    def mint_nonce(self, at: datetime, lifetime: timedelta) -> str:
        """Return an unpredictable nonce that says itself until when it is good."""
        expires = to_timestamp(at + lifetime).to_bytes(_TIME_BYTES, "big")
        body = expires + token_bytes(_RANDOM_BYTES)
        return base64url_encode(body + self._nonce_mac(body))

    def nonce_expiry(self, nonce: str) -> datetime | None:
        """Return until when a nonce is good; nothing if it was not minted here."""
        try:
            data = base64url_decode(nonce)
        except MalformedError:
            return None
        body, mac = data[:-_MAC_BYTES], data[-_MAC_BYTES:]
        if len(body) != _TIME_BYTES + _RANDOM_BYTES:
            return None
        if not compare_digest(mac, self._nonce_mac(body)):
            return None
        return from_timestamp(int.from_bytes(body[:_TIME_BYTES], "big"))

    def seal(self, claims: JsonObject, *, resource: str, configuration: str) -> bytes:
        """Encrypt claims under a key of their own, so that they cannot be put elsewhere."""
        text = strict_json.render(claims).encode()
        return sealing.seal(text, key=self._claims_key(resource), context=configuration.encode())

    def open(self, sealed: bytes, *, resource: str, configuration: str) -> JsonObject:
        """Decrypt what `seal` made; raise `ProofError` if it is of another resource or kind."""
        text = sealing.open_sealed(
            sealed, key=self._claims_key(resource), context=configuration.encode()
        )
        return strict_json.parse_object(text, max_bytes=len(text))

    def _claims_key(self, resource: str) -> bytes:
        return self._key(b"claims/" + resource.encode())

    def _key(self, use: bytes) -> bytes:
        return sealing.derive_key(self._master, info=b"consentry/issuer/" + use)

    def _nonce_mac(self, body: bytes) -> bytes:
        return hmac.digest(self._nonce_key, body, sha256)[:_MAC_BYTES]


def new_id() -> str:
    """Return a random identifier that is also safe on a command line."""
    return token_bytes(_RANDOM_BYTES).hex()


def is_id(text: str) -> bool:
    """Say whether a text looks like what `new_id` makes."""
    return _ID.fullmatch(text) is not None


def new_secret() -> str:
    """Return 256 random bits as text."""
    return token_urlsafe(32)


def new_tx_code() -> str:
    """Return a transaction code of six digits."""
    return str(randbelow(10**TX_CODE_LENGTH)).zfill(TX_CODE_LENGTH)


def _mac(key: bytes, *parts: str) -> str:
    # Lengths first, so that no two lists of parts are one text.
    encoded = [part.encode("utf-8", "surrogatepass") for part in parts]
    text = b"".join(len(part).to_bytes(4, "big") + part for part in encoded)
    return base64url_encode(hmac.digest(key, text, sha256))
