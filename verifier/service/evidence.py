"""Collect what the judgement of an answer will rest on; a failure is a fact too."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, TypeGuard, final

from consent_contracts.request import GRANT_QUERY
from registry.client.edge import EdgeLog, KeptDids, KeptDocument, KeptEvidence
from registry.model.accreditations import Role
from registry.model.evidence import (
    AccreditationEvidence,
    GrantEvidence,
    LogEvidence,
    LoggedGrant,
    StatusEvidence,
)
from ssi_core.credential.sd_jwt_vc import SdJwtVc
from ssi_core.did.document import DidDocument
from ssi_core.did.syntax import Did
from ssi_core.did.webvh import WebvhState
from ssi_core.errors import DeactivatedError, OverloadedError, SsiError, UnavailableError
from ssi_core.status.token import StatusListToken
from ssi_core.verification import DidNeed, Evidence, Need, StatusNeed, needs
from verifier.policy import AccreditedIssuers, Policy
from verifier.ports import EvidenceSource
from verifier.presentations import (
    Accreditations,
    AnswerEvidence,
    Circumstances,
    Publications,
    kept_for,
)
from verifier.reliance import LOGGED

_NOT_HEARD: Final = (UnavailableError, OverloadedError)


@final
class Collector:
    """Asks issuers, DIDs and the log for what an answer needs."""

    def __init__(self, source: EvidenceSource, log: EdgeLog, dids: KeptDids) -> None:
        self._source = source
        self._log = log
        self._dids = dids

    def moment(self, local: datetime) -> datetime:
        """Return what time it is at least: witnesses have seen it, whatever our clock says."""
        return self._log.moment(local)

    def collect(
        self, answer: Mapping[str, Sequence[str]], policy: Policy, *, at: datetime
    ) -> AnswerEvidence:
        """Return the facts at `at`; a presentation that cannot be read needs none, and will fail.

        Of a DID that cannot be asked for, its last document is a fact while the policy allows.
        """
        credentials = [
            (name, parsed)
            for name, items in answer.items()
            for item in items
            if (parsed := _parsed(item)) is not None
        ]
        wanted: set[Need] = set()
        for _, credential in credentials:
            wanted |= _needs(credential)
        return AnswerEvidence(
            credentials=self._gathered(wanted, kept_for(policy), at),
            accreditations=self._accreditations(credentials, policy),
            publications=self._publications(credentials, policy),
            grant=self._grant_of(credentials) if policy.grant is not None else None,
        )

    def grant(self, grant_id: str) -> GrantEvidence | SsiError:
        """Return the log's word on a grant, its last one if it is away, or why there is none."""
        try:
            return self._log.grant(grant_id)
        except SsiError:
            return _unheard()

    def fresh_grant(self, grant_id: str) -> GrantEvidence | SsiError:
        """Return what the log says of a grant now, or why that could not be had."""
        try:
            return self._log.fresh_grant(grant_id)
        except SsiError:
            return _unheard()

    def fresh_accreditation(self, accreditation_id: str) -> LogEvidence:
        """Return what the log says of an accreditation now, or raise why it says nothing."""
        return self._log.fresh_accreditation(accreditation_id)

    def fresh_status(self, uri: str, issuer: Did) -> tuple[LogEvidence, StatusListToken]:
        """Return what the log says of a status list now, and the list as it is served now."""
        served = self._source.gather({StatusNeed(uri)}).status_list(uri)
        return self._log.fresh_status_list(uri, issuer), StatusListToken.parse(served)

    def fresh_versions(self, did: Did, *, at: datetime) -> tuple[WebvhState, ...]:
        """Return every version of an organisation's DID, verified, as of now."""
        return self._log.fresh_versions(did, at=at)

    def keep_grant(self, logged: LoggedGrant, evidence: GrantEvidence) -> None:
        """Keep evidence that has just proved a grant, for when the log cannot be asked."""
        self._log.keep_grant(logged.id, evidence, known_at=logged.known_at)

    def keep(self, by: Circumstances, grant_id: str | None) -> None:
        """Keep what an accepted answer rested on, for when the log cannot be asked."""
        for did, document in by.evidence.credentials.dids.items():
            if did.method == LOGGED and type(document) is DidDocument:
                # One that lives elsewhere has its own place, and what fails may fail.
                with suppress(SsiError):
                    self._dids.keep(did, at=by.at)
        grant, issuers = by.evidence.grant, by.question.policy.issuers
        if grant_id is not None and _is_new(grant):
            self._log.keep_grant(grant_id, grant, known_at=_known_at(grant, by))
        for (issuer, uri), published in by.evidence.publications.items():
            if _is_new(published):
                known_at = _known_at(published, by)
                self._log.keep_status_list(uri, issuer, published, known_at=known_at)
        if not isinstance(issuers, AccreditedIssuers):
            return
        for (issuer, vct), found in by.evidence.accreditations.items():
            if _is_new(found):
                known_at = _known_at(found, by)
                self._log.keep_accreditation(
                    issuer, Role.ISSUE, vct, found, roots=issuers.roots, known_at=known_at
                )

    def _gathered(self, wanted: Collection[Need], limit: timedelta, at: datetime) -> Evidence:
        dids = [need.did for need in wanted if isinstance(need, DidNeed)]
        logged = [did for did in dids if did.method == LOGGED]
        # The sentinel looks for the registry; nobody has to wait for it meanwhile.
        kept = self._kept(logged, limit, at) if self._dids.is_away() else {}
        left = {DidNeed(did) for did in kept}
        found = self._source.gather({need for need in wanted if need not in left})
        for did in logged:
            if isinstance(found.dids.get(did), DeactivatedError):
                with suppress(SsiError):
                    self._dids.keep_end(did, at=at)
        unheard = [did for did in logged if isinstance(found.dids.get(did), _NOT_HEARD)]
        return replace(found, dids={**found.dids, **kept, **self._kept(unheard, limit, at)})

    def _kept(
        self, dids: Collection[Did], limit: timedelta, at: datetime
    ) -> Mapping[Did, KeptDocument | SsiError]:
        found = {did: self._last_document(did, limit, at) for did in dids}
        return {did: document for did, document in found.items() if document is not None}

    def _last_document(
        self, did: Did, limit: timedelta, at: datetime
    ) -> KeptDocument | SsiError | None:
        try:
            return self._dids.find(did, at=at, kept_for=limit)
        except DeactivatedError as error:
            return error
        except SsiError:
            return None

    def _accreditations(
        self, credentials: Sequence[tuple[str, SdJwtVc]], policy: Policy
    ) -> Accreditations:
        if not isinstance(policy.issuers, AccreditedIssuers):
            return {}
        found: dict[tuple[Did, str], AccreditationEvidence | SsiError] = {}
        for name, credential in credentials:
            issuer = _issuer(credential)
            if name != GRANT_QUERY and issuer is not None and (issuer, credential.vct) not in found:
                found[issuer, credential.vct] = self._accreditation(
                    issuer, credential.vct, policy.issuers.roots
                )
        return found

    def _accreditation(
        self, issuer: Did, vct: str, roots: Collection[Did]
    ) -> AccreditationEvidence | SsiError:
        try:
            return self._log.accreditation(issuer, Role.ISSUE, vct, roots=roots)
        except SsiError:
            return _unheard()

    def _publications(
        self, credentials: Sequence[tuple[str, SdJwtVc]], policy: Policy
    ) -> Publications:
        found: dict[tuple[Did, str], StatusEvidence | SsiError] = {}
        for name, credential in credentials if policy.status.in_log else ():
            issuer = _issuer(credential)
            uri = None if credential.status is None else credential.status.uri
            if name == GRANT_QUERY or issuer is None or uri is None:
                continue
            if (issuer, uri) not in found:
                found[issuer, uri] = self._publication(issuer, uri)
        return found

    def _publication(self, issuer: Did, uri: str) -> StatusEvidence | SsiError:
        try:
            return self._log.status_list(uri, issuer)
        except SsiError:
            return _unheard()

    def _grant_of(
        self, credentials: Sequence[tuple[str, SdJwtVc]]
    ) -> GrantEvidence | SsiError | None:
        for name, credential in credentials:
            grant_id = credential.payload.get("grant_id")
            if name == GRANT_QUERY and isinstance(grant_id, str):
                return self.grant(grant_id)
        return None


def _is_new(found: LogEvidence | SsiError | None) -> TypeGuard[LogEvidence]:
    return isinstance(found, LogEvidence) and not isinstance(found, KeptEvidence)


def _known_at(evidence: LogEvidence, by: Circumstances) -> datetime:
    return by.log.verify(evidence.checkpoint, at=by.at).cosigned_at


def _unheard() -> UnavailableError:
    # Whatever the registry said instead of evidence, it did not tell us what is in the log.
    return UnavailableError("the log could not be asked")


def _parsed(presented: str) -> SdJwtVc | None:
    try:
        return SdJwtVc.parse(presented)
    except SsiError:
        return None


def _needs(credential: SdJwtVc) -> frozenset[Need]:
    try:
        return needs(credential)
    except SsiError:
        return frozenset()


def _issuer(credential: SdJwtVc) -> Did | None:
    try:
        return Did.parse(credential.issuer or "")
    except SsiError:
        return None
