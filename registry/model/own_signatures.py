"""What is verified of many proofs by keys that entries name themselves, read together."""

from collections.abc import Sequence

from registry.model.envelope import Proof
from registry.model.strict_keys import key_of_multikey, strict_signature
from ssi_core.encoding import multibase_decode_all
from ssi_core.errors import SsiError


def own_signatures(proofs: Sequence[Proof]) -> list[bytes]:
    """Return of each proof what `own_signature` does, or nothing where that raises."""
    at = "/proof/verificationMethod"
    try:
        multikeys = [proof.own_key() for proof in proofs]
        keys = multibase_decode_all(multikeys)
        signatures = multibase_decode_all([proof.value for proof in proofs])
        return [
            key_of_multikey(key, text, at=at) + strict_signature(signature) + proof.data
            for key, text, signature, proof in zip(keys, multikeys, signatures, proofs, strict=True)
        ]
    except SsiError:
        # At least one is not as it should be, and they are read one after another.
        return [_own_signature(proof) for proof in proofs]


def _own_signature(proof: Proof) -> bytes:
    try:
        return proof.own_signature()
    except SsiError:
        return b""
