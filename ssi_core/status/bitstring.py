"""The bits of a Bitstring Status List: https://www.w3.org/TR/vc-bitstring-status-list/#algorithms."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import MalformedError
from ssi_core.status.inflate import GZIP, MAX_LIST_BYTES, deflate, inflate

# Section 3.2: so many entries that one of them tells nothing. One bit each, they are 16 KiB.
MINIMUM_ENTRIES: Final = 131_072
# Beyond this, an entry's messages, one for each value, would be a document of their own.
MAX_STATUS_SIZE: Final = 8
# Multibase's base64url without padding.
_PREFIX: Final = "u"
_BYTE: Final = 8


@dataclass(frozen=True, slots=True)
class BitstringStatusList:
    """Entries of `size` bits each, index 0 at the left-most bit (section 2.2, encodedList)."""

    data: bytes
    size: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.size <= MAX_STATUS_SIZE:
            raise MalformedError("a status has 1 to 8 bits", at="/statusSize")

    @classmethod
    def new(cls, length: int = MINIMUM_ENTRIES, size: int = 1) -> Self:
        """Return a list of at least `length` entries, and at least 131,072, all of them 0."""
        return cls(bytes(-(-max(length, MINIMUM_ENTRIES) * size // _BYTE)), size)

    def __len__(self) -> int:
        return len(self.data) * _BYTE // self.size

    def get(self, index: int) -> int:
        """Return the status at `index`, an unsigned integer of `size` bits."""
        self._require_inside(index)
        start = index * self.size
        end = start + self.size
        covering = self.data[start // _BYTE : -(-end // _BYTE)]
        return int.from_bytes(covering, "big") >> -end % _BYTE & (1 << self.size) - 1

    def with_status(self, changes: Mapping[int, int]) -> Self:
        """Return a list in which the statuses at these indexes are these."""
        data = bytearray(self.data)
        for index, status in changes.items():
            self._require_inside(index)
            if not 0 <= status < 1 << self.size:
                raise MalformedError("the status does not fit the status list")
            for bit in range(self.size):
                byte, place = divmod(index * self.size + bit, _BYTE)
                mask = 1 << _BYTE - 1 - place
                wanted = status >> self.size - 1 - bit & 1
                data[byte] = data[byte] | mask if wanted else data[byte] & ~mask
        return type(self)(bytes(data), self.size)

    def require_length(self, minimum: int = MINIMUM_ENTRIES) -> Self:
        """Return the list if its entries are enough to hide one among them (section 3.2)."""
        if len(self) < minimum:
            raise MalformedError("a status list has too few entries", at="/encodedList")
        return self

    def encode(self) -> str:
        """Return the `encodedList` (section 3.3); the same bits always give the same text."""
        return _PREFIX + base64url_encode(deflate(self.data, frame=GZIP))

    @classmethod
    def decode(cls, text: str, size: int = 1, *, max_bytes: int = MAX_LIST_BYTES) -> Self:
        """Read an `encodedList` (section 3.4), refusing what would inflate beyond `max_bytes`."""
        if not text.startswith(_PREFIX):
            raise MalformedError("must be base64url with its multibase prefix", at="/encodedList")
        compressed = base64url_decode(text[1:], at="/encodedList")
        data = inflate(compressed, frame=GZIP, max_bytes=max_bytes, at="/encodedList")
        return cls(data, size)

    def _require_inside(self, index: int) -> None:
        if not 0 <= index < len(self):
            raise MalformedError("the index lies outside the status list", at="/statusListIndex")
