"""How emergencies end: closed by the organisation before their time, and reviewed by another."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import final

from consent_contracts import break_glass, break_glass_ending, signed
from consent_contracts.break_glass import review_queue
from consent_contracts.break_glass_request import EmergencyPolicy, require_policy
from consent_contracts.kept_emergency import KeptEmergency
from consent_contracts.ports import Clock
from consent_contracts.service.organisations import OrganisationKeys
from consent_contracts.service.sessions import Sessions
from ssi_core.did.syntax import Did
from ssi_core.keys import PublicKey


@final
class Endings:
    """Ends of the emergencies of one custodian; an organisation ends its own, and no other's.

    Nothing of this goes to the log: it has one entry of an emergency, and tells by it that somebody
    looked. A closing only takes away, so it needs no person; a review is a person's.
    """

    def __init__(
        self,
        sessions: Sessions,
        *,
        keys: OrganisationKeys,
        policy: EmergencyPolicy | None,
        clock: Clock,
    ) -> None:
        self._sessions = sessions
        self._keys = keys
        self._policy = policy
        self._clock = clock

    def close(self, text: str, *, audience: str) -> KeptEmergency:
        """End a session now for a closing that its organisation signed.

        Every decision from then on is without it. Raises `ConflictError` if it is not open.
        """
        key, at = self._key(text), self._now()
        closing = break_glass_ending.verify_closing(text, key=key, audience=audience, at=at)

        def closed(kept: KeptEmergency) -> KeptEmergency:
            ended = break_glass.close(kept.state(at=at), at=at)
            return replace(kept, closed_at=ended.ended_at)

        return self._changed(closing.issuer, closing.session, closed)

    def review(self, text: str, *, audience: str) -> KeptEmergency:
        """Keep what somebody else found, in the words that the organisation signed; once.

        Raises `ConsentError` for whoever opened it, or may not review here, `ConflictError` for a
        session that has not ended or was reviewed before.
        """
        key, at = self._key(text), self._now()
        review = break_glass_ending.verify_review(text, key=key, audience=audience, at=at)
        require_policy(self._policy).require_reviewer(review, text, at=at)

        def reviewed(kept: KeptEmergency) -> KeptEmergency:
            done = break_glass.review(
                kept.state(at=at), reviewer=review.reviewer, finding=review.finding, at=at
            )
            return replace(kept, review=text, reviewed_at=done.reviewed_at)

        return self._changed(review.issuer, review.session, reviewed)

    def waiting(self) -> tuple[KeptEmergency, ...]:
        """Return the emergencies that have ended and wait for a review, those due first first."""
        at = self._now()
        kept = {each.emergency.entry_id: each.emergency for each in self._sessions.unreviewed()}
        queue = review_queue((each.state(at=at) for each in kept.values()), at=at)
        return tuple(kept[each.session.id] for each in queue)

    def _key(self, text: str) -> PublicKey:
        key_id = signed.key_id(text)
        require_policy(self._policy).require_believed(key_id.did)
        return self._keys.assertion_key(key_id)

    def _changed(
        self,
        organisation: Did,
        session: str,
        change: Callable[[KeptEmergency], KeptEmergency],
    ) -> KeptEmergency:
        return self._sessions.amend(
            lambda: self._sessions.of(organisation, session), change
        ).emergency

    def _now(self) -> datetime:
        return self._clock.now().replace(microsecond=0)
