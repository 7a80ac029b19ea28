"""A narrower grant in the place of a wider one, in one step."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from consent_contracts.data_use import DataUseTerm
from consent_contracts.duo import TermKind
from consent_contracts.extent import Extent
from consent_contracts.grant import Effect, Grant
from consent_contracts.lifecycle import (
    Consent,
    GivenConsent,
    LiveConsent,
    SupersededConsent,
    SuspendedConsent,
    live,
    supersede,
)
from ssi_core.errors import ConsentError, MalformedError

BEYOND_GRANT: Final = "beyond_grant"


def narrow(
    consent: Consent, grant: Grant, *, at: datetime, used: int = 0
) -> tuple[SupersededConsent, LiveConsent]:
    """Put `grant`, which gives no more, in the place of the one that stands; both or neither.

    `used` is how often the recipient has used the old one: the new one does not begin to count from
    nothing. What was suspended stays so.
    """
    before = live(consent, at)
    if grant.id is None or grant.supersedes is None or grant.supersedes != before.grant.id:
        raise MalformedError("must name the grant it takes the place of", at="/terms/supersedes")
    require_narrower(grant, before.grant, used=used)
    superseded = supersede(before, by=grant.id, at=at)
    if isinstance(before, SuspendedConsent):
        return superseded, SuspendedConsent(grant, at, before.suspended_at)
    return superseded, GivenConsent(grant, at)


def require_narrower(inner: Grant, outer: Grant, *, used: int = 0) -> None:
    """Return if `inner` permits nothing that `outer` does not; raise `ConsentError` if it might.

    A scope that is narrower in a way that is not plain is refused too.
    """
    _require(inner.effect is outer.effect is Effect.PERMIT, at="/terms/effect")
    _require(inner.log == outer.log, at="/log")
    _require(inner.recipient == outer.recipient, at="/recipient")
    _require(inner.request_digest == outer.request_digest, at="/terms/request")
    _require(inner.notice == outer.notice, at="/terms/notice")
    _require(Extent.of_grant(inner).is_within(Extent.of_grant(outer)), at="/scope")
    _require(inner.max_staleness <= outer.max_staleness, at="/terms/max_staleness")
    _require(inner.limits.is_within(outer.limits), at="/terms/limits")
    _require(inner.obligations >= outer.obligations, at="/terms/obligations")
    _require_uses_left(inner, outer, used=used)
    _require_data_use(inner, outer)


def _require_uses_left(inner: Grant, outer: Grant, *, used: int) -> None:
    if outer.limits.uses is not None:
        left = outer.limits.uses - used
        _require(inner.limits.uses is not None and inner.limits.uses <= left, at="/terms/limits")


def _require_data_use(inner: Grant, outer: Grant) -> None:
    same = _permissions(inner.data_use) == _permissions(outer.data_use)
    _require(same and set(outer.data_use) <= set(inner.data_use), at="/terms/data_use")
    # Months of approved use are counted from the beginning of the grant, so a later one adds some.
    counted = any(each.months is not None for each in outer.data_use)
    _require(not counted or inner.period.start == outer.period.start, at="/nbf")


def _permissions(terms: Iterable[DataUseTerm]) -> set[DataUseTerm]:
    return {each for each in terms if each.term.kind is TermKind.PERMISSION}


def _require(holds: bool, *, at: str) -> None:  # noqa: FBT001 - the one thing it takes
    if not holds:
        raise ConsentError("not narrower than before", at=at, refusals=(BEYOND_GRANT,))
