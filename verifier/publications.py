"""Status lists in the log: that the list which was fetched is the one that everybody is shown."""

from registry.client.edge.kept_evidence import KeptEvidence
from registry.client.edge.reading import believed
from registry.model.evidence import StatusPublication, verify_status_publication
from ssi_core.credential.sd_jwt_vc import VerifiedSdJwtVc
from ssi_core.did.syntax import Did
from ssi_core.errors import SsiError, StaleError, StatusUndeterminedError
from ssi_core.status.token import StatusListToken, digest
from verifier.presentations import Circumstances


def require_published(verified: VerifiedSdJwtVc, *, by: Circumstances) -> StatusPublication | None:
    """Return the log's latest word on the credential's status list, if that is the list we read.

    Nothing for a credential without one, which has nothing to be published. Raises
    `StatusUndeterminedError`: an issuer that shows the log one list and us another has told us
    nothing.
    """
    reference = verified.status
    if reference is None:
        return None
    issuer = issuer_of(verified.issuer)
    found = by.evidence.publications.get((issuer, reference.uri))
    if found is None or isinstance(found, SsiError):
        raise StatusUndeterminedError("the log could not be asked about the status list")
    token = StatusListToken.parse(by.evidence.credentials.status_list(reference.uri))
    try:
        return verify_status_publication(
            found,
            issuer=issuer,
            uri=reference.uri,
            digest=digest(token.encoded_list),
            policy=believed(by.log, found, kept_for=by.kept_for),
            at=by.at,
        )
    except StaleError:
        if isinstance(found, KeptEvidence):
            # Nobody answered and what we kept is too old, so that we do not know.
            raise StatusUndeterminedError("nothing young enough is known of the list") from None
        raise


def issuer_of(text: str) -> Did:
    """Return the issuer as a DID, which alone can publish in the log."""
    if not text.startswith("did:"):
        raise StatusUndeterminedError("only a DID publishes status lists in the log", at="/iss")
    return Did.parse(text, at="/iss")
