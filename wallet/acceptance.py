"""Accept an offer: ask the issuer, verify every copy, keep them, and tell the issuer."""

from dataclasses import dataclass, replace
from typing import Final, final

from ssi_core.errors import (
    MalformedError,
    NotFoundError,
    OAuthError,
    RejectedError,
    SsiError,
    UnavailableError,
)
from ssi_core.protocol.openid4vci import CredentialResponse, TxCode
from ssi_core.protocol.openid4vci.notification import CREDENTIAL_ACCEPTED, CREDENTIAL_FAILURE
from wallet import history, issuer_exchange
from wallet.credential import HeldCredential, held_credential, keep_copy, keep_credential
from wallet.history import Step
from wallet.issuance import (
    KIND,
    Issuance,
    Received,
    ToNotify,
    Wanted,
    keep_issuance,
    parse_issuance,
)
from wallet.issuer_exchange import Offered, read_offer, token_endpoint
from wallet.offer import endpoints_of, issuer_name, keepable, title_of, wanted_of
from wallet.ports import Outside
from wallet.received import verified_copies
from wallet.trust import load_trust
from wallet.vault import Change, Destroy, Vault

_CANNOT_HELP: Final = (RejectedError, MalformedError)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferView:
    """An offer as a person sees it before accepting; `tx_code` says which code it needs."""

    issuer_name: str
    credential_issuer: str
    titles: tuple[str, ...]
    tx_code: TxCode | None


