"""Grants that a custodian holds: take, look up, learn what became of them, end them."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, final

from consent_contracts import grant_credential, withdrawal
from consent_contracts.grant import Grant
from consent_contracts.held_grant import HeldGrant, require_past, superseding
from consent_contracts.kept import Document, Kind
from consent_contracts.lifecycle import GrantState
from consent_contracts.ports import Clock
from consent_contracts.record import GrantRecord
from consent_contracts.service.requests import Requests
from consent_contracts.service.vault import Kept, Vault
from consent_contracts.signed import unverified_claims
from ssi_core.credential.sd_jwt_vc import SdJwtVc
from ssi_core.did import key as did_key
from ssi_core.did.syntax import Did
from ssi_core.errors import ConflictError, NotFoundError, ProofError
from ssi_core.keys import Ed25519PublicKey, public_key_from_multikey
from ssi_core.verification import Evidence, VerificationPolicy, verify

_POLICY: Final = VerificationPolicy(
    algorithms=frozenset({"EdDSA", "Ed25519"}),
    vcts=frozenset({grant_credential.VCT}),
    require_status=False,
    require_holder_binding=False,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A grant and its place among all documents, from which a list goes on."""

    number: int
    held: HeldGrant


@final
class Grants:
    """The grants of one custodian."""

    def __init__(self, vault: Vault, requests: Requests, clock: Clock) -> None:
        self._vault = vault
        self._requests = requests
        self._clock = clock

    def take_record(self, record: GrantRecord) -> HeldGrant:
        """Keep a grant on the word of whoever gives it here; one that is there learns its state."""
        return self._take(HeldGrant(record=record))

    def take_credential(
        self, text: str, *, state: GrantState | None = None, known_at: datetime | None = None
    ) -> HeldGrant:
        """Keep a grant that its subject signed; its state is the word of whoever gives it here."""
        parsed = SdJwtVc.parse(text)
        issuer = Did.parse(parsed.issuer or "", at="/iss")
        verified = verify(
            parsed,
            evidence=Evidence(dids={issuer: did_key.resolve(issuer)}),
            policy=_POLICY,
            expected=None,
            at=self._clock.now(),
        )
        grant_credential.commitments_of(parsed.sd_jwt)
        grant = grant_credential.read(verified, tuple(verified.disclosures.values()))
        return self._take(
            HeldGrant(
                record=GrantRecord(grant=grant, state=state, known_at=known_at),
                credential=text,
                control_key=grant_credential.control_key(verified).multikey,
            )
        )

    def find(self, grant_id: str) -> HeldGrant:
        """Return a grant; `NotFoundError` if there is none with this id."""
        return HeldGrant.parse(self._kept(grant_id).content)

    def page(self, *, after: int = 0, limit: int = 100) -> tuple[Listed, ...]:
        """Return grants in the order in which they came."""
        page = self._vault.page(Kind.GRANT, after=after, limit=limit)
        return tuple(
            Listed(number=each.number, held=HeldGrant.parse(each.content)) for each in page
        )

    def about(self, holder_keys: Collection[str]) -> tuple[tuple[Kept, HeldGrant], ...]:
        """Return the grants about any of these keys, with what it takes to change them."""
        found = self._vault.found_by(Kind.GRANT, [f"key:{key}" for key in holder_keys])
        return tuple((each, HeldGrant.parse(each.content)) for each in found)

    def observe(self, grant_id: str, state: GrantState, *, known_at: datetime) -> HeldGrant:
        """Learn what a log says of a grant now."""
        kept = self._kept(grant_id)
        held = HeldGrant.parse(kept.content).observed(state, known_at)
        require_past(held.record, now=self._clock.now())
        self._vault.commit(self.document(held, replacing=kept))
        return held

    def withdraw(self, notice: str) -> HeldGrant:
        """End a grant by a notice that its own key signed, whomever the notice is for."""
        kept = self._kept(withdrawal.unverified_grant_id(notice))
        held = HeldGrant.parse(kept.content)
        if held.control_key is None:
            raise ProofError("which key may end this grant is not known here")
        claims = withdrawal.WithdrawalNotice.parse(unverified_claims(notice))
        key = _control_key(held.control_key)
        verified = withdrawal.verify_notice(notice, key=key, audience=claims.audience)
        if verified.log != held.record.grant.log:
            raise ProofError("the notice speaks of another log", at="/log")
        if held.has_ended:
            return held
        ended = held.observed(GrantState.WITHDRAWN, self._clock.now())
        self._vault.commit(self.document(ended, replacing=kept))
        return ended

    def document(self, held: HeldGrant, *, replacing: Kept | None) -> Document:
        """Return what to commit for a grant."""
        return self._vault.document(
            Kind.GRANT, held.id, held.to_json(), found_by=held.found_by(), replacing=replacing
        )

    def _take(self, held: HeldGrant) -> HeldGrant:
        require_past(held.record, now=self._clock.now())
        kept = self._vault.find(Kind.GRANT, held.id)
        if kept is not None:
            return self._learn(kept, held)
        grant = held.record.grant
        if self._has_successor(grant):
            held = self._ended(held)
        # What has ended already gives nothing, and answers nothing.
        answered = None if held.has_ended else self._requests.answered_by(grant)
        self._vault.commit(
            self.document(held, replacing=None),
            *([] if answered is None else [answered]),
            *self._superseded(grant),
        )
        return held

    def _learn(self, kept: Kept, told: HeldGrant) -> HeldGrant:
        """Return the grant that is there, with what is told about it that is new."""
        held = HeldGrant.parse(kept.content)
        if held.record.grant != told.record.grant:
            raise ConflictError("another grant has this id", at="/grant/grant_id")
        if held.credential is None and told.credential is not None:
            held = replace(held, credential=told.credential, control_key=told.control_key)
        record = told.record
        if record.state is not None and record.known_at is not None:
            held = held.observed(record.state, record.known_at)
        if record.uses > held.record.uses:
            counted = replace(held.record, uses=record.uses, last_used_at=record.last_used_at)
            held = replace(held, record=counted)
        self._vault.commit(self.document(held, replacing=kept))
        return held

    def _superseded(self, grant: Grant) -> tuple[Document, ...]:
        """Return the grant that `grant` takes the place of, ended."""
        kept = self._vault.find(Kind.GRANT, grant.supersedes) if grant.supersedes else None
        if kept is None:
            return ()
        before = HeldGrant.parse(kept.content)
        if not _supersedes(grant, before.record.grant):
            return ()
        return (self.document(self._ended(before), replacing=kept),)

    def _has_successor(self, grant: Grant) -> bool:
        found = self._vault.found_by(Kind.GRANT, [superseding(grant.id or "")])
        held = (HeldGrant.parse(each.content) for each in found)
        return any(_supersedes(each.record.grant, grant) for each in held)

    def _ended(self, held: HeldGrant) -> HeldGrant:
        if held.has_ended:
            return held
        return held.observed(GrantState.SUPERSEDED, self._clock.now())

    def _kept(self, grant_id: str) -> Kept:
        kept = self._vault.find(Kind.GRANT, grant_id)
        if kept is None:
            raise NotFoundError("there is no such grant here")
        return kept


def _supersedes(later: Grant, earlier: Grant) -> bool:
    return later.supersedes == earlier.id and later.log == earlier.log


def _control_key(multikey: str) -> Ed25519PublicKey:
    key = public_key_from_multikey(multikey)
    if not isinstance(key, Ed25519PublicKey):
        raise ProofError("a grant is signed by an Ed25519 key of its own")
    return key
