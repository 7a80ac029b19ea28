"""Breaking the glass: the request, the rules, the entry in the log, and only then the session."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Final, final

from consent_contracts import break_glass_request, signed
from consent_contracts.break_glass import AskedEmergency
from consent_contracts.break_glass_log import (
    EmergencySecret,
    LogPresence,
    RefusedEmergency,
    log_body,
)
from consent_contracts.break_glass_notice import (
    MAX_NOTICES,
    BrokenGlassNotice,
    Notices,
    verify_wanted,
)
from consent_contracts.break_glass_opening import open_glass, refusals_of_opening, require_none
from consent_contracts.break_glass_request import EmergencyPolicy, require_policy
from consent_contracts.break_glass_roster import Standing
from consent_contracts.context import Context
from consent_contracts.kept_emergency import KeptEmergency
from consent_contracts.ports import Clock, EmergencyLog
from consent_contracts.question import Answer, Question
from consent_contracts.record import GrantRecord
from consent_contracts.service.decisions import Decisions
from consent_contracts.service.delegations import KeptDelegations
from consent_contracts.service.grants import Grants
from consent_contracts.service.organisations import OrganisationKeys
from consent_contracts.service.sessions import Listed, Sessions
from ssi_core import strict_json
from ssi_core.errors import (
    ConflictError,
    NotFoundError,
    OverloadedError,
    RejectedError,
    UnavailableError,
)

# With one more notice that begins below it, still less than what a wallet reads of an answer.
_MAX_BYTES: Final = 262_144


@final
class Emergencies:
    """The emergencies of one custodian; without a policy nothing opens.

    Moments are whole seconds, as they are kept.
    """

    def __init__(
        self,
        sessions: Sessions,
        grants: Grants,
        decisions: Decisions,
        delegations: KeptDelegations,
        *,
        log: EmergencyLog,
        keys: OrganisationKeys,
        policy: EmergencyPolicy | None,
        clock: Clock,
    ) -> None:
        self._sessions = sessions
        self._grants = grants
        self._decisions = decisions
        self._delegations = delegations
        self._log = log
        self._keys = keys
        self._policy = policy
        self._clock = clock

    def open(self, text: str, *, audience: str) -> tuple[KeptEmergency, Answer]:
        """Open a session for a signed request, and decide what was asked for under it.

        What stands against it is found before the log is told anything. Then the entry is kept,
        then it goes to the log; nothing opens that is in neither. Raises the first rule that the
        request breaks, `ConsentError` with every reason, or what the log refuses with.
        """
        key_id = signed.key_id(text)
        policy = require_policy(self._policy)
        policy.require_believed(key_id.did)
        key = self._keys.assertion_key(key_id)
        request = break_glass_request.verify(text, key=key, audience=audience, at=self._now())
        self._sessions.require_new(request.digest)
        asked, standing = request.asked(at=self._now()), policy.standing(request, text)
        self._require_openable(asked, standing, policy)
        listed = self._sessions.begin(request.digest, self._prepared(asked, policy))
        opened = self._opened(listed, standing)
        question = Question(request=asked.request, emergency=opened.entry_id)
        return opened, self._decisions.decide(question)

    def presence(self) -> LogPresence | None:
        """Return whether the log is there, since when, and what waits; nothing without one."""
        return self._log.presence()

    def notices(self, text: str, *, audience: str) -> Notices:
        """Return what was opened of the data that is bound by the holder's key that asks.

        As much as a wallet reads at once; it asks again for what comes after that. From then on it
        is on record that the person has been told. Raises `NotFoundError` if nothing of that data
        was opened in the session `after` which it asks.
        """
        holder_key, wanted = verify_wanted(text, audience=audience, at=self._now())
        found = self._sessions.about({holder_key})
        if wanted.after is not None:
            found = _after(found, wanted.after)
        told: list[BrokenGlassNotice] = []
        room = _MAX_BYTES
        for count, listed in enumerate(found):
            if count == MAX_NOTICES or room <= 0:
                return Notices(told=tuple(told), more=True)
            if (notice := self._told(listed)) is not None:
                told.append(notice)
                room -= len(strict_json.render(notice.to_json()))
        return Notices(told=tuple(told), more=False)

    def settle(self) -> None:
        """Find out what became of entries that were queued; what is not known yet waits.

        A session whose entry the log will not have is over from then on.
        """
        for listed in self._sessions.waiting():
            emergency = listed.emergency
            with suppress(UnavailableError, OverloadedError, RejectedError, ConflictError):
                found = self._log.prove(emergency.entry)
                if isinstance(found, RefusedEmergency):
                    settled = replace(emergency, refused_at=self._now())
                else:
                    settled = replace(emergency, found=found)
                self._sessions.change(listed, settled)

    def look(self) -> None:
        """See that the keys of those who may break the glass are known before an emergency."""
        if self._policy is not None:
            self._keys.look(self._policy.organisations)

    def find(self, session: str) -> KeptEmergency:
        """Return one emergency."""
        return self._sessions.find(session).emergency

    def now(self) -> datetime:
        """Return the moment at which an emergency is looked at."""
        return self._now()

    def page(self, *, after: int = 0, limit: int = 100) -> tuple[Listed, ...]:
        """Return emergencies in the order in which they were asked for."""
        return self._sessions.page(after=after, limit=limit)

    def _require_openable(
        self, asked: AskedEmergency, standing: Standing, policy: EmergencyPolicy
    ) -> None:
        found = refusals_of_opening(
            asked,
            rule=policy.rule,
            second_factor=standing.second_factor,
            records=self._records(asked),
            context=self._context(asked),
            at=asked.asked_at,
        )
        require_none(found | standing.refusals)

    def _prepared(self, asked: AskedEmergency, policy: EmergencyPolicy) -> KeptEmergency:
        secret = EmergencySecret.generate()
        body = log_body(asked.request, asked.reason, secret, at=asked.asked_at)
        entry_id, entry = self._log.sign(body)
        return KeptEmergency(
            asked=asked, rule=policy.rule, secret=secret, entry_id=entry_id, entry=entry
        )

    def _opened(self, listed: Listed, standing: Standing) -> KeptEmergency:
        kept = listed.emergency
        entered = self._log.record(kept.entry)
        session = open_glass(
            kept.asked,
            rule=kept.rule,
            second_factor=standing.second_factor,
            logged=entered,
            secret=kept.secret,
            records=self._records(kept.asked),
            context=self._context(kept.asked),
            at=self._now(),
        )
        return self._sessions.change(listed, kept.opened(session)).emergency

    def _told(self, listed: Listed) -> BrokenGlassNotice | None:
        emergency = listed.emergency
        if emergency.session is None:
            return None
        if emergency.told_at is None:
            # Whoever changes it at the same moment loses nothing: it is told again.
            with suppress(ConflictError):
                self._sessions.change(listed, replace(emergency, told_at=self._now()))
        return BrokenGlassNotice.of(
            emergency.session,
            emergency.secret,
            state=emergency.state(at=self._now()),
            review=emergency.review,
        )

    def _records(self, asked: AskedEmergency) -> list[GrantRecord]:
        return [held.record for _, held in self._grants.about(asked.request.holder_keys)]

    def _context(self, asked: AskedEmergency) -> Context:
        about = self._delegations.about(asked.request.holder_keys, Context().delegations)
        return Context(delegations=about)

    def _now(self) -> datetime:
        return self._clock.now().replace(microsecond=0)


def _after(found: tuple[Listed, ...], session: str) -> tuple[Listed, ...]:
    for place, listed in enumerate(found, start=1):
        opened = listed.emergency.session
        if opened is not None and opened.id == session:
            return found[place:]
    raise NotFoundError("nothing of this data was opened in such a session", at="/after")
