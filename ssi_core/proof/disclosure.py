"""One selectively disclosable claim: https://www.rfc-editor.org/rfc/rfc9901#section-4.2."""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from ssi_core import strict_json
from ssi_core.encoding import base64url_decode_all, base64url_encode, base64url_encode_all
from ssi_core.errors import AlgorithmError, MalformedError
from ssi_core.json_types import JsonValue

if TYPE_CHECKING:
    from hashlib import _Hash

# The names are those of the IANA "Named Information Hash Algorithm" registry (section 4.1.1).
_HASHES: Final[Mapping[str, "Callable[[bytes], _Hash]"]] = MappingProxyType(
    {"sha-256": hashlib.sha256, "sha-384": hashlib.sha384, "sha-512": hashlib.sha512}
)
HASH_ALGORITHMS: Final = frozenset(_HASHES)
DEFAULT_HASH_ALGORITHM: Final = "sha-256"

# Section 4.1: these members carry digests, so no claim may have their names.
DIGESTS: Final = "_sd"
ELEMENT_DIGEST: Final = "..."
HASH_ALGORITHM: Final = "_sd_alg"
RESERVED_NAMES: Final = frozenset({DIGESTS, ELEMENT_DIGEST, HASH_ALGORITHM})

SALT_BYTES: Final = 16
_OF_ELEMENT: Final = 2
_OF_PROPERTY: Final = 3


def digest(data: bytes, algorithm: str) -> str:
    """Hash `data` with a named algorithm and encode as base64url (section 4.2.3)."""
    if (make := _HASHES.get(algorithm)) is None:
        raise AlgorithmError("hash algorithm is not supported", at=f"/{HASH_ALGORITHM}")
    return base64url_encode(make(data).digest())


def by_digest(disclosures: Sequence["Disclosure"], algorithm: str) -> dict[str, "Disclosure"]:
    """Return each disclosure under its digest; one sent twice is there once."""
    if (make := _HASHES.get(algorithm)) is None:
        raise AlgorithmError("hash algorithm is not supported", at=f"/{HASH_ALGORITHM}")
    digests = [make(item.text.encode()).digest() for item in disclosures]
    return dict(zip(base64url_encode_all(digests), disclosures, strict=True))


# A tuple, for a presentation has dozens, and a frozen dataclass takes twice as long to make.
class Disclosure(NamedTuple):
    """A salted claim: an object property, or an array element if `name` is None.

    `text` is the base64url form exactly as the issuer made it, for its digest covers every byte.
    """

    text: str
    salt: str
    name: str | None
    value: JsonValue

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Disclosure) and self.text == other.text

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.text)

    @classmethod
    def parse(cls, text: str, *, at: str = "/disclosures") -> Self:
        """Read a disclosure: base64url of a JSON array `[salt, name, value]` or `[salt, value]`."""
        return cls.parse_all((text,), at=at)[0]

    @classmethod
    def parse_all(cls, texts: Sequence[str], *, at: str = "/disclosures") -> tuple[Self, ...]:
        """Read several disclosures, such as those of one SD-JWT."""
        if "" in texts:
            raise MalformedError("a disclosure is not empty", at=at)
        arrays = strict_json.parse_all(base64url_decode_all(texts, at=at))
        found = []
        for text, parts in zip(texts, arrays, strict=True):
            if not isinstance(parts, list) or len(parts) not in (_OF_ELEMENT, _OF_PROPERTY):
                raise MalformedError("a disclosure is an array of two or three elements", at=at)
            if not isinstance(parts[0], str):
                raise MalformedError("the salt of a disclosure is a string", at=at)
            if len(parts) == _OF_ELEMENT:
                parts.insert(1, None)
            elif not isinstance(parts[1], str) or parts[1] in RESERVED_NAMES:
                _require_claim_name(parts[1], at)
            found.append(tuple.__new__(cls, (text, *parts)))
        return tuple(found)

    @classmethod
    def make(cls, name: str | None, value: JsonValue, *, salt: bytes | None = None) -> Self:
        """Make a disclosure; `salt` has at least 16 bytes and is random unless given."""
        if salt is None:
            salt = secrets.token_bytes(SALT_BYTES)
        if len(salt) < SALT_BYTES:
            raise MalformedError("a salt has 128 bits or more")
        encoded_salt = base64url_encode(salt)
        if name is not None:
            _require_claim_name(name, "/disclosures")
        named = () if name is None else (name,)
        try:
            array = strict_json.render([encoded_salt, *named, value]).encode("utf-8")
        except (ValueError, TypeError, RecursionError):
            raise MalformedError("a claim value is not JSON") from None
        return cls(base64url_encode(array), encoded_salt, name, value)

    def digest(self, algorithm: str = DEFAULT_HASH_ALGORITHM) -> str:
        """Return what stands for this disclosure in the signed payload (section 4.2.3)."""
        return digest(self.text.encode("ascii"), algorithm)


def _require_claim_name(value: JsonValue, at: str) -> None:
    if not isinstance(value, str):
        raise MalformedError("the claim name of a disclosure is a string", at=at)
    if value in RESERVED_NAMES:
        raise MalformedError("a disclosure uses a reserved claim name", at=at)
