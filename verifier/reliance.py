"""What an accepted answer rests on that nobody could confirm when it was accepted."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from registry.client.edge.freshness import OTHER, Basis, basis
from registry.client.edge.kept_dids import KeptDocument
from registry.client.edge.kept_evidence import KeptEvidence, size_of
from registry.client.edge.stale_uses import Ground, Reliance
from ssi_core.credential.issuer_key import key_from_document
from ssi_core.credential.sd_jwt_vc import VerifiedSdJwtVc
from ssi_core.did.document import DidDocument, VerificationRelationship
from ssi_core.did.syntax import Did
from ssi_core.json_types import JsonObject
from ssi_core.keys import thumbprint
from verifier.policy import AccreditedIssuers
from verifier.presentations import Circumstances, accreditation_of
from verifier.publications import issuer_of, require_published
from verifier.staleness import strictest
from verifier.validation import Verdict

# Organisations of a registry; another DID has a place of its own, which was asked.
LOGGED: Final = "webvh"


def relied_on_kept(verdict: Verdict, *, by: Circumstances) -> tuple[tuple[Reliance, Basis], ...]:
    """Return what an accepted answer owes to evidence from before the log was lost, each once.

    That is the accreditations of issuers, publications of status lists and documents of issuers'
    DIDs; and with the first two the keys in the third, for no document could be asked for at the
    registry either. A grant is for one request, so nothing was kept of it before the answer.
    """
    found = dict[str, tuple[Reliance, Basis]]()
    for reliance, on in _all(verdict, by):
        found.setdefault(f"{reliance.ground} {reliance.id}", (reliance, on))
    return tuple(found.values())


def _all(verdict: Verdict, by: Circumstances) -> Iterator[tuple[Reliance, Basis]]:
    for credentials in verdict.credentials.values():
        for verified in credentials:
            log = (*_accreditation(verified, by), *_status(verified, by))
            yield from log
            yield from _key(verified, log[0][1] if log else None, by)


def _accreditation(
    verified: VerifiedSdJwtVc, by: Circumstances
) -> Iterator[tuple[Reliance, Basis]]:
    issuers = by.question.policy.issuers
    if not isinstance(issuers, AccreditedIssuers):
        return
    found = by.evidence.accreditations.get((issuer_of(verified.issuer), verified.vct))
    if isinstance(found, KeptEvidence):
        given = accreditation_of(verified, issuers.roots, by=by)
        yield Reliance(Ground.ACCREDITATION, given.id), _basis(size_of(found), given.known_at, by)


def _status(verified: VerifiedSdJwtVc, by: Circumstances) -> Iterator[tuple[Reliance, Basis]]:
    reference = verified.status
    if reference is None or not by.question.policy.status.in_log:
        return
    issuer = issuer_of(verified.issuer)
    found = by.evidence.publications.get((issuer, reference.uri))
    published = require_published(verified, by=by) if isinstance(found, KeptEvidence) else None
    if published is None or not isinstance(found, KeptEvidence):
        return
    detail: JsonObject = {
        "uri": reference.uri,
        "index": reference.index,
        "issuer": str(issuer),
        "sequence": published.sequence,
    }
    reliance = Reliance(Ground.STATUS, f"{reference.uri}#{reference.index}", detail)
    yield reliance, _basis(size_of(found), published.known_at, by)


def _key(
    verified: VerifiedSdJwtVc, on: Basis | None, by: Circumstances
) -> Iterator[tuple[Reliance, Basis]]:
    if not verified.issuer.startswith("did:"):
        return
    issuer = Did.parse(verified.issuer, at="/iss")
    document = by.evidence.credentials.dids.get(issuer)
    if isinstance(document, KeptDocument):
        on = _basis(0 if on is None else on.size, document.known_at, by)
    if on is None or issuer.method != LOGGED or not isinstance(document, DidDocument):
        return
    key = key_from_document(document, issuer, key_id=verified.key_id)
    named = verified.key_id or document.method_ids(VerificationRelationship.ASSERTION_METHOD)[0]
    absolute = f"{issuer}{named}" if named.startswith("#") else named
    detail = {"did": str(issuer), "key": thumbprint(key.jwk)}
    yield Reliance(Ground.DID, absolute, detail), on


def _basis(size: int, known_at: datetime, by: Circumstances) -> Basis:
    rule = by.question.policy.grant
    return basis(
        size=size,
        known_at=known_at,
        at=by.at,
        staleness=OTHER if rule is None else strictest(rule.purposes),
        allowed=by.kept_for,
        # What had to be kept is not as good as an answer, however young it is.
        fresh_for=timedelta(0),
    )
