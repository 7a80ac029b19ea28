"""The wallet: everything a person can do with it, in one place."""

from dataclasses import dataclass
from threading import RLock
from typing import Self, final

from ssi_core.errors import NotFoundError
from ssi_core.proof.sd_jwt import SdJwt
from wallet import history
from wallet.acceptance import Acceptance, OfferView
from wallet.answering import Answering
from wallet.claims import ShownClaim, shown_claims
from wallet.credential import (
    HeldCredential,
    copies_of,
    destroy_credential,
    held_credential,
    held_credentials,
)
from wallet.emergencies import Emergencies
from wallet.emergency_record import ToldEmergency, all_emergencies
from wallet.envelope import Unlock
from wallet.forgetting import Forgetting, Forgotten
from wallet.grants import GrantView, grant_view
from wallet.history import Event, Step
from wallet.inspection import Inspection
from wallet.log import TrustedRegistry
from wallet.outbox import NotSent, not_sent
from wallet.ports import Outside, VaultStore
from wallet.question import Choice, Question
from wallet.sharing import Sharing
from wallet.sharing_record import all_sharings, sharing_of_grant
from wallet.trust import Trust, keep_trust, load_trust
from wallet.vault import Vault
from wallet.withdrawing import Withdrawing


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """What `resume` brought to an end, or learned."""

    credentials: tuple[HeldCredential, ...]
    answers: tuple[Sharing, ...]
    withdrawals: tuple[Sharing, ...]
    emergencies: tuple[ToldEmergency, ...] = ()
    """What was heard of, meanwhile, that others opened."""


