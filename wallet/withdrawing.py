"""Take a grant back: end it in the log, tell the recipient, keep its signed acknowledgement."""

from dataclasses import replace
from typing import Final, final

from consent_contracts import withdrawal
from consent_contracts.withdrawal import Acknowledgement, WithdrawalNotice
from registry.model import entry
from ssi_core.errors import (
    ConflictError,
    GrantNotLoggedError,
    LogProofError,
    NotFoundError,
    OverloadedError,
    SsiError,
    UnavailableError,
)
from wallet import history
from wallet.exchange import refusal
from wallet.history import Step
from wallet.log import TrustedRegistry
from wallet.ports import Outside
from wallet.receipts import acknowledgement
from wallet.sharing import (
    Acknowledged,
    Consented,
    Logged,
    Prepared,
    Sending,
    Shared,
    Sharing,
    Undone,
    Wanted,
)
from wallet.sharing_record import keep_sharing, load_sharing, open_sharings, sharing_of_grant
from wallet.vault import Change, Vault

_BEFORE_IT_WAS_SHARED: Final = "you took it back before it was known to have arrived"


@final
class Withdrawing:
    """Ends grants. A withdrawal that was begun is never given up."""

    def __init__(self, vault: Vault, outside: Outside, log: TrustedRegistry) -> None:
        self._vault = vault
        self._outside = outside
        self._log = log

    def withdraw(self, grant_id: str) -> Sharing:
        """Take a grant back; doing so again changes nothing.

        Here it holds at once; for others it stands once the log has it. While the log or the
        recipient cannot be reached it is kept, marked as not sent, until `resume` can go on.
        Raises `LogProofError` for a log that denies what it proved: that is no outage.
        """
        found = sharing_of_grant(self._vault, grant_id)
        if found.withdrawal is None:
            now = self._outside.clock.now()
            wanted = replace(found, withdrawal=self.wanted(found, tell=_may_have_arrived(found)))
            if not isinstance(found.state, Shared):
                wanted = wanted.to(Undone(undone_at=now, reason=_BEFORE_IT_WAS_SHARED))
            told = history.note(now, Step.WITHDRAWAL_ASKED, found.id)
            found = self._save(wanted, told)
        try:
            return self.proceed(found)
        except (UnavailableError, OverloadedError):
            return load_sharing(self._vault, found.id)

    def wanted(self, found: Sharing, *, tell: bool) -> Wanted | None:
        """Return the withdrawal of a sharing's grant as it begins; nothing if it has no grant."""
        if (consented := found.consented) is None:
            return None
        raw = entry.consent_revoke(
            log=consented.grant.log,
            grant_id=consented.grant_id,
            signer=consented.secret.signer,
            at=self._outside.clock.now(),
        )
        registered = not isinstance(found.state, Prepared)
        return Wanted(entry=raw, registered=registered, tell=tell)

    def resume(self, *, patient: bool = False) -> tuple[Sharing, ...]:
        """Finish withdrawals that the log or a recipient could not be told of.

        When `patient`, a recipient that did not answer is asked at growing intervals only.
        """
        waiting = [found for found in open_sharings(self._vault) if found.withdrawal is not None]
        if patient:
            now = self._outside.clock.now()
            waiting = [
                found
                for found in waiting
                if not isinstance(found.withdrawal, Logged) or found.withdrawal.is_due(now)
            ]
        return tuple(self.try_to_proceed(found) for found in waiting)

    def try_to_proceed(self, found: Sharing) -> Sharing:
        """Take what steps can be taken now; the rest waits."""
        try:
            return self.proceed(found)
        except SsiError:
            return load_sharing(self._vault, found.id)

    def proceed(self, found: Sharing) -> Sharing:
        """Take every step that is left, from whichever state."""
        if isinstance(found.withdrawal, Wanted) and found.consented is not None:
            found = self._end(found, found.consented, found.withdrawal)
        if isinstance(found.withdrawal, Logged) and found.withdrawal.notice is not None:
            found = self._tell(found, found.withdrawal, found.withdrawal.notice)
        return found

    def _end(self, found: Sharing, consented: Consented, wanted: Wanted) -> Sharing:
        index = self._ended_at(consented, wanted)
        now = self._outside.clock.now()
        notice = None
        if wanted.tell and index is not None:
            notice = self._notice(consented, index)
        logged = Logged(withdrawn_at=now, notice=notice)
        place = "the log never had it" if index is None else f"entry {index}"
        told = history.note(now, Step.WITHDRAWAL_REGISTERED, found.id, place)
        return self._save(found.withdrawing(logged), told)

    def _ended_at(self, consented: Consented, wanted: Wanted) -> int | None:
        """Return where the log holds the grant's end, proved; nothing if it never had the grant."""
        try:
            self._log.record(wanted.entry)
        except NotFoundError:
            _require_never_proved(wanted)
            return None
        except ConflictError:
            # Ended before, by another entry than this, or the log takes nothing any more.
            try:
                return self._log.prove_withdrawn(consented.grant_id)
            except GrantNotLoggedError:
                _require_never_proved(wanted)
                return None
        return self._log.prove_withdrawn(consented.grant_id)

    def _notice(self, consented: Consented, index: int) -> str:
        notice = WithdrawalNotice(
            grant_id=consented.grant_id,
            log=consented.grant.log,
            entry=index,
            issued_at=self._outside.clock.now().replace(microsecond=0),
            audience=consented.request.recipient,
        )
        return withdrawal.notify(notice, signer=consented.secret.signer)

    def _tell(self, found: Sharing, logged: Logged, notice: str) -> Sharing:
        consented = found.consented
        if consented is None:
            return found
        try:
            text, said = self._acknowledged(consented, notice)
        except SsiError as error:
            told = self._note(Step.WITHDRAWAL_NOT_ACKNOWLEDGED, found, error.reason)
            # A recipient that never got the grant has nothing to confirm, now or later.
            left = None if isinstance(error, NotFoundError) else notice
            waiting = replace(
                logged,
                notice=left,
                problem=error.reason,
                attempts=logged.attempts + 1,
                tried_at=self._outside.clock.now(),
            )
            news = (left, error.reason) != (logged.notice, logged.problem)
            return self._save(found.withdrawing(waiting), *([told] if news else []))
        acknowledged = Acknowledged(
            withdrawn_at=logged.withdrawn_at,
            acknowledgement=text,
            acknowledged_at=said.received_at,
            erased=said.erased,
        )
        told = self._note(Step.WITHDRAWAL_ACKNOWLEDGED, found)
        return self._save(found.withdrawing(acknowledged), told)

    def _acknowledged(self, consented: Consented, notice: str) -> tuple[str, Acknowledgement]:
        answer = self._outside.http.post_json(consented.request.withdrawal_uri, {"notice": notice})
        if not answer.ok:
            raise refusal(answer, otherwise="the recipient does not take the notice")
        return acknowledgement(
            answer.json(),
            notice=notice,
            recipient=consented.request.recipient,
            resolver=self._outside.resolver,
        )

    def _save(self, changed: Sharing, *others: Change) -> Sharing:
        self._vault.apply(keep_sharing(changed), *others)
        return load_sharing(self._vault, changed.id)

    def _note(self, step: Step, found: Sharing, detail: str = "") -> Change:
        return history.note(self._outside.clock.now(), step, found.id, detail)


def _require_never_proved(wanted: Wanted) -> None:
    if wanted.registered:
        raise LogProofError("the log denies a grant that it has proved") from None


def _may_have_arrived(found: Sharing) -> bool:
    state = found.state
    return isinstance(state, Shared) or (isinstance(state, Sending) and state.attempts > 0)
