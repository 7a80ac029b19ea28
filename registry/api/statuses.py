"""The status of a grant over HTTP: the registry's own word, for those who need no proof of it."""

import json

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from registry.service.registry import Registry

_NO_STORE = {"Cache-Control": "no-store"}


class StatusOut(BaseModel, frozen=True):
    """What the status map says after the first `size` entries of the log.

    `status` is `in_force`, `suspended`, `ended` or `superseded`.
    """

    status: str
    size: int


def status_routes(registry: Registry) -> APIRouter:
    """Return the route that says how a grant in the log of `registry` stands."""
    routes = APIRouter(tags=["log"])

    @routes.get("/grants/{grant_id}/status", response_model=StatusOut)
    async def show_status(_request: Request, grant_id: str) -> Response:
        """Say how a grant stands, without a proof; whoever decides by it asks for the evidence."""
        found = registry.status_at_once(grant_id)
        if found is None:
            # The store is asked, which may take its time.
            found = await run_in_threadpool(registry.status, grant_id)
        text = json.dumps(found.to_json(), separators=(",", ":"))
        return Response(text, media_type="application/json", headers=_NO_STORE)

    return routes
