"""Which status lists have a version that the log does not have, and what to do about it.

Each call needs the token.
"""

from collections.abc import Callable

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from issuer.api.oauth import NO_STORE
from issuer.model.status_list import DismissedPublication, Publication
from issuer.ports import Clock
from issuer.service.publications import Publications
from issuer.service.status_lists import StatusLists
from registry.client.edge import Refused
from ssi_core.adapters.strict_route import StrictRoute
from ssi_core.json_types import JsonObject
from ssi_core.period import to_timestamp


class ListIn(BaseModel):
    """The URI of one of our status lists."""

    model_config = ConfigDict(extra="forbid", strict=True)

    uri: str


def publication_routes(
    publications: Publications,
    status_lists: StatusLists,
    clock: Clock,
    authenticate: Callable[[Request], None],
) -> APIRouter:
    """Return the routes that list what is not in the log, and see to what it refused."""
    routes = APIRouter(
        prefix="/admin",
        tags=["admin"],
        route_class=StrictRoute,
        dependencies=[Depends(authenticate)],
    )

    @routes.get("/publications")
    def waiting() -> JSONResponse:
        """List the versions of status lists that are not in the log yet, in the order of sending.

        Whoever looks a list up in the log finds an older version until they are. `refused` are
        those that the log would not have, with its reason and, in a conflict, the `entry` that was
        first; none of them is signed again by itself. `dismissed` are those that were set aside.
        """
        refused = publications.refused()
        items = [_item(each, refused.get(each.uri)) for each in publications.waiting()]
        return JSONResponse({"waiting": items, "dismissed": dismissed()}, headers=NO_STORE)

    @routes.post("/publications/sign-again")
    def sign_again(body: ListIn) -> JSONResponse:
        """Sign a list that was refused as it is now, after what the log has of it.

        What the log knows and this list does not is undone by that: look first.
        """
        published = publications.sign_again(body.uri, at=clock.now())
        return JSONResponse({"published": published}, headers=NO_STORE)

    @routes.post("/publications/dismiss")
    def dismiss(body: ListIn) -> JSONResponse:
        """Set aside what the log refused of a list that is served no more; it is kept.

        A list that is served is signed again: what was revoked there has to arrive.
        """
        status_lists.dismiss(body.uri, at=clock.now())
        return JSONResponse({"dismissed": dismissed()}, headers=NO_STORE)

    def dismissed() -> list[JsonObject]:
        return [_dismissed_item(each) for each in publications.dismissed()]

    return routes


def _item(publication: Publication, refused: Refused | None) -> JsonObject:
    shown: JsonObject = {"uri": publication.uri, "sequence": publication.sequence}
    if refused is None:
        return {**shown, "state": "not_sent"}
    told: JsonObject = {"state": "refused", "code": refused.code, "reason": refused.reason}
    first: JsonObject = {} if refused.winner is None else {"entry": refused.winner}
    return {**shown, **told, **first}


def _dismissed_item(dismissed: DismissedPublication) -> JsonObject:
    return {
        "uri": dismissed.uri,
        "sequence": dismissed.sequence,
        "code": dismissed.code,
        "reason": dismissed.reason,
        "dismissed_at": to_timestamp(dismissed.dismissed_at),
    }
