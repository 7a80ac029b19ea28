"""Client Identifiers and their prefixes (OpenID4VP 1.0 section 5.9)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from ssi_core.errors import MalformedError

_MAX_CHARACTERS: Final = 4096


class ClientIdPrefix(StrEnum):
    """How the Client Identifier is to be read, and how its owner is authenticated."""

    REDIRECT_URI = "redirect_uri"
    DECENTRALIZED_IDENTIFIER = "decentralized_identifier"
    X509_SAN_DNS = "x509_san_dns"
    X509_HASH = "x509_hash"
    PRE_REGISTERED = "pre-registered"


# Defined by the specification but not read here; to take them for pre-registered would be wrong.
_OTHER_PREFIXES: Final = frozenset({"openid_federation", "verifier_attestation", "origin"})


@dataclass(frozen=True, slots=True)
class ClientId:
    """A Client Identifier: `<prefix>:<value>`, or a bare value that is pre-registered."""

    prefix: ClientIdPrefix
    value: str

    @classmethod
    def parse(cls, text: str, *, at: str = "/client_id") -> Self:
        """Read a Client Identifier.

        A text whose first part is no prefix of the specification is pre-registered, whole;
        `openid_federation`, `verifier_attestation` and `origin` are refused.
        """
        if not text or len(text) > _MAX_CHARACTERS:
            raise MalformedError("not a Client Identifier", at=at)
        prefix, colon, value = text.partition(":")
        if not colon or prefix not in _SPOKEN:
            if colon and prefix in _OTHER_PREFIXES:
                raise MalformedError("Client Identifier Prefix is not supported", at=at)
            return cls(ClientIdPrefix.PRE_REGISTERED, text)
        if not value:
            raise MalformedError("not a Client Identifier", at=at)
        return cls(ClientIdPrefix(prefix), value)

    def __str__(self) -> str:
        """Return the full Client Identifier, which is also the audience of presentations."""
        if self.prefix is ClientIdPrefix.PRE_REGISTERED:
            return self.value
        return f"{self.prefix}:{self.value}"


_SPOKEN: Final = frozenset(ClientIdPrefix) - {ClientIdPrefix.PRE_REGISTERED}
