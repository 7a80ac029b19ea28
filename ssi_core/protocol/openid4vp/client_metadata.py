"""What a verifier says about itself in a request: `client_metadata` (OpenID4VP 1.0 section 5.1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from ssi_core import jwe
from ssi_core.errors import AlgorithmError, MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import P256PublicKey, public_key_from_jwk
from ssi_core.strict_json import as_array, as_object, as_text, as_texts

_DEFAULT_CONTENT_ALGORITHM: Final = "A128GCM"
_KNOWN: Final = frozenset(
    {"vp_formats_supported", "jwks", "encrypted_response_enc_values_supported"}
)
_MAX_KEYS: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientMetadata:
    """Formats that the verifier reads, and how to encrypt the response to it."""

    vp_formats_supported: JsonObject
    keys: tuple[JsonObject, ...] = ()
    content_algorithms: tuple[str, ...] = (_DEFAULT_CONTENT_ALGORITHM,)
    other: JsonObject = field(default_factory=dict)

    @classmethod
    def parse(cls, source: JsonObject, *, at: str = "/client_metadata") -> Self:
        """Read the object; each JWK needs a `kid` of its own, the list of `enc` is not empty."""
        content = source.get("encrypted_response_enc_values_supported")
        enc_at = f"{at}/encrypted_response_enc_values_supported"
        return cls(
            vp_formats_supported=as_object(
                source.get("vp_formats_supported", {}), at=f"{at}/vp_formats_supported"
            ),
            keys=_keys(source, f"{at}/jwks"),
            content_algorithms=(
                (_DEFAULT_CONTENT_ALGORITHM,) if content is None else as_texts(content, at=enc_at)
            ),
            other={name: value for name, value in source.items() if name not in _KNOWN},
        )

    def to_json(self) -> JsonObject:
        """Return the object; defaults are left out, as the specification wants."""
        value: dict[str, JsonValue] = {"vp_formats_supported": self.vp_formats_supported}
        if self.keys:
            value["jwks"] = {"keys": list(self.keys)}
        if self.content_algorithms != (_DEFAULT_CONTENT_ALGORITHM,):
            value["encrypted_response_enc_values_supported"] = list(self.content_algorithms)
        return {**value, **self.other}

    def encryption_key(self) -> JsonObject:
        """Return the first key that we can encrypt to; `AlgorithmError` if there is none."""
        for key in self.keys:
            if _is_for_us(key):
                return key
        raise AlgorithmError("no key that we can encrypt to", at="/client_metadata/jwks")

    def content_algorithm(self) -> str:
        """Return the verifier's first content encryption that we know; `AlgorithmError` if none."""
        for name in self.content_algorithms:
            if name in jwe.CONTENT_ALGORITHMS:
                return name
        raise AlgorithmError(
            "no content encryption that we know",
            at="/client_metadata/encrypted_response_enc_values_supported",
        )


def _keys(source: JsonObject, at: str) -> tuple[JsonObject, ...]:
    if "jwks" not in source:
        return ()
    values = as_array(as_object(source["jwks"], at=at).get("keys"), at=f"{at}/keys")
    if len(values) > _MAX_KEYS:
        raise MalformedError("too many keys", at=f"{at}/keys")
    keys = tuple(as_object(value, at=f"{at}/keys/{index}") for index, value in enumerate(values))
    names = [as_text(key.get("kid"), at=f"{at}/keys/{i}/kid") for i, key in enumerate(keys)]
    if len(set(names)) != len(names):
        raise MalformedError("each key has a `kid` of its own", at=f"{at}/keys")
    return keys


def _is_for_us(key: Mapping[str, JsonValue]) -> bool:
    # Section 8.3: `alg` must be present, and a key without `use` is for encryption.
    if key.get("alg") != jwe.ALGORITHM or key.get("use", "enc") != "enc":
        return False
    if key.get("kty") != "EC" or key.get("crv") != "P-256":
        return False
    return isinstance(public_key_from_jwk(key, at="/client_metadata/jwks"), P256PublicKey)
