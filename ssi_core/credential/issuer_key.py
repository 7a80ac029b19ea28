"""Which key speaks for an issuer: from its DID document, its metadata, or a certificate chain.

https://datatracker.ietf.org/doc/draft-ietf-oauth-sd-jwt-vc/, section 2.5.
"""

from collections.abc import Collection
from datetime import datetime

from ssi_core.credential.issuer_metadata import issuer_host
from ssi_core.did.document import DidDocument, VerificationRelationship
from ssi_core.did.syntax import Did
from ssi_core.errors import ProofError, TrustError
from ssi_core.json_types import JsonValue
from ssi_core.keys import PublicKey
from ssi_core.x5c import CertificateChain

_ASSERTION: VerificationRelationship = VerificationRelationship.ASSERTION_METHOD


def key_from_document(document: DidDocument, did: Did, *, key_id: str | None) -> PublicKey:
    """Return the assertion key named `key_id`, a DID URL of `did`, or the only one there is."""
    if document.did != did:
        raise ProofError("the DID document is another DID's", at="/id")
    if key_id is not None:
        # A DID URL of the issuer, absolute or relative; `key_for` minds the rest of its syntax.
        if not key_id.startswith("#") and key_id.partition("#")[0] != str(did):
            raise ProofError("the key is not the issuer's", at="/header/kid")
        return document.key_for(key_id, _ASSERTION)
    methods = document.method_ids(_ASSERTION)
    if len(methods) != 1:
        raise ProofError("the credential must say which key signed it", at="/header/kid")
    return document.key_for(methods[0], _ASSERTION)


def key_from_chain(
    header: JsonValue, issuer: str | None, *, trusted: Collection[bytes] | None, at: datetime
) -> tuple[str, PublicKey]:
    """Return issuer and key of an `x5c` chain that leads to a certificate in `trusted` (DER).

    An `iss` must be a URL of a host that the leaf names; without one, the leaf's hash is the name.
    """
    if trusted is None:
        raise TrustError("certificates are not accepted here", at="/header/x5c")
    chain = CertificateChain.parse(header)
    chain.require_trusted(trusted=trusted, at=at)
    if issuer is None:
        return f"x509_hash:{chain.leaf_hash}", chain.leaf_key
    if issuer.startswith("did:") or issuer_host(issuer) not in chain.dns_names:
        raise TrustError("the certificate does not name the issuer", at="/iss")
    return issuer, chain.leaf_key
