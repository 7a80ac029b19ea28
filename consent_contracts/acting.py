"""Steps in the life of a consent together with who takes them: the person, or representatives.

`by` is `None` for the person, and else the representatives who agreed and the delegation that they
act by. What gives somebody more (giving, resuming, taking back an objection) takes as many of them
as the delegation says; what gives less takes one.
"""

from datetime import datetime
from typing import Final

from consent_contracts import lifecycle, narrowing
from consent_contracts.authority import (
    refusals_of_act,
    refusals_of_authority,
    require_authority,
)
from consent_contracts.context import Context
from consent_contracts.delegation import Act
from consent_contracts.extent import Claimed, Extent
from consent_contracts.grant import Effect, Grant
from consent_contracts.grantor import Grantor
from consent_contracts.lifecycle import (
    Consent,
    GivenConsent,
    LiveConsent,
    RefusedConsent,
    SupersededConsent,
    SuspendedConsent,
    WithdrawnConsent,
    live,
)
from consent_contracts.purpose import covered_by
from consent_contracts.refusal import Refusal
from consent_contracts.subject_facts import NOTHING_KNOWN
from consent_contracts.wire import SECOND
from ssi_core.errors import MalformedError
from ssi_core.period import Period

_NONE: Final = frozenset[Refusal]()


def give(consent: Consent, grant: Grant, *, context: Context, at: datetime) -> GivenConsent:
    """Answer a request with a grant; whoever it names as its grantor gives it."""
    require_giving(grant, context=context, at=at)
    return lifecycle.give(consent, grant, at=at)


def refuse(
    consent: Consent,
    *,
    by: Grantor | None,
    holder_keys: frozenset[str],
    context: Context,
    at: datetime,
) -> RefusedConsent:
    """Answer a request about the holder of `holder_keys` with no; anybody who may withdraw can."""
    refused = lifecycle.refuse(consent, at=at)
    asked = Extent(
        holder_keys=holder_keys,
        purposes=covered_by(refused.request.purposes),
        scope=Claimed(),
        period=Period(at, at + SECOND),
    )
    if by is None:
        require_authority(_of_the_person(context, gives_more=False, at=at))
    else:
        log = refused.request.log
        found = refusals_of_act(Act.WITHDRAW, by=by, log=log, extent=asked, context=context, at=at)
        require_authority(found)
    return refused


def suspend(
    consent: Consent, *, by: Grantor | None, context: Context, at: datetime
) -> SuspendedConsent:
    """Let the grant permit nothing for now."""
    require_change(live(consent, at).grant, by=by, gives_back=False, context=context, at=at)
    return lifecycle.suspend(consent, at=at)


def resume(consent: Consent, *, by: Grantor | None, context: Context, at: datetime) -> GivenConsent:
    """Let a suspended grant permit again: the person does, or the authority that gave it."""
    require_change(live(consent, at).grant, by=by, gives_back=True, context=context, at=at)
    return lifecycle.resume(consent, at=at)


def withdraw(
    consent: Consent, *, by: Grantor | None, context: Context, at: datetime
) -> WithdrawnConsent:
    """End a grant for good, or take back an objection: only the person, or who raised it, may."""
    require_change(live(consent, at).grant, by=by, gives_back=False, context=context, at=at)
    return lifecycle.withdraw(consent, at=at)


def narrow(
    consent: Consent, grant: Grant, *, context: Context, at: datetime, used: int = 0
) -> tuple[SupersededConsent, LiveConsent]:
    """Put a narrower grant in the place of one; its grantor may give the new and end the old."""
    old = live(consent, at).grant
    require_giving(grant, context=context, at=at)
    require_change(old, by=grant.grantor, gives_back=False, context=context, at=at)
    return narrowing.narrow(consent, grant, at=at, used=used)


def supersede(
    consent: Consent, grant: Grant, *, context: Context, at: datetime
) -> tuple[SupersededConsent, LiveConsent]:
    """Put any other grant in the place of one; its grantor may give the new and end the old."""
    old = live(consent, at).grant
    if grant.id is None or grant.supersedes != old.id:
        raise MalformedError("must name the grant it takes the place of", at="/terms/supersedes")
    require_giving(grant, context=context, at=at)
    require_change(old, by=grant.grantor, gives_back=False, context=context, at=at)
    return lifecycle.supersede(consent, by=grant.id, at=at), GivenConsent(grant, at)


def require_giving(grant: Grant, *, context: Context, at: datetime) -> None:
    """Return if its grantor may give `grant` now; raise with the code of every reason if not.

    `ConsentError`, or `ConsentUndeterminedError` where something could not be found out.
    """
    if grant.effect is Effect.DENY:
        require_change(grant, by=grant.grantor, gives_back=True, context=context, at=at)
        return
    found = refusals_of_authority(grant, context, at=at)
    # A grant may begin later; still it is today that its person has to be able to decide.
    if grant.grantor is None:
        found |= _of_the_person(context, gives_more=True, at=at)
    require_authority(found)


def require_change(
    grant: Grant, *, by: Grantor | None, gives_back: bool, context: Context, at: datetime
) -> None:
    """Return if `by` may end or suspend `grant` now, or, if it `gives_back`, let it stand again.

    Of an objection all of this is the other way round: ending it gives somebody more. Only the
    person, and the authority that gave a grant or raised an objection, can give more by such a
    change.
    """
    gives_more = gives_back is (grant.effect is Effect.PERMIT)
    if by is None:
        require_authority(_of_the_person(context, gives_more=gives_more, at=at))
        return
    found = refusals_of_act(
        Act.GIVE if gives_more else Act.WITHDRAW,
        by=by,
        log=grant.log,
        extent=Extent.of_grant(grant).at(at),
        context=context,
        at=at,
    )
    is_own = grant.grantor is not None and grant.grantor.delegation == by.delegation
    require_authority(found if is_own or not gives_more else found | {Refusal.BEYOND_AUTHORITY})


def _of_the_person(context: Context, *, gives_more: bool, at: datetime) -> frozenset[Refusal]:
    facts = context.subject or NOTHING_KNOWN
    if facts.has_died(at):
        return frozenset({Refusal.SUBJECT_DECEASED})
    unable = gives_more and facts.incapacity_at(at) is not None
    return frozenset({Refusal.BEYOND_AUTHORITY}) if unable else _NONE
