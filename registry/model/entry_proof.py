"""The one form of proof that entries have: eddsa-jcs-2022 with the same options everywhere.

https://www.w3.org/TR/vc-di-eddsa/#eddsa-jcs-2022
"""

from hashlib import sha256
from typing import Final

from registry.model import profile
from ssi_core.json_types import JsonObject
from ssi_core.keys import Signer
from ssi_core.proof import eddsa

CRYPTOSUITE: Final = "eddsa-jcs-2022"
PURPOSE: Final = "assertionMethod"
# Everything but `proofValue`, in canonical form.
_OPTIONS: Final = (
    b'{"cryptosuite":"eddsa-jcs-2022","proofPurpose":"assertionMethod",'
    b'"type":"DataIntegrityProof","verificationMethod":%s}'
)


def proof_of(members: JsonObject, method: str, signer: Signer) -> JsonObject:
    """Return a proof over all of these members, by the key that `method` is the name of.

    This is eddsa-jcs-2022 (section 3.3) with the options that all proofs in a log have.
    """
    return {
        "type": "DataIntegrityProof",
        "cryptosuite": CRYPTOSUITE,
        "verificationMethod": method,
        "proofPurpose": PURPOSE,
        "proofValue": eddsa.sign(hash_data(profile.render(members), method), signer),
    }


def hash_data(unsigned: bytes, method: str) -> bytes:
    """Return what is signed (section 3.3.4): the digests of the options and of the entry."""
    options = _OPTIONS % profile.render_text(method)
    return sha256(options).digest() + sha256(unsigned).digest()
