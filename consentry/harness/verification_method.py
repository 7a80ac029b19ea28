"""The key that a harness hands over: a verification method, with its secret key where it signs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Self

from ssi_core.encoding import base64url_decode
from ssi_core.errors import AlgorithmError, MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.keys import (
    Ed25519Signer,
    P256Signer,
    P384Signer,
    P521Signer,
    PublicKey,
    Signer,
    public_key_from_jwk,
)
from ssi_core.strict_json import as_object, as_text

_SIGNERS: Final[Mapping[str, Callable[[bytes], Signer]]] = MappingProxyType(
    {"Ed25519": Ed25519Signer, "P-256": P256Signer, "P-384": P384Signer, "P-521": P521Signer}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationMethod:
    """A `JsonWebKey` (Controlled Identifiers section 2.2.3) and the secret key beside it."""

    id: str
    public_key: PublicKey
    secret_jwk: JsonObject | None

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read a method; its public key must be a JWK (VC-JOSE-COSE section 4.3)."""
        if source.get("type") != "JsonWebKey":
            raise MalformedError("must be JsonWebKey", at="/type")
        secret = source.get("secretKeyJwk")
        return cls(
            id=as_text(source.get("id"), at="/id"),
            public_key=public_key_from_jwk(
                as_object(source.get("publicKeyJwk"), at="/publicKeyJwk"), at="/publicKeyJwk"
            ),
            secret_jwk=None if secret is None else as_object(secret, at="/secretKeyJwk"),
        )

    def signer(self) -> Signer:
        """Return the secret key; `MalformedError` unless it is there and fits the public one."""
        at = "/secretKeyJwk"
        if self.secret_jwk is None:
            raise MalformedError("signing takes a secret key", at=at)
        make = _SIGNERS.get(as_text(self.secret_jwk.get("crv"), at=f"{at}/crv"))
        if make is None:
            raise AlgorithmError("key type is not supported", at=at)
        secret = as_text(self.secret_jwk.get("d"), at=f"{at}/d")
        signer = make(base64url_decode(secret, at=f"{at}/d"))
        if signer.public_key != self.public_key:
            raise MalformedError("the secret key belongs to another public key", at=at)
        return signer
