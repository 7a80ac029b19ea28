"""What was decided while the registry was away, and how it looks since. Needs the desk's token."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from registry.client.edge import StaleUse
from registry.client.edge.stale_uses import EndedMeanwhile
from ssi_core.period import to_timestamp
from verifier.service.stale_uses import Rejudging


class RegistryOut(BaseModel, frozen=True):
    """Whether the registry answers, and since when."""

    state: Literal["unknown", "online", "offline"]
    since: int


class StaleUseOut(BaseModel, frozen=True):
    """One use on old evidence; `outcome` is what the log says of it since.

    `revoked_meanwhile` is a use whose grant had ended, or ended in that hour; `ended_later` one
    whose grant ended, by its signer's word, in a later hour.
    """

    use: str
    grant: str
    decided_at: int
    evidence_of: int
    size: int
    staleness: str
    flagged: bool
    outcome: Literal["waiting", "stood", "revoked_meanwhile", "ended_later"]
    judged_at: int | None = None
    ended_index: int | None = None
    ended_at: int | None = None


class StaleUsesOut(BaseModel, frozen=True):
    """Every use that was decided on old evidence, oldest first."""

    registry: RegistryOut
    uses: list[StaleUseOut]


def stale_use_routes(rejudging: Rejudging, authenticate: Callable[[Request], None]) -> APIRouter:
    """Return the route that reports them."""
    routes = APIRouter(prefix="/desk", tags=["desk"], dependencies=[Depends(authenticate)])

    @routes.get("/stale-uses")
    def stale_uses() -> StaleUsesOut:
        """List what was permitted on old evidence, judged again as far as the log can be asked."""
        presence = rejudging.presence()
        return StaleUsesOut(
            registry=RegistryOut(state=presence.reach.value, since=to_timestamp(presence.since)),
            uses=[_use(each) for each in rejudging.report()],
        )

    return routes


def _use(use: StaleUse) -> StaleUseOut:
    ended = use.finding if isinstance(use.finding, EndedMeanwhile) else None
    return StaleUseOut(
        use=use.id,
        grant=use.grant_id,
        decided_at=to_timestamp(use.decided_at),
        evidence_of=to_timestamp(use.known_at),
        size=use.size,
        staleness=use.staleness,
        flagged=use.flagged,
        outcome=_outcome(use),
        judged_at=_seconds(use.judged_at),
        ended_index=None if ended is None else ended.index,
        ended_at=None if ended is None else _seconds(ended.signed_at),
    )


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else to_timestamp(moment)


def _outcome(use: StaleUse) -> Literal["waiting", "stood", "revoked_meanwhile", "ended_later"]:
    if use.finding is None:
        return "waiting"
    if use.revoked_meanwhile:
        return "revoked_meanwhile"
    return "ended_later" if isinstance(use.finding, EndedMeanwhile) else "stood"
