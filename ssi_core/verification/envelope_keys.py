"""Which key secured an envelope: by `kid`, by `iss` and `kid`, or by `cnf`.

https://www.w3.org/TR/vc-jose-cose/, section 4. The key must be that of the issuer or holder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ssi_core.credential import issuer_metadata
from ssi_core.credential.enveloped import Enveloped
from ssi_core.did.document import VerificationRelationship
from ssi_core.did.syntax import Did, DidUrl
from ssi_core.errors import HolderBindingError, ProofError, SsiError, TrustError
from ssi_core.json_types import JsonObject
from ssi_core.keys import PublicKey, public_key_from_jwk
from ssi_core.strict_json import as_object
from ssi_core.verification.evidence import DidNeed, Evidence, IssuerMetadataNeed

_KID: Final = "/header/kid"


@dataclass(frozen=True, slots=True)
class KeyName:
    """Where the key of a party is looked for, and by which name."""

    need: DidNeed | IssuerMetadataNeed
    key_id: str | None


def key_name(opened: Enveloped, party: str | None) -> KeyName:
    """Return where the key is that `opened` names, for its issuer or holder `party`.

    Raises `ProofError` for a `kid` that is not absolute where it must be, and `TrustError` where
    nothing that we fetch could tell the key.
    """
    key_id, named = opened.key_id, party or opened.issuer_claim
    if key_id is not None and key_id.startswith("did:"):
        return KeyName(DidNeed(DidUrl.parse(key_id, at=_KID).did), key_id)
    if named is None:
        raise TrustError("nothing says whose key made the signature", at=_KID)
    if named.startswith("did:"):
        # Section 4.1: `kid` must be there, and is relative to nothing but `iss`.
        if key_id is None or not key_id.startswith("#") or opened.issuer_claim is None:
            raise ProofError("the kid must be a DID URL", at=_KID)
        return KeyName(DidNeed(Did.parse(named, at="/iss")), named + key_id)
    if opened.issuer_claim is None and (key_id is None or "://" not in key_id):
        raise ProofError("the kid must be an absolute URL", at=_KID)
    issuer_metadata.metadata_url(named)
    return KeyName(IssuerMetadataNeed(named), key_id)


def find_key(
    opened: Enveloped,
    party: str | None,
    relationship: VerificationRelationship,
    *,
    evidence: Evidence,
    require_own: bool,
    at: datetime,
) -> PublicKey:
    """Return the key that `opened` names, if it has that relationship.

    `require_own` asks that it be the key of `party`, the issuer or holder, or else of `iss`.
    """
    name, named = key_name(opened, party), party or opened.issuer_claim
    match name.need:
        case DidNeed(did):
            if require_own and named is not None and str(did) != named:
                raise TrustError("the key is another party's", at=_KID)
            try:
                return evidence.document(did).key_for(str(name.key_id), relationship, at=at)
            except SsiError as error:
                # What its DID document says of a method is, here, what is wrong with the `kid`.
                raise type(error)(error.reason, at=_KID) from None
        case IssuerMetadataNeed(issuer):
            if relationship is not VerificationRelationship.ASSERTION_METHOD:
                raise TrustError("a holder is named by a DID", at="/holder")
            return issuer_metadata.key_from(evidence.keys_of(issuer), key_id=name.key_id)


def is_confirmed(opened: Enveloped) -> bool:
    """Say whether nothing but `cnf` in the credentials names the key of a presentation."""
    return opened.key_id is None and opened.issuer_claim is None and "holder" not in opened.document


def confirmed_key(inside: Sequence[Enveloped]) -> PublicKey:
    """Return the one key that each of the credentials in a presentation is bound to."""
    found = {holder_key(item) for item in inside}
    if len(found) != 1:
        raise HolderBindingError("no one key is confirmed by the credentials", at="/cnf")
    return found.pop()


def require_possession(item: Enveloped, presented: Enveloped, key: PublicKey) -> None:
    """Return if the credential's `cnf`, if it has one, is the key that presents it (RFC 7800)."""
    if "cnf" not in item.claims:
        return
    confirmation = _confirmation(item)
    if "jwk" in confirmation and holder_key(item) == key:
        return
    # A method of confirmation that is not known here confirms nothing.
    named = confirmation.get("kid")
    if "jwk" not in confirmation and named is not None and named == presented.key_id:
        return
    raise HolderBindingError("presented by another key than the credential's", at="/cnf")


def holder_key(opened: Enveloped) -> PublicKey:
    """Return the key in the `cnf` of a credential; `HolderBindingError` if it has none."""
    if (jwk := _confirmation(opened).get("jwk")) is None:
        raise HolderBindingError("the credential is bound to no key", at="/cnf/jwk")
    return public_key_from_jwk(as_object(jwk, at="/cnf/jwk"), at="/cnf/jwk")


def _confirmation(opened: Enveloped) -> JsonObject:
    return as_object(opened.claims.get("cnf", {}), at="/cnf")
