"""What a replica says over HTTP beside the log: how it stands, how old it is, what waits here."""

from datetime import timedelta
from typing import Final, final

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.service.replica.replica import Replica
from registry.service.replica.write_ports import KeptItem
from ssi_core.encoding import base64url_encode
from ssi_core.period import to_rfc3339

_MOST: Final = 1_000
_SECOND: Final = timedelta(seconds=1)


class StandingOut(BaseModel, frozen=True):
    """How a replica stands: its state, its checkpoint's size and age in seconds, what waits.

    `code` says why it does not follow its source, as an error's code or a divergence's kind, and
    `key` which did:key signs its receipts for what it keeps.
    """

    state: str
    size: int
    age: int | None
    code: str | None
    waiting: int
    key: str


class KeptOut(BaseModel, frozen=True):
    """An entry that was handed in here: its leaf hash, its type, what it is about, since when.

    Of a refused one also the `reason`, and in a conflict the index of the `entry` that was first.
    """

    leaf: str
    type: str
    id: str | None
    since: str
    reason: str | None = None
    entry: int | None = None


class QueueOut(BaseModel, frozen=True):
    """What waits for the log, oldest first, and what the log would not have; at most 1,000 each."""

    queued: list[KeptOut]
    refused: list[KeptOut]


def replica_routes(replica: Replica) -> APIRouter:
    """Return the routes that only a replica has; they come before those of the log."""
    routes = APIRouter(tags=["replica"])

    @routes.get("/healthz")
    def check_health() -> StandingOut:
        """Say how the replica stands with its source."""
        standing = replica.standing()
        age = standing.age
        return StandingOut(
            state=standing.state,
            size=standing.size,
            age=None if age is None else age // _SECOND,
            code=standing.code,
            waiting=replica.writes.waiting(),
            key=str(replica.writes.key),
        )

    @routes.get("/entries/queued")
    def list_queued() -> QueueOut:
        """List what was handed in here and is not in the log."""
        return QueueOut(
            queued=[_kept(item) for item in replica.writes.queued()[:_MOST]],
            refused=[_kept(item) for item in replica.writes.refused()[:_MOST]],
        )

    return routes


@final
class AgeHeader:
    """Puts `Age` (RFC 9111 section 5.1) on every answer: for how long nobody has confirmed it."""

    def __init__(self, app: ASGIApp, *, replica: Replica) -> None:
        self._app = app
        self._replica = replica

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, with the header."""

        async def aged(message: Message) -> None:
            age = self._replica.age()
            if message["type"] == "http.response.start" and age is not None:
                MutableHeaders(scope=message)["Age"] = str(age // _SECOND)
            await send(message)

        await self._app(scope, receive, aged)


def _kept(item: KeptItem) -> KeptOut:
    return KeptOut(
        leaf=base64url_encode(item.leaf),
        type=item.type,
        id=item.about,
        since=to_rfc3339(item.queued_at),
        reason=item.reason,
        entry=item.winner,
    )
