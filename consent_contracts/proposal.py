"""A grant that several representatives have to agree to, while it waits for them."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeAlias

from consent_contracts.authority import refusals_of_authority, require_authority
from consent_contracts.context import Context
from consent_contracts.grant import Grant
from consent_contracts.grantor import Grantor
from consent_contracts.lifecycle import GivenConsent, is_over, require_later
from consent_contracts.refusal import Refusal
from consent_contracts.request import ConsentRequest, require_within
from ssi_core import jcs
from ssi_core.encoding import base64url_encode
from ssi_core.errors import ConflictError, ConsentError, MalformedError


@dataclass(frozen=True, slots=True)
class Approval:
    """One representative's agreement, by the thumbprint of the key that signed for it."""

    key: str
    approved_at: datetime


@dataclass(frozen=True, slots=True)
class ProposedConsent:
    """Put forward by one representative, and not yet agreed to by as many as have to.

    `grant` names as its grantor those who have agreed up to now. `request` is what it answers, if
    somebody asked.
    """

    grant: Grant
    request: ConsentRequest | None
    approvals: tuple[Approval, ...]

    def __post_init__(self) -> None:
        if {each.key for each in self.approvals} != _grantor(self.grant).keys:
            raise MalformedError("names whoever has agreed", at="/subject/grantor/keys")

    @property
    def digest(self) -> str:
        """What each of them signs: SHA-256, base64url, of the grant without those who agreed."""
        members: dict[str, Any] = dict(self.grant.to_json())
        subject = dict(members["subject"])
        subject["grantor"] = {"delegation": _grantor(self.grant).delegation}
        body = jcs.canonicalize({**members, "subject": subject})
        return base64url_encode(sha256(body).digest())


@dataclass(frozen=True, slots=True)
class RejectedProposal:
    """One of those asked to agree said no, and one is enough. Terminal."""

    grant: Grant
    rejected_at: datetime


Proposal: TypeAlias = ProposedConsent | RejectedProposal


def propose(
    grant: Grant, *, request: ConsentRequest | None, context: Context, at: datetime
) -> ProposedConsent:
    """Put `grant` forward in the name of the one representative whom it names as its grantor."""
    (*others, key) = sorted(_grantor(grant).keys)
    if others:
        raise MalformedError("is put forward by one", at="/subject/grantor/keys")
    if request is not None:
        require_within(grant, request)
    if is_over(grant, at):
        raise ConflictError("the time of this grant is over")
    _require_representative(grant, {key}, context=context, at=at)
    return ProposedConsent(grant, request, (Approval(key, at),))


def approve(proposal: Proposal, *, key: str, context: Context, at: datetime) -> ProposedConsent:
    """Add the agreement of another representative, whose signature over `digest` was verified."""
    proposed = _open(proposal, at)
    if any(each.key == key for each in proposed.approvals):
        raise ConflictError("this representative has agreed already")
    _require_representative(proposed.grant, {key}, context=context, at=at)
    grantor = _grantor(proposed.grant)
    agreed = replace(grantor, keys=grantor.keys | {key})
    return replace(
        proposed,
        grant=replace(proposed.grant, grantor=agreed),
        approvals=(*proposed.approvals, Approval(key, at)),
    )


def reject(proposal: Proposal, *, key: str, context: Context, at: datetime) -> RejectedProposal:
    """Say no to it; one of them can, whoever has agreed before, that one included."""
    proposed = _open(proposal, at)
    _require_representative(proposed.grant, {key}, context=context, at=at)
    return RejectedProposal(proposed.grant, at)


def complete(proposal: Proposal, *, context: Context, at: datetime) -> GivenConsent:
    """Let the grant stand if as many have agreed as have to, and nothing else is against it."""
    proposed = _open(proposal, at)
    require_authority(refusals_of_authority(proposed.grant, context, at=at))
    return GivenConsent(proposed.grant, at)


def _open(proposal: Proposal, at: datetime) -> ProposedConsent:
    if not isinstance(proposal, ProposedConsent):
        raise ConflictError("this proposal was rejected, and stays so")
    if is_over(proposal.grant, at):
        raise ConflictError("the time of this grant is over")
    require_later(max(each.approved_at for each in proposal.approvals), at)
    return proposal


def _require_representative(
    grant: Grant, keys: Collection[str], *, context: Context, at: datetime
) -> None:
    """Refuse whoever could never be one of those who agree, or a grant they could not give."""
    chain = context.delegations.chain(_grantor(grant), log=grant.log)
    if chain.links and not set(keys) <= chain.links[0].record.delegation.representatives:
        raise ConsentError(
            "is not among those who may agree", refusals=(Refusal.BEYOND_AUTHORITY.value,)
        )
    require_authority(refusals_of_authority(grant, context, at=at) - {Refusal.AUTHORITY_INCOMPLETE})


def _grantor(grant: Grant) -> Grantor:
    if grant.grantor is None:
        raise MalformedError("the person's own grant waits for nobody", at="/subject/grantor")
    return grant.grantor
