"""Sessions of whoever may not break the glass any more: they end when the right is taken away."""

from dataclasses import replace
from datetime import datetime
from typing import final

from consent_contracts import break_glass
from consent_contracts.break_glass import Ending, OpenedEmergency
from consent_contracts.break_glass_request import EmergencyPolicy
from consent_contracts.kept_emergency import KeptEmergency
from consent_contracts.ports import Clock
from consent_contracts.service.sessions import Sessions
from ssi_core.errors import TrustError


@final
class Rights:
    """Holds what was opened against the policy as it is; without one nobody has a right.

    The policy is read at the start, so everything is held against it then, and each session once
    more whenever something is decided under it: another process may have opened it meanwhile.
    """

    def __init__(self, sessions: Sessions, *, policy: EmergencyPolicy | None, clock: Clock) -> None:
        self._sessions = sessions
        self._policy = policy
        self._clock = clock

    def find(self, session: str) -> KeptEmergency:
        """Return an emergency; one that nobody may have open any more is ended first, durably.

        Raises `NotFoundError`.
        """
        return self._held(self._sessions.find(session).emergency)

    def enforce(self) -> None:
        """End every open session that nobody may have open any more."""
        for listed in self._sessions.unreviewed():
            self._held(listed.emergency)

    def _held(self, kept: KeptEmergency) -> KeptEmergency:
        at = self._clock.now().replace(microsecond=0)
        if self._stands(kept) or not isinstance(kept.state(at=at), OpenedEmergency):
            return kept
        changed = self._sessions.amend(
            lambda: self._sessions.find(kept.entry_id), lambda found: _revoked(found, at=at)
        )
        return changed.emergency

    def _stands(self, kept: KeptEmergency) -> bool:
        if self._policy is None:
            return False
        try:
            self._policy.require_still(kept.asked)
        except TrustError:
            return False
        return True


def _revoked(kept: KeptEmergency, *, at: datetime) -> KeptEmergency:
    """Return the emergency as ended by the custodian, unless it has ended meanwhile."""
    state = kept.state(at=at)
    if not isinstance(state, OpenedEmergency):
        return kept
    # A clock that was put back must not keep it open.
    ended = break_glass.close(state, at=max(at, state.opened_at), ending=Ending.REVOKED)
    return replace(kept, revoked_at=ended.ended_at)
