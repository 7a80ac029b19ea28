"""The profile's status lists, and the hook that sets what is in them."""

from typing import Final

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from consentry.harness.api.answers import HarnessRoute
from consentry.harness.api.bodies import document, read_body
from consentry.harness.status_lists import StatusLists
from ssi_core import strict_json

_MEDIA_TYPE: Final = "application/vc"
_JSON: Final = "application/ld+json"


class StatusOut(BaseModel, frozen=True):
    """What stands in the list now."""

    status: bool


def status_list_routes(lists: StatusLists) -> APIRouter:
    """Return the routes that publish the lists, and that set their bits."""
    routes = APIRouter(tags=["status"])
    hooks = APIRouter(tags=["status"], route_class=HarnessRoute)

    @routes.get("/status-lists/{key_type}/{purpose}")
    def show_list(key_type: str, purpose: str, request: Request) -> Response:
        """Publish a status list, signed."""
        published = lists.published(lists.url(key_type, purpose))
        accepted = request.headers.get("accept", "")
        plain = "json" in accepted and _MEDIA_TYPE not in accepted.replace(f"{_MEDIA_TYPE}+", "")
        return Response(
            strict_json.render(published),
            media_type=_JSON if plain else _MEDIA_TYPE,
            headers={"Cache-Control": "no-store"},
        )

    @hooks.post("/credentials/status")
    async def set_status(request: Request) -> StatusOut:
        """Set or clear what the `credentialStatus` of an issued credential stands for."""
        body = await read_body(request)
        status = strict_json.as_boolean(body.get("status"), at="/status")
        await run_in_threadpool(lists.set, document(body, "credentialStatus"), status=status)
        return StatusOut(status=status)

    routes.include_router(hooks)
    return routes
