"""The proof values of ecdsa-sd-2023: https://www.w3.org/TR/vc-di-ecdsa/#ecdsa-sd-2023-functions."""

from dataclasses import dataclass
from typing import Final, Self

from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import MalformedError
from ssi_core.proof.cbor_proof_value import (
    as_bytes,
    as_index,
    as_indexes,
    as_list,
    as_map,
    as_pointer,
    decode_proof_value,
    encode_proof_value,
)
from ssi_core.proof.selective_disclosure import HMAC_KEY_BYTES, LabelMap

_BASE: Final = b"\xd9\x5d\x00"
_DERIVED: Final = b"\xd9\x5d\x01"
_SIGNATURE_BYTES: Final = 64
# Two bytes of multicodec and a compressed point. (The Recommendation says 36 in one place.)
_PUBLIC_KEY_BYTES: Final = 35
_LABEL_BYTES: Final = 32
_COMPONENTS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseProofValue:
    """What an issuer gives to a holder: secret, since it has a signature for every statement."""

    base_signature: bytes
    # The key of this proof alone, as a Multikey without its multibase.
    public_key: bytes
    hmac_key: bytes
    signatures: tuple[bytes, ...]
    mandatory_pointers: tuple[str, ...]

    def encode(self) -> str:
        """Return the `proofValue` (`serializeBaseProofValue`)."""
        lists = (list(self.signatures), list(self.mandatory_pointers))
        return encode_proof_value(
            _BASE, [self.base_signature, self.public_key, self.hmac_key, *lists]
        )

    @classmethod
    def decode(cls, text: str) -> Self:
        """Read a `proofValue` (`parseBaseProofValue`)."""
        other = {_DERIVED: "proof is a derived one where a base proof is due"}
        signature, key, hmac_key, signatures, pointers = _components(text, _BASE, other)
        return cls(
            base_signature=as_bytes(signature, _SIGNATURE_BYTES),
            public_key=as_bytes(key, _PUBLIC_KEY_BYTES),
            hmac_key=as_bytes(hmac_key, HMAC_KEY_BYTES),
            signatures=_signatures(signatures),
            mandatory_pointers=tuple(map(as_pointer, as_list(pointers))),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedProofValue:
    """What a holder gives to a verifier."""

    base_signature: bytes
    public_key: bytes
    signatures: tuple[bytes, ...]
    label_map: LabelMap
    mandatory_indexes: tuple[int, ...]

    def encode(self) -> str:
        """Return the `proofValue` (`serializeDerivedProofValue`)."""
        compressed = {
            int(label.removeprefix("c14n")): base64url_decode(signed.removeprefix("u"))
            for label, signed in self.label_map.items()
        }
        lists = (list(self.signatures), compressed, list(self.mandatory_indexes))
        return encode_proof_value(_DERIVED, [self.base_signature, self.public_key, *lists])

    @classmethod
    def decode(cls, text: str) -> Self:
        """Read a `proofValue` (`parseDerivedProofValue`)."""
        other = {_BASE: "proof is a base proof where a derived one is due"}
        signature, key, signatures, labels, mandatory = _components(text, _DERIVED, other)
        return cls(
            base_signature=as_bytes(signature, _SIGNATURE_BYTES),
            public_key=as_bytes(key, _PUBLIC_KEY_BYTES),
            signatures=_signatures(signatures),
            label_map={
                f"c14n{as_index(label)}": "u" + base64url_encode(as_bytes(signed, _LABEL_BYTES))
                for label, signed in as_map(labels).items()
            },
            mandatory_indexes=as_indexes(mandatory),
        )


def _signatures(value: object) -> tuple[bytes, ...]:
    return tuple(as_bytes(signature, _SIGNATURE_BYTES) for signature in as_list(value))


def _components(text: str, header: bytes, other: dict[bytes, str]) -> list[object]:
    components: list[object] = decode_proof_value(text, header, other=other)
    if len(components) != _COMPONENTS:
        raise MalformedError("a proof value has five components", at="/proof/proofValue")
    return components
