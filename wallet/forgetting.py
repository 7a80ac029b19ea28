"""Forget a grant that is over: its secret is destroyed, and all that is kept about it goes along.

A redaction needs the secret's key, so it is in the log first. Until the one change that destroys
everything, the grant is whole; after it, it is forgotten. There is nothing in between.
"""

from dataclasses import dataclass, replace
from typing import Final, final

from registry.model import entry
from ssi_core.errors import ConflictError, NotFoundError
from wallet import history
from wallet.grants import GrantState, GrantView, grant_view
from wallet.history import Step
from wallet.log import TrustedRegistry
from wallet.ports import Outside
from wallet.question_record import KIND as QUESTION
from wallet.sharing import KIND as SHARING
from wallet.sharing import Consented, Sharing
from wallet.sharing_record import keep_sharing, load_sharing, sharing_of_grant
from wallet.vault import Destroy, Vault
from wallet.withdrawing import Withdrawing

_OVER: Final = frozenset({GrantState.WITHDRAWN, GrantState.EXPIRED})
# What the history says it is about, so that it does not say which.
_SOME_GRANT: Final = "grant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What came of it. `unconfirmed`: the recipient was to confirm the withdrawal, and had not."""

    redacted: bool
    unconfirmed: bool


@final
class Forgetting:
    """Destroys what the wallet has of one grant; what its recipient has is out of reach."""

    def __init__(
        self, vault: Vault, outside: Outside, log: TrustedRegistry, withdrawing: Withdrawing
    ) -> None:
        self._vault = vault
        self._outside = outside
        self._log = log
        self._withdrawing = withdrawing

    def forget(self, grant_id: str, *, withdraw: bool = False, redact: bool = False) -> Forgotten:
        """Destroy a grant's secret and everything about it: nothing brings it back.

        With `withdraw` a grant that was not is taken back first; with `redact` the log drops the
        bytes of the grant's entry first, which it may refuse for one that only time has ended.

        Raises `ConflictError` for a grant that is not over, or whose withdrawal the log does not
        have, and whatever a redaction fails with; then the grant is as it was. `UnavailableError`
        from the last step says that the grant is forgotten and its traces on the medium wait for
        `resume`.
        """
        found = sharing_of_grant(self._vault, grant_id)
        if withdraw and self._view(found).state is not GrantState.WITHDRAWN:
            found = self._withdrawing.withdraw(grant_id)
        view = self._require_over(found)
        if redact and found.consented is not None:
            found = self._redacted(found, found.consented)
        told = history.note(self._outside.clock.now(), Step.GRANT_FORGOTTEN, _SOME_GRANT)
        self._vault.apply(
            Destroy(SHARING, found.id),
            Destroy(QUESTION, found.id),
            *history.destroyed(self._vault, about=found.id),
            told,
        )
        self._vault.scrub()
        return Forgotten(redacted=redact, unconfirmed=view.awaited)

    def _require_over(self, found: Sharing) -> GrantView:
        view = self._view(found)
        if view.state is GrantState.WITHDRAWING:
            raise ConflictError("the log does not have the withdrawal yet: its key is still needed")
        if view.state not in _OVER:
            raise ConflictError("the grant is not over: withdraw it first", at="/grant")
        return view

    def _view(self, found: Sharing) -> GrantView:
        view = grant_view(found, at=self._outside.clock.now())
        if view is None:
            raise NotFoundError("this wallet gave no such grant", at="/grant")
        return view

    def _redacted(self, found: Sharing, consented: Consented) -> Sharing:
        """Have the log drop the grant's bytes; the entry is signed once, and kept before it goes.

        A log that was asked in vain gets the same bytes again, which are one entry.
        """
        if found.redaction is None:
            raw = entry.consent_redact(
                log=consented.grant.log,
                grant_id=consented.grant_id,
                index=self._log.prove(consented.grant_id).index,
                signer=consented.secret.signer,
                at=self._outside.clock.now(),
            )
            self._vault.apply(keep_sharing(replace(found, redaction=raw)))
            found = load_sharing(self._vault, found.id)
        if found.redaction is not None:
            self._log.record(found.redaction)
        return found
