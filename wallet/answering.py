"""Give an answer, or refuse one: grant into the log first, then the answer, then the receipt.

Each step is in the vault before it is taken, so that whatever ends the process between any two of
them, `resume` delivers the answer or takes the grant back, and no question gets two grants.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final, final

from consent_contracts import grant_credential
from ssi_core.errors import (
    ConflictError,
    MalformedError,
    RejectedError,
    ReplayError,
    SsiError,
    UnavailableError,
)
from ssi_core.json_types import JsonObject
from wallet import consent, history, sharing
from wallet.asker import pairwise_name
from wallet.credential import Copy, copies_of, keep_copy, remember_seen
from wallet.exchange import refusal
from wallet.history import Step
from wallet.log import TrustedRegistry
from wallet.ports import Answer, Outside
from wallet.presentation import present, refusal_fields
from wallet.question import Choice, Question
from wallet.question_record import KIND as QUESTION
from wallet.receipts import denial_receipt, given_receipt
from wallet.sharing import Prepared, Registered, Sending, Shared, Sharing, Undone
from wallet.sharing_record import keep_sharing, load_sharing, open_sharings
from wallet.vault import Change, Destroy, Vault
from wallet.withdrawing import Withdrawing

# A conflict is not among them: in the vault it is another process at work on the same answer. In
# the log it is final, and is dealt with where the log is asked.
_CANNOT_HELP: Final = (RejectedError, MalformedError)


@final
class Answering:
    """Turns a person's yes or no into what the asker gets."""

    def __init__(
        self, vault: Vault, outside: Outside, log: TrustedRegistry, withdrawing: Withdrawing
    ) -> None:
        self._vault = vault
        self._outside = outside
        self._log = log
        self._withdrawing = withdrawing

    def consent(self, question: Question, choice: Choice) -> Sharing:
        """Answer with yes; return what was shared once the recipient has taken it.

        Raises the recipient's refusal, after the grant is withdrawn again, or `UnavailableError`
        when `resume` has to finish this. A question that was answered is a `ConflictError`.
        """
        now = self._outside.clock.now()
        if sharing.exists(self._vault, question.id):
            raise ConflictError("this question has been answered")
        prepared, copies = consent.answer(self._vault, question, choice, at=now)
        verifier = pairwise_name(question.asker)
        seen = {copy.id: keep_copy(remember_seen(copy, verifier)) for copy in copies}
        who = question.asker.name or question.asker.client_id
        self._vault.apply(
            keep_sharing(prepared),
            *seen.values(),
            Destroy(QUESTION, question.id),
            history.note(now, Step.CONSENT_GIVEN, question.id, who),
        )
        return self.proceed(load_sharing(self._vault, question.id))

    def refuse(self, question: Question) -> None:
        """Answer with no: the asker is told `access_denied` and nothing else."""
        answer = self._outside.http.post_form(
            question.request.response_uri, refusal_fields(question.request)
        )
        if not answer.ok:
            raise refusal(answer, otherwise="who asks does not take the refusal")
        told = history.note(self._outside.clock.now(), Step.QUESTION_REFUSED, question.id)
        self._vault.apply(Destroy(QUESTION, question.id), told)

    def resume(self) -> tuple[Sharing, ...]:
        """Take up every answer that was interrupted; return those that have come to an end."""
        settled: list[Sharing] = []
        for found in open_sharings(self._vault):
            if isinstance(found.state, Shared | Undone):
                continue
            # What fails is undone, which the history tells, or still out of reach.
            with suppress(SsiError):
                self.proceed(found)
            left = load_sharing(self._vault, found.id)
            if isinstance(left.state, Shared | Undone):
                settled.append(left)
        return tuple(settled)

    def proceed(self, found: Sharing) -> Sharing:
        """Take every step that is left, from whichever state."""
        try:
            if isinstance(found.state, Prepared):
                found = self._register(found)
            if isinstance(found.state, Registered):
                found = self._make(found)
        except _CANNOT_HELP as error:
            self._undo(found, error.reason)
            raise
        if isinstance(found.state, Sending):
            found = self._send(found, found.state)
        return found

    def _register(self, found: Sharing) -> Sharing:
        consented = found.consented
        if consented is None:
            return self._make(found)
        try:
            index = self._log.record(consented.entry)
        except ConflictError as error:
            # The log was handed over to another, say: it never takes this grant any more.
            self._undo(found, error.reason)
            raise
        disclosed = grant_credential.disclosures(consented.grant, consented.secret)
        self._log.prove_given(consented.grant_id, grant_credential.commitments(disclosed))
        told = self._note(Step.GRANT_REGISTERED, found, f"entry {index}")
        return self._save(found.to(Registered(index)), told)

    def _make(self, found: Sharing) -> Sharing:
        at = self._outside.clock.now()
        return self._save(found.to(present(found, self._copies(found), at=at)))

    def _send(self, found: Sharing, sending: Sending) -> Sharing:
        found = self._save(found.to(replace(sending, attempts=sending.attempts + 1)))
        answer = self._outside.http.post_form(
            found.request.response_uri, dict(sending.fields), accept="application/json"
        )
        if answer.ok:
            return self._shared(found, sending, _members(answer))
        problem = refusal(answer, otherwise="the recipient refused the answer")
        receipt = denial_receipt(found, sending, _members(answer), self._outside.resolver)
        if isinstance(problem, UnavailableError) and receipt is None:
            raise problem
        if isinstance(problem, ReplayError) and sending.attempts > 0 and receipt is None:
            # It arrived the first time; a recipient that says so may give the receipt again.
            return self._shared(found, sending, _members(answer))
        self._undo(found, problem.reason, receipt=receipt)
        raise problem

    def _shared(self, found: Sharing, sending: Sending, body: JsonObject) -> Sharing:
        now = self._outside.clock.now()
        notes: list[Change] = [self._note(Step.PRESENTED, found, _who(found))]
        receipt = None
        if found.consented is not None:
            try:
                receipt = given_receipt(found, sending, body, self._outside.resolver)
                notes.append(self._note(Step.RECEIPT_KEPT, found))
            except SsiError as error:
                notes.append(self._note(Step.RECEIPT_REJECTED, found, error.reason))
        uri = body.get("redirect_uri")
        shared = Shared(
            shared_at=now,
            presentation_digest=sending.presentation_digest,
            receipt=receipt,
            redirect_uri=uri if isinstance(uri, str) and uri else None,
        )
        return self._save(found.to(shared), *notes)

    def _undo(self, found: Sharing, reason: str, *, receipt: str | None = None) -> None:
        now = self._outside.clock.now()
        undone = found.to(Undone(undone_at=now, reason=reason, receipt=receipt))
        undone = replace(undone, withdrawal=self._withdrawing.wanted(found, tell=False))
        saved = self._save(undone, self._note(Step.RECIPIENT_REFUSED, found, reason))
        if saved.withdrawal is not None:
            self._withdrawing.try_to_proceed(saved)

    def _copies(self, found: Sharing) -> Mapping[str, Copy]:
        ids = {given.share.credential_id for given in found.given}
        copies = (copy for credential_id in ids for copy in copies_of(self._vault, credential_id))
        return {copy.id: copy for copy in copies}

    def _save(self, changed: Sharing, *others: Change) -> Sharing:
        self._vault.apply(keep_sharing(changed), *others)
        return load_sharing(self._vault, changed.id)

    def _note(self, step: Step, found: Sharing, detail: str = "") -> Change:
        return history.note(self._outside.clock.now(), step, found.id, detail)


def _members(answer: Answer) -> JsonObject:
    """Return the JSON of an answer; a recipient that sends none has nothing to add."""
    try:
        return answer.json()
    except MalformedError:
        return {}


def _who(found: Sharing) -> str:
    return found.asker.name or found.asker.client_id
