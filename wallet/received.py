"""Check what an issuer sent before it is kept: signature, type, status, and our own keys in it."""

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from ssi_core import verification
from ssi_core.credential.sd_jwt_vc import SdJwtVc, VerifiedSdJwtVc
from ssi_core.errors import HolderBindingError, MalformedError, RejectedError
from ssi_core.json_types import JsonObject
from ssi_core.keys import PrivateKey, PublicKey
from ssi_core.verification import VerificationPolicy
from ssi_core.x5c import CertificateChain
from wallet.claims import TECHNICAL
from wallet.credential import Copy, HeldCredential
from wallet.issuance import Received, Wanted
from wallet.ports import EvidenceSource

ALGORITHMS: Final = frozenset({"ES256", "EdDSA", "Ed25519"})
_ID_BYTES: Final = 9


def verified_copies(
    received: Received,
    *,
    issuer_name: str,
    evidence: EvidenceSource,
    certificates: Collection[bytes],
    at: datetime,
) -> tuple[HeldCredential, tuple[Copy, ...]]:
    """Return the credential with its copies, each bound to one of the keys made for it.

    Raises the error of the first check that says no, `UnavailableError` when one could not be made.
    """
    parsed = [_parsed(text) for text in received.texts]
    if len(parsed) > len(received.wanted.keys):
        raise MalformedError("the issuer sent more copies than keys", at="/credentials")
    facts = evidence.gather({need for item in parsed for need in verification.needs(item)})
    policy = _policy(received.wanted.vct, certificates or _own_leaves(parsed))
    verified = [
        verification.verify(item, evidence=facts, policy=policy, expected=None, at=at)
        for item in parsed
    ]
    _require_alike(verified)
    keys = _keys_of(verified, received.wanted.keys)
    credential = _credential(received.wanted, verified[0].issuer, issuer_name, at=at)
    copies = (
        Copy(id=_new_id("copy"), credential_id=credential.id, text=text, key=key)
        for text, key in zip(received.texts, keys, strict=True)
    )
    return credential, tuple(copies)


def _policy(vct: str, certificates: Collection[bytes]) -> VerificationPolicy:
    return VerificationPolicy(
        algorithms=ALGORITHMS,
        vcts=frozenset({vct}),
        require_status=False,
        require_holder_binding=False,
        trusted_certificates=frozenset(certificates) or None,
    )


def _own_leaves(parsed: Sequence[SdJwtVc]) -> frozenset[bytes]:
    """Return the certificates that came with the credentials.

    A wallet that was told of no authority believes what the issuer of the offer, whom it reached
    by TLS, says of itself; signature, dates and the host in `iss` are checked all the same.
    """
    chains = (item.header.get("x5c") for item in parsed)
    return frozenset(CertificateChain.parse(chain).leaf for chain in chains if chain is not None)


def _credential(wanted: Wanted, issuer: str, issuer_name: str, *, at: datetime) -> HeldCredential:
    return HeldCredential(
        id=_new_id("credential"),
        vct=wanted.vct,
        issuer=issuer,
        issuer_name=issuer_name,
        title=wanted.title,
        labels=wanted.labels,
        received_at=at,
    )


def _parsed(text: str) -> SdJwtVc:
    parsed = SdJwtVc.parse(text)
    if parsed.sd_jwt.key_binding is not None:
        raise MalformedError("an issuer does not make key bindings", at="/credentials")
    return parsed


def _require_alike(verified: Sequence[VerifiedSdJwtVc]) -> None:
    # A copy that says something else would be shown to a verifier that the person did not mean.
    first = verified[0]
    for other in verified[1:]:
        if other.issuer != first.issuer or _about(other) != _about(first):
            raise RejectedError("the copies of one credential differ", at="/credentials")


def _about(verified: VerifiedSdJwtVc) -> JsonObject:
    return {name: value for name, value in verified.claims.items() if name not in TECHNICAL}


def _keys_of(
    verified: Sequence[VerifiedSdJwtVc], keys: Sequence[PrivateKey]
) -> tuple[PrivateKey, ...]:
    waiting: dict[PublicKey, PrivateKey] = {key.public_key: key for key in keys}
    found = [waiting.pop(item.holder_key, None) for item in verified if item.holder_key]
    bound = tuple(key for key in found if key is not None)
    if len(bound) != len(verified):
        raise HolderBindingError("a copy is not bound to a key of its own here", at="/cnf")
    return bound


def _new_id(kind: str) -> str:
    return f"{kind}-{secrets.token_hex(_ID_BYTES)}"
