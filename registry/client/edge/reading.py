"""The log as a role reads it: asked when it can be, remembered when it cannot."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar, final

from registry.client.edge.freshness import moment
from registry.client.edge.kept_evidence import (
    EvidenceCache,
    KeptEvidence,
    accreditation_key,
    grant_key,
    status_list_key,
)
from registry.client.edge.sentinel import Watch
from registry.model.log_evidence import LogEvidence, LogPolicy
from ssi_core.did.syntax import Did
from ssi_core.did.webvh import WebvhState, check_next, resolve_log
from ssi_core.errors import OverloadedError, SsiError, UnavailableError
from ssi_core.json_types import JsonObject, JsonValue

_Answer = TypeVar("_Answer")


class Log(Protocol):
    """A registry's log, as far as roles have evidence from it."""

    def grant(self, grant_id: str) -> LogEvidence:
        """Return the entries about a grant, with their proofs."""
        ...

    def accreditation(
        self,
        subject: Did,
        role: str,
        type: str,  # noqa: A002 - the registry's word
        *,
        roots: Collection[Did] = (),
    ) -> LogEvidence:
        """Return the chains that accredit `subject` for a credential type, with their proofs."""
        ...

    def one_accreditation(self, accreditation_id: str) -> LogEvidence:
        """Return an accreditation and all above it, and what became of them, with their proofs."""
        ...

    def status_list(self, uri: str, issuer: Did) -> LogEvidence:
        """Return what `issuer` published last of the status list at `uri`, with its proof."""
        ...

    def did_log(self, did: Did) -> Sequence[JsonObject]:
        """Return the lines of the log of a DID that lives there, not verified."""
        ...

    def did_witness(self, did: Did) -> JsonValue:
        """Return what witnesses say of a DID that lives there, not verified."""
        ...


@final
class EdgeLog:
    """Reads a log through what was kept of it.

    While the registry is away, or says nothing of use, the last evidence that held is given
    instead, as `KeptEvidence`; where none was kept, the registry's failure is raised.
    """

    def __init__(self, log: Log, kept: EvidenceCache, watch: Watch) -> None:
        self._log = log
        self._kept = kept
        self._watch = watch

    def grant(self, grant_id: str) -> LogEvidence:
        """Return the entries about a grant, with their proofs."""
        return self._read(grant_key(grant_id), lambda: self._log.grant(grant_id))

    def fresh_grant(self, grant_id: str) -> LogEvidence:
        """Return what the log says now, or raise why it says nothing; nothing kept will do."""
        return self._ask(lambda: self._log.grant(grant_id))

    def fresh_accreditation(self, accreditation_id: str) -> LogEvidence:
        """Return what the log says now of one accreditation, or raise why it says nothing."""
        return self._ask(lambda: self._log.one_accreditation(accreditation_id))

    def fresh_status_list(self, uri: str, issuer: Did) -> LogEvidence:
        """Return what the log says now of a status list, or raise why it says nothing."""
        return self._ask(lambda: self._log.status_list(uri, issuer))

    def fresh_versions(self, did: Did, *, at: datetime) -> tuple[WebvhState, ...]:
        """Return every version of a did:webvh that lives there, verified, as of now."""
        lines = self._ask(lambda: self._log.did_log(did))
        proofs = self._ask(lambda: self._log.did_witness(did))
        resolve_log(did, lines, witness_proofs=proofs, at=at)
        states: list[WebvhState] = []
        for line in lines:
            states.append(check_next(states[-1] if states else None, line))
        return tuple(states)

    def accreditation(
        self,
        subject: Did,
        role: str,
        type: str,  # noqa: A002 - the registry's word
        *,
        roots: Collection[Did] = (),
    ) -> LogEvidence:
        """Return the chains that accredit `subject` for a credential type, with their proofs."""
        return self._read(
            accreditation_key(subject, role, type, roots),
            lambda: self._log.accreditation(subject, role, type, roots=roots),
        )

    def status_list(self, uri: str, issuer: Did) -> LogEvidence:
        """Return what `issuer` published last of the status list at `uri`, with its proof."""
        key = status_list_key(uri, issuer)
        return self._read(key, lambda: self._log.status_list(uri, issuer))

    def keep_grant(self, grant_id: str, evidence: LogEvidence, *, known_at: datetime) -> None:
        """Keep evidence of a grant that has just been verified."""
        self._kept.keep(grant_key(grant_id), evidence, known_at=known_at)

    def keep_accreditation(
        self,
        subject: Did,
        role: str,
        type_: str,
        evidence: LogEvidence,
        *,
        roots: Collection[Did],
        known_at: datetime,
    ) -> None:
        """Keep evidence of an accreditation that has just been verified."""
        key = accreditation_key(subject, role, type_, roots)
        self._kept.keep(key, evidence, known_at=known_at)

    def keep_status_list(
        self, uri: str, issuer: Did, evidence: LogEvidence, *, known_at: datetime
    ) -> None:
        """Keep evidence of a publication that has just been verified."""
        self._kept.keep(status_list_key(uri, issuer), evidence, known_at=known_at)

    def moment(self, local: datetime) -> datetime:
        """Return what time it is at least, by our clock and by every witness that we heard."""
        return moment(local, self._kept.newest())

    def _read(self, key: str, ask: Callable[[], LogEvidence]) -> LogEvidence:
        kept = self._kept.find(key) if self._watch.presence().is_offline else None
        if kept is not None:
            # The sentinel looks for the registry; nobody has to wait for it meanwhile.
            return kept
        try:
            return self._ask(ask)
        except SsiError:
            kept = self._kept.find(key)
            if kept is None:
                raise
            return kept

    def _ask(self, ask: Callable[[], _Answer]) -> _Answer:
        try:
            answer = ask()
        except (UnavailableError, OverloadedError):
            self._watch.failed()
            raise
        self._watch.heard()
        return answer


def believed(policy: LogPolicy, evidence: LogEvidence, *, kept_for: timedelta) -> LogPolicy:
    """Return how old the checkpoint of `evidence` may be: longer if we have kept it ourselves.

    What a registry answers now must be of now; only what we kept, because it did not answer, may
    be as old as `kept_for`.
    """
    if not isinstance(evidence, KeptEvidence):
        return policy
    return replace(policy, max_checkpoint_age=max(policy.max_checkpoint_age, kept_for))
