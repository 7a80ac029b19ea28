"""Coming of age: what others gave for a child freezes, and the person is asked anew."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from consent_contracts.access import AccessLevel
from consent_contracts.authority import is_for_a_minor
from consent_contracts.context import Context
from consent_contracts.grant import Effect, Grant
from consent_contracts.lifecycle import GrantState, RequestedConsent
from consent_contracts.record import GrantRecord
from consent_contracts.request import ConsentRequest
from ssi_core.errors import ConflictError
from ssi_core.period import Period

_SECOND: Final = timedelta(seconds=1)
_ENDED: Final = (GrantState.WITHDRAWN, GrantState.EXPIRED, GrantState.SUPERSEDED)


@dataclass(frozen=True, slots=True)
class AskedAnew:
    """Something that was decided for the person, and the question that is now theirs.

    `question` is `None` for an objection, which stands until the person takes it back, and where
    the request that was answered is not at hand: then the recipient has to ask again itself.
    """

    grant: Grant
    question: RequestedConsent | None


def ask_anew(
    records: Iterable[GrantRecord],
    requests: Mapping[str, ConsentRequest],
    *,
    context: Context,
    at: datetime,
) -> tuple[AskedAnew, ...]:
    """Return what was given for the person as a minor and has not ended, to be put to them now.

    `requests` are those that were answered, by their digests. A question asks for no more than the
    old grant gave, from now until that would have ended. It is a text of its own: what the person
    answers with is a new grant, and names the new question.
    """
    majority = None if context.subject is None else context.subject.majority_at
    if majority is None or at < majority:
        raise ConflictError("the person is not known to be of age")
    asked = [
        AskedAnew(record.grant, _question(record.grant, requests, at=at))
        for record in records
        if not _has_ended(record, at) and _was_for_a_minor(record.grant, context)
    ]
    return tuple(sorted(asked, key=lambda each: each.grant.id or ""))


def _was_for_a_minor(grant: Grant, context: Context) -> bool:
    if grant.grantor is None:
        return False
    chain = context.delegations.chain(grant.grantor, log=grant.log)
    # What cannot be found out could be a parent's: the person is asked rather than passed over.
    return bool(chain.refusals) or any(
        is_for_a_minor(link.record.delegation.basis) for link in chain.links
    )


def _has_ended(record: GrantRecord, at: datetime) -> bool:
    end = record.grant.period.end
    return record.state in _ENDED or (end is not None and at >= end)


def _question(
    grant: Grant, requests: Mapping[str, ConsentRequest], *, at: datetime
) -> RequestedConsent | None:
    request = requests.get(grant.request_digest)
    access = max((item.access for item in grant.scope), default=AccessLevel.NONE)
    if request is None or grant.effect is Effect.DENY or access is AccessLevel.NONE:
        return None
    begins = at.replace(microsecond=0)
    start = max(begins, grant.period.start or begins)
    end = max(grant.period.end or start, start + _SECOND)
    renewed = replace(
        request,
        purposes=grant.covered_purposes if grant.except_purposes else grant.purposes,
        period=Period(start, end),
        max_staleness=grant.max_staleness,
        limits=grant.limits,
        obligations=grant.obligations,
        access=access,
        text="",
    )
    return RequestedConsent(renewed, at)