@final
class Acceptance:
    """Takes offers up, step by step; each step is in the vault before the next is taken."""

    def __init__(self, vault: Vault, outside: Outside) -> None:
        self._vault = vault
        self._outside = outside

    def view(self, offer_uri: str) -> OfferView:
        """Read an offer and change nothing; `RejectedError` if there is nothing in it for us."""
        offered = read_offer(self._outside.http, offer_uri)
        grant = offered.offer.pre_authorized_code_grant
        return OfferView(
            issuer_name=issuer_name(offered.metadata),
            credential_issuer=offered.metadata.credential_issuer,
            titles=tuple(title_of(item) for item in keepable(offered)),
            tx_code=None if grant is None else grant.tx_code,
        )

    def accept(self, offer_uri: str, tx_code: str | None = None) -> tuple[HeldCredential, ...]:
        """Return the credentials that came of an offer, verified and kept.

        An offer that was interrupted is taken up where it was. Raises `MalformedError` when the
        offer needs a `tx_code` and none is given, `RejectedError` when the issuer refuses or what
        it sent does not hold, `UnavailableError` when `resume` has to finish it later.
        """
        offered = read_offer(self._outside.http, offer_uri)
        grant = offered.offer.pre_authorized_code_grant
        if grant is None:
            raise RejectedError("the offer has no pre-authorized code", at="/grants")
        if grant.tx_code is not None and not tx_code:
            raise MalformedError("the offer needs its transaction code", at="/tx_code")
        name = f"{offered.offer.credential_issuer} {grant.pre_authorized_code}"
        issuance_id = self._vault.blind(KIND, "offer", name).hex()
        try:
            issuance = replace(self._load(issuance_id), tx_code=tx_code)
        except NotFoundError:
            code = tx_code if grant.tx_code is not None else None
            issuance = self._begin(issuance_id, offered, grant.pre_authorized_code, code)
        return self._run(issuance)

    def resume(self) -> tuple[HeldCredential, ...]:
        """Finish or clean up what was interrupted; return what was kept by that.

        What still cannot be reached stays for the next time.
        """
        kept: list[HeldCredential] = []
        for record in self._vault.find(KIND):
            try:
                kept.extend(self._run(parse_issuance(record)))
            except (*_CANNOT_HELP, UnavailableError):
                # Written down in the history, or still in the journal.
                continue
        return tuple(kept)

    def _begin(
        self, issuance_id: str, offered: Offered, code: str, tx_code: str | None
    ) -> Issuance:
        endpoints = endpoints_of(offered, token=token_endpoint(self._outside.http, offered))
        issuance = Issuance(
            id=issuance_id,
            endpoints=endpoints,
            code=code,
            tx_code=tx_code,
            items=wanted_of(offered),
        )
        return self._save(issuance, self._note(Step.OFFER_ACCEPTED, issuance, endpoints.name))

    def _run(self, issuance: Issuance) -> tuple[HeldCredential, ...]:
        failure: SsiError | None = None
        try:
            issuance = self._authorised(issuance)
            for index in range(len(issuance.items)):
                issuance, refused = self._advance(issuance, index)
                failure = failure or refused
        except _CANNOT_HELP as error:
            self._abandon(issuance, error)
            raise _as_refusal(error) from None
        kept = self._kept(issuance)
        self._finish(issuance)
        if failure is not None:
            raise failure
        return kept

    def _authorised(self, issuance: Issuance) -> Issuance:
        if issuance.token is not None:
            return issuance
        response = issuer_exchange.fetch_token(self._outside.http, issuance)
        granted = {
            detail.credential_configuration_id: detail.credential_identifiers
            for detail in response.authorization_details
        }
        items = tuple(
            replace(item, identifier=next(iter(granted.get(item.configuration_id, ())), None))
            if isinstance(item, Wanted)
            else item
            for item in issuance.items
        )
        return self._save(replace(issuance, token=response.access_token, items=items))

    def _advance(self, issuance: Issuance, index: int) -> tuple[Issuance, SsiError | None]:
        if isinstance(wanted := issuance.items[index], Wanted):
            at = self._outside.clock.now()
            response = issuer_exchange.fetch_credential(self._outside.http, issuance, wanted, at=at)
            issuance = self._save(issuance.with_item(index, _received(wanted, response)))
        if not isinstance(received := issuance.items[index], Received):
            return issuance, None
        try:
            return self._keep(issuance, index, received), None
        except _CANNOT_HELP as error:
            refused = ToNotify(
                notification_id=received.notification_id,
                event=CREDENTIAL_FAILURE,
                credential_id=None,
            )
            told = self._note(Step.CREDENTIAL_REFUSED, issuance, error.reason)
            return self._save(issuance.with_item(index, refused), told), error

    def _keep(self, issuance: Issuance, index: int, received: Received) -> Issuance:
        now = self._outside.clock.now()
        credential, copies = verified_copies(
            received,
            issuer_name=issuance.endpoints.name,
            evidence=self._outside.evidence,
            certificates=load_trust(self._vault).certificates,
            at=now,
        )
        told = ToNotify(
            notification_id=received.notification_id,
            event=CREDENTIAL_ACCEPTED,
            credential_id=credential.id,
        )
        return self._save(
            issuance.with_item(index, told),
            keep_credential(credential),
            *(keep_copy(copy) for copy in copies),
            history.note(now, Step.CREDENTIAL_KEPT, credential.id, credential.title),
        )

    def _finish(self, issuance: Issuance) -> None:
        try:
            for item in issuance.items:
                if isinstance(item, ToNotify) and item.notification_id is not None:
                    issuer_exchange.notify(
                        self._outside.http, issuance, item.notification_id, item.event
                    )
        except UnavailableError:
            # The credentials are here; only the courtesy waits, for `resume`.
            return
        self._vault.apply(Destroy(KIND, issuance.id))
        self._vault.scrub()

    def _abandon(self, issuance: Issuance, error: SsiError) -> None:
        told = self._note(Step.OFFER_FAILED, issuance, _as_refusal(error).reason)
        settled = tuple(item for item in issuance.items if isinstance(item, ToNotify))
        self._finish(self._save(replace(issuance, items=settled), told))

    def _kept(self, issuance: Issuance) -> tuple[HeldCredential, ...]:
        ids = [
            item.credential_id
            for item in issuance.items
            if isinstance(item, ToNotify) and item.credential_id is not None
        ]
        return tuple(held_credential(self._vault, credential_id) for credential_id in ids)

    def _save(self, issuance: Issuance, *others: Change) -> Issuance:
        self._vault.apply(keep_issuance(issuance), *others)
        return self._load(issuance.id)

    def _load(self, issuance_id: str) -> Issuance:
        return parse_issuance(self._vault.load(KIND, issuance_id))

    def _note(self, step: Step, issuance: Issuance, detail: str) -> Change:
        return history.note(self._outside.clock.now(), step, issuance.id, detail)


def _received(wanted: Wanted, response: CredentialResponse) -> Received:
    return Received(wanted=wanted, texts=response.texts(), notification_id=response.notification_id)


def _as_refusal(error: SsiError) -> SsiError:
    if not isinstance(error, OAuthError):
        return error
    # The code is one of a specification's words, checked when it was read.
    reason = f"{error.reason}: {error.error}"
    return RejectedError(reason)
