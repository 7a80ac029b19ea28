"""Choices that look random to whoever does not hold the key, and that are always the same.

What is coarsened by chance must come out alike however often, and under whichever grant, it is
asked for: fresh chance averages away.
"""

import hmac
import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from ssi_core.errors import MalformedError

_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class ReleaseKey:
    """A secret of whoever releases data about one person: 32 random bytes or more.

    One per person and not one per grant: recipients who put together what several grants gave them
    would else see several coarse views of one value, and cut between them.
    """

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) < _SECRET_BYTES:
            raise MalformedError("a release key has 32 bytes or more")

    def number(self, *about: str, below: int) -> int:
        """Return the number from 0 up to `below` that belongs to what is named."""
        message = json.dumps(about).encode()
        return int.from_bytes(hmac.digest(self.secret, message, sha256)) % below
