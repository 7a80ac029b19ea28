"""Who signs: the `iss` of credentials, and the key that stands behind it."""

from dataclasses import dataclass

from ssi_core.keys import Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningIdentity:
    """A DID and the P-256 key, named by its DID URL, that signs credentials in its name."""

    did: str
    key_id: str
    signer: Signer