@final
class Wallet:
    """A person's wallet over an unlocked vault. Threads may share it."""

    def __init__(self, vault: Vault, outside: Outside) -> None:
        self._vault = vault
        self._outside = outside
        # One thing at a time: a resume must not take up an answer that is just being given.
        self._turn = RLock()
        self._log = log = TrustedRegistry(vault, outside.registry, outside.clock)
        self._acceptance = Acceptance(vault, outside)
        self._inspection = Inspection(vault, outside, log)
        self._withdrawing = Withdrawing(vault, outside, log)
        self._answering = Answering(vault, outside, log, self._withdrawing)
        self._emergencies = Emergencies(vault, outside, log)
        self._forgetting = Forgetting(vault, outside, log, self._withdrawing)

    @classmethod
    def create(cls, store: VaultStore, unlock: Unlock, outside: Outside) -> Self:
        """Lay out a new wallet in `store`; `ConflictError` if there is one."""
        wallet = cls(Vault.create(store, unlock), outside)
        now = outside.clock.now()
        wallet._vault.apply(history.note(now, Step.WALLET_CREATED, "wallet"))
        return wallet

    @classmethod
    def open(cls, store: VaultStore, unlock: Unlock, outside: Outside) -> Self:
        """Open the wallet that is kept in `store`; see `Vault.open`."""
        return cls(Vault.open(store, unlock), outside)

    def view_offer(self, offer_uri: str) -> OfferView:
        """Read an offer and change nothing."""
        return self._acceptance.view(offer_uri)

    def accept(self, offer_uri: str, tx_code: str | None = None) -> tuple[HeldCredential, ...]:
        """Accept an offer and return the credentials that it brought; see `Acceptance.accept`."""
        with self._turn:
            return self._acceptance.accept(offer_uri, tx_code)

    def credentials(self) -> tuple[HeldCredential, ...]:
        """Return what the wallet holds, oldest first."""
        return held_credentials(self._vault)

    def credential(self, credential_id: str) -> HeldCredential:
        """Return one credential; `NotFoundError` if the wallet does not hold it."""
        return held_credential(self._vault, credential_id)

    def delete(self, credential_id: str) -> None:
        """Destroy a credential, its copies and their keys: nothing brings them back."""
        now = self._outside.clock.now()
        told = history.note(now, Step.CREDENTIAL_DELETED, credential_id)
        with self._turn:
            self._vault.apply(*destroy_credential(self._vault, credential_id), told)
            self._vault.scrub()

    def claims(self, credential_id: str) -> tuple[ShownClaim, ...]:
        """Return every claim of a credential, for its holder's own eyes."""
        credential = held_credential(self._vault, credential_id)
        copy = copies_of(self._vault, credential_id)[0]
        return shown_claims(SdJwt.parse(copy.text), credential.labels)

    def copies(self, credential_id: str) -> int:
        """Return of how many copies, each for another verifier, a credential consists."""
        return len(copies_of(self._vault, credential_id))

    def inspect(self, request_uri: str) -> Question:
        """Return the question that a request puts to the person; see `Inspection.inspect`."""
        with self._turn:
            return self._inspection.inspect(request_uri)

    def question(self, question_id: str) -> Question:
        """Return a question that waits for its answer; `NotFoundError` if there is none."""
        return self._inspection.question(question_id)

    def consent(self, question: Question, choice: Choice | None = None) -> Sharing:
        """Answer with yes; see `Answering.consent`."""
        with self._turn:
            return self._answering.consent(question, choice or Choice())

    def refuse(self, question: Question) -> None:
        """Answer with no."""
        with self._turn:
            self._answering.refuse(question)

    def withdraw(self, grant_id: str) -> GrantView:
        """Take a grant back; see `Withdrawing.withdraw`."""
        with self._turn:
            self._withdrawing.withdraw(grant_id)
        return self.grant(grant_id)

    def forget(self, grant_id: str, *, withdraw: bool = False, redact: bool = False) -> Forgotten:
        """Destroy the secret of a grant that is over; see `Forgetting.forget`."""
        with self._turn:
            return self._forgetting.forget(grant_id, withdraw=withdraw, redact=redact)

    def grants(self) -> tuple[GrantView, ...]:
        """Return every grant given, with its state at this moment, oldest first."""
        now = self._outside.clock.now()
        views = (grant_view(found, at=now) for found in all_sharings(self._vault))
        return tuple(view for view in views if view is not None)

    def grant(self, grant_id: str) -> GrantView:
        """Return one grant; raise `NotFoundError` if this wallet did not give it."""
        found = sharing_of_grant(self._vault, grant_id)
        view = grant_view(found, at=self._outside.clock.now())
        if view is None:
            raise NotFoundError("this wallet gave no such grant", at="/grant")
        return view

    def resume(self, *, patient: bool = False) -> Resumed:
        """Finish, or clean up, everything that was interrupted; what cannot be reached waits.

        When `patient`, recipients that did not confirm a withdrawal are asked ever less often.
        """
        with self._turn:
            self._inspection.forget_old()
            self._log.send_waiting()
            resumed = Resumed(
                credentials=self._acceptance.resume(),
                answers=self._answering.resume(),
                withdrawals=self._withdrawing.resume(patient=patient),
                emergencies=self._emergencies.ask(patient=patient),
            )
            self._vault.scrub()
        return resumed

    def ask_custodians(self) -> tuple[ToldEmergency, ...]:
        """Ask custodians what was opened without consent; return what is news."""
        with self._turn:
            return self._emergencies.ask()

    def emergencies(self) -> tuple[ToldEmergency, ...]:
        """Return what this wallet was told that others opened, oldest first."""
        return all_emergencies(self._vault)

    def ask_registry(self) -> None:
        """Return if the registry answers; `UnavailableError` if it does not, or there is none."""
        self._log.ask()

    def waiting(self) -> tuple[NotSent, ...]:
        """Hand in what the log does not have, and return what it still does not have, and why."""
        with self._turn:
            report = self._log.send_waiting()
            self._answering.resume()
            self._withdrawing.resume(patient=True)
            return not_sent(self._vault, report.refused)

    def count_not_sent(self) -> int:
        """Return how many entries of ours the log does not have, as far as is known here.

        Nobody is asked and nobody waited for.
        """
        return len(not_sent(self._vault, ()))

    def resume_waiting(self) -> None:
        """Resume if there is something that the log does not have yet."""
        if self._log.is_waiting():
            self.resume()

    def history(self) -> tuple[Event, ...]:
        """Return every step that was taken, oldest first."""
        return history.read(self._vault)

    def trust(self) -> Trust:
        """Return which registry, roots and certificates this wallet believes."""
        return load_trust(self._vault)

    def change_trust(self, trust: Trust) -> None:
        """Believe `trust` from now on."""
        with self._turn:
            self._vault.apply(keep_trust(self._vault, trust))

    def change_unlock(self, unlock: Unlock) -> None:
        """Open with another passphrase or device key from now on."""
        self._vault.change_unlock(unlock)
        now = self._outside.clock.now()
        self._vault.apply(history.note(now, Step.UNLOCKING_CHANGED, "wallet"))
