"""What was decided while the registry was away, and how it looks since. Needs the desk's token."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from registry.client.edge import StaleUse
from registry.client.edge.stale_uses import EndedMeanwhile, Ground, Undetermined
from ssi_core.period import to_timestamp
from verifier.service.stale_uses import Rejudging

_Outcome = Literal["waiting", "stood", "revoked_meanwhile", "ended_later", "undetermined"]


class RegistryOut(BaseModel, frozen=True):
    """Whether the registry answers, and since when."""

    state: Literal["unknown", "online", "offline"]
    since: int


class ReliedOnOut(BaseModel, frozen=True):
    """What a use rests on: `kind` and id. The id of a DID is its key's, of a status its place."""

    kind: Literal["grant", "accreditation", "status", "did"]
    id: str


class StaleUseOut(BaseModel, frozen=True):
    """One use on old evidence, and one thing that it rests on; `outcome` is what is known since.

    `use` is of kept claims, or the request whose answer was accepted; then there is one such item
    for each thing that this rests on. `revoked_meanwhile` says that the thing had ended, or was
    suspended, by the time of the use; `ended_later` that it ended, by its signer's word, after it;
    `undetermined` that nobody can find out any more.
    """

    use: str
    relied_on: ReliedOnOut
    grant: str | None
    decided_at: int
    evidence_of: int
    size: int
    staleness: str
    flagged: bool
    outcome: _Outcome
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
    relied_on = use.relied_on
    ended = use.finding if isinstance(use.finding, EndedMeanwhile) else None
    return StaleUseOut(
        use=use.id,
        relied_on=ReliedOnOut(kind=relied_on.ground.value, id=relied_on.id),
        grant=relied_on.id if relied_on.ground is Ground.GRANT else None,
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


def _outcome(use: StaleUse) -> _Outcome:
    if use.finding is None:
        return "waiting"
    if isinstance(use.finding, Undetermined):
        return "undetermined"
    if use.revoked_meanwhile:
        return "revoked_meanwhile"
    return "ended_later" if isinstance(use.finding, EndedMeanwhile) else "stood"
