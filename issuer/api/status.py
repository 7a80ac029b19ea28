"""Status lists in both forms: anybody may read whether credentials are still good."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Path, Response

from issuer.service.bitstring_lists import BitstringLists
from issuer.service.status_lists import StatusLists
from ssi_core import strict_json
from ssi_core.adapters.clock import Clock
from ssi_core.status.token import MEDIA_TYPE

CREDENTIAL_MEDIA_TYPE: Final = "application/vc"
_LARGEST: Final = 2**31 - 1
_Number = Annotated[int, Path(ge=0, le=_LARGEST)]


def status_list_routes(status_lists: StatusLists, clock: Clock) -> APIRouter:
    """Return the route that serves Status List Tokens."""
    routes = APIRouter(tags=["status"])

    @routes.get("/status-lists/{number}")
    def read_status_list(number: _Number) -> Response:
        """Return the Status List Token of a list."""
        token = status_lists.token(number, at=clock.now())
        return Response(token, media_type=MEDIA_TYPE, headers={"Cache-Control": "no-cache"})

    return routes


def status_credential_routes(
    bitstring_lists: BitstringLists, clock: Clock, *, max_age: timedelta
) -> APIRouter:
    """Return the route that serves Bitstring status list credentials.

    Caches on the way may keep them for `max_age`, as their `ttl` says, too (section 2.2).
    """
    routes = APIRouter(tags=["status"])
    headers = {"Cache-Control": f"max-age={int(max_age.total_seconds())}"}

    @routes.get("/status-lists/{number}/{purpose}")
    def read_status_credential(number: _Number, purpose: str) -> Response:
        """Return the list for one purpose, revocation or suspension, as a signed credential."""
        credential = bitstring_lists.credential(number, purpose, at=clock.now())
        text = strict_json.render(credential)
        return Response(text, media_type=CREDENTIAL_MEDIA_TYPE, headers=headers)

    return routes
