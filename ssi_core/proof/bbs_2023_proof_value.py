"""The proof values of bbs-2023: https://w3c.github.io/vc-di-bbs/#bbs-2023-functions."""

from dataclasses import dataclass
from typing import Final, Self

from ssi_core.bbs.points import G2_BYTES
from ssi_core.bbs.signature import SIGNATURE_BYTES
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

_BASE: Final = b"\xd9\x5d\x02"
_DERIVED: Final = b"\xd9\x5d\x03"
_OPTIONAL_FEATURE: Final = "the optional features of bbs-2023 are not supported"
_FEATURES: Final = {b"\xd9\x5d" + bytes((last,)): _OPTIONAL_FEATURE for last in range(4, 10)}
_BBS_HEADER_BYTES: Final = 64
_COMPONENTS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseProofValue:
    """What an issuer gives to a holder: secret, since its HMAC key undoes the shuffling."""

    bbs_signature: bytes
    bbs_header: bytes
    public_key: bytes
    hmac_key: bytes
    mandatory_pointers: tuple[str, ...]

    def encode(self) -> str:
        """Return the `proofValue` (`serializeBaseProofValue`)."""
        components = (self.bbs_signature, self.bbs_header, self.public_key, self.hmac_key)
        return encode_proof_value(_BASE, [*components, list(self.mandatory_pointers)])

    @classmethod
    def decode(cls, text: str) -> Self:
        """Read a `proofValue` (`parseBaseProofValue`)."""
        other = {**_FEATURES, _DERIVED: "proof is a derived one where a base proof is due"}
        signature, header, key, hmac_key, pointers = _components(text, _BASE, other)
        return cls(
            bbs_signature=as_bytes(signature, SIGNATURE_BYTES),
            bbs_header=as_bytes(header, _BBS_HEADER_BYTES),
            public_key=as_bytes(key, G2_BYTES),
            hmac_key=as_bytes(hmac_key, HMAC_KEY_BYTES),
            mandatory_pointers=tuple(map(as_pointer, as_list(pointers))),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedProofValue:
    """What a holder gives to a verifier."""

    bbs_proof: bytes
    label_map: LabelMap
    mandatory_indexes: tuple[int, ...]
    selective_indexes: tuple[int, ...]
    presentation_header: bytes

    def encode(self) -> str:
        """Return the `proofValue` (`serializeDerivedProofValue`)."""
        compressed = {
            int(label.removeprefix("c14n")): int(signed.removeprefix("b"))
            for label, signed in self.label_map.items()
        }
        indexes = (list(self.mandatory_indexes), list(self.selective_indexes))
        return encode_proof_value(
            _DERIVED, [self.bbs_proof, compressed, *indexes, self.presentation_header]
        )

    @classmethod
    def decode(cls, text: str) -> Self:
        """Read a `proofValue` (`parseDerivedProofValue`)."""
        other = {**_FEATURES, _BASE: "proof is a base proof where a derived one is due"}
        proof, labels, mandatory, selective, header = _components(text, _DERIVED, other)
        return cls(
            bbs_proof=as_bytes(proof),
            label_map={
                f"c14n{as_index(label)}": f"b{as_index(signed)}"
                for label, signed in as_map(labels).items()
            },
            mandatory_indexes=as_indexes(mandatory),
            selective_indexes=as_indexes(selective),
            presentation_header=as_bytes(header),
        )


def _components(text: str, header: bytes, other: dict[bytes, str]) -> list[object]:
    components: list[object] = decode_proof_value(text, header, other=other)
    if len(components) != _COMPONENTS:
        raise MalformedError("a proof value has five components", at="/proof/proofValue")
    return components
