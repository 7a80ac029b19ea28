"""The keys that the profile signs with: one of each kind, each of them a did:key of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from ssi_core.did import key
from ssi_core.did.syntax import Did
from ssi_core.errors import AlgorithmError
from ssi_core.keys import (
    Bls12381G2Signer,
    Ed25519Signer,
    P256Signer,
    P384Signer,
    PrivateKey,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HarnessKeys:
    """One private key of each kind."""

    ed25519: Ed25519Signer
    p256: P256Signer
    p384: P384Signer
    bls12381_g2: Bls12381G2Signer

    @classmethod
    def generate(cls) -> Self:
        """Return fresh keys."""
        return cls(
            ed25519=Ed25519Signer.generate(),
            p256=P256Signer.generate(),
            p384=P384Signer.generate(),
            bls12381_g2=Bls12381G2Signer.generate(),
        )

    def named(self, key_type: str) -> PrivateKey:
        """Return the key of a kind, by the name that harnesses have for it."""
        found = self._by_name().get(key_type)
        if found is None:
            raise AlgorithmError("there is no key of this type here")
        return found

    def dids(self) -> Mapping[str, str]:
        """Return the DID of each key, by the name of its kind."""
        return {name: str(did_of(signer)) for name, signer in self._by_name().items()}

    def _by_name(self) -> Mapping[str, PrivateKey]:
        return {
            "Ed25519": self.ed25519,
            "P-256": self.p256,
            "P-384": self.p384,
            "Bls12381G2": self.bls12381_g2,
        }


def did_of(signer: PrivateKey) -> Did:
    """Return the did:key of `signer`."""
    return key.did_for(signer.public_key)


def method_of(signer: PrivateKey) -> str:
    """Return the only verification method of the did:key of `signer`."""
    return key.method_id(did_of(signer))
