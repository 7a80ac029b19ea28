"""Which status lists have a version that the log does not have yet. Each call needs the token."""

from collections.abc import Callable

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from issuer.api.oauth import NO_STORE
from issuer.service.publications import Publications


def publication_routes(
    publications: Publications, authenticate: Callable[[Request], None]
) -> APIRouter:
    """Return the route that lists what is marked as not sent."""
    routes = APIRouter(prefix="/admin", tags=["admin"], dependencies=[Depends(authenticate)])

    @routes.get("/publications")
    def waiting() -> JSONResponse:
        """List the versions of status lists that are not in the log yet, in the order of sending.

        Whoever looks a list up in the log finds an older version until they are.
        """
        items = [
            {"uri": item.uri, "sequence": item.sequence, "state": "not_sent"}
            for item in publications.waiting()
        ]
        return JSONResponse({"waiting": items}, headers=NO_STORE)

    return routes
