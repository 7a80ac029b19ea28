"""The hooks over HTTP: a harness plays the person at the desk. Nobody logs in."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from consentry.harness.openid.certificates import Authority
from consentry.harness.openid.desk import Desk, Wish, is_verified
from consentry.harness.openid.refusals import InvalidRoute
from issuer.api.oauth import NO_STORE
from ssi_core.protocol.openid4vp import ClientIdPrefix, RequestUriMethod, ResponseMode
from verifier.api.identifiers import known_form
from verifier.checks import render_checks

_PEM: Final = "application/x-pem-file"
_ID: Final = r"^[A-Za-z0-9_-]{1,64}$"
_LARGEST: Final = 2**31 - 1


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class OfferIn(_In):
    """What to offer. `tx_code` is the code itself, or true for one that is made here."""

    config: Annotated[str, Field(max_length=256)] | None = None
    tx_code: bool | Annotated[str, Field(pattern=r"^[!-~]{1,64}$")] | None = None
    by_reference: bool | None = None


class RevokeIn(_In):
    """Which credential to revoke: the offer's id, and the status index of one of its copies."""

    id: Annotated[str, Field(pattern=_ID)]
    idx: Annotated[int, Field(ge=0, le=_LARGEST)]


class RequestIn(_In):
    """What to ask, and how. `issuers` are DIDs to accept in place of the profile's own."""

    dcql_query: dict[str, Any]
    response_mode: Literal["direct_post", "direct_post.jwt"] = "direct_post"
    client_id_prefix: Literal[
        "redirect_uri", "x509_hash", "x509_san_dns", "decentralized_identifier"
    ] = "decentralized_identifier"
    request_uri_method: Literal["get", "post"] = "get"
    issuers: list[str] | None = None


def hook_routes(desk: Desk, authority: Authority) -> APIRouter:
    """Return the routes under /admin, and the one behind the links of offers."""
    routes = APIRouter(tags=["harness"], route_class=InvalidRoute)

    @routes.post("/admin/offer")
    def offer(body: OfferIn | None = None) -> JSONResponse:
        """Offer the profile's credential; `uri` is for the wallet."""
        wanted = body or OfferIn()
        made = desk.offer(
            wanted.config,
            tx_code=wanted.tx_code or False,
            by_reference=bool(wanted.by_reference),
        )
        code = {} if made.tx_code is None else {"tx_code": made.tx_code}
        return JSONResponse({"uri": made.uri, "id": made.id, **code}, headers=NO_STORE)

    @routes.get("/admin/offer/{offer_id}")
    def look_up(offer_id: str) -> JSONResponse:
        """Say how far an offer is; `idx` is a copy's place in its status list, once issued."""
        life = desk.look_up(known_form(offer_id))
        indexes = [copy.index for copy in life.copies]
        body = {"state": life.state, "idx": next(iter(indexes), None), "indexes": indexes}
        return JSONResponse(body, headers=NO_STORE)

    @routes.post("/admin/revoke")
    def revoke(body: RevokeIn) -> JSONResponse:
        """Revoke a credential, with all of its copies; its status list says so at once."""
        desk.revoke(body.id, body.idx)
        return JSONResponse({"state": "revoked", "id": body.id, "idx": body.idx}, headers=NO_STORE)

    @routes.post("/admin/request")
    def ask(body: RequestIn) -> JSONResponse:
        """Make a presentation request; `uri` is for the wallet."""
        request_id, uri = desk.ask(
            Wish(
                query=body.dcql_query,
                response_mode=ResponseMode(body.response_mode),
                prefix=ClientIdPrefix(body.client_id_prefix),
                method=RequestUriMethod(body.request_uri_method),
                issuers=body.issuers,
            )
        )
        return JSONResponse({"uri": uri, "id": request_id}, headers=NO_STORE)

    @routes.get("/admin/request/{request_id}")
    def result(request_id: str) -> JSONResponse:
        """Say whether a request was answered well, with the claims; else how far it is, and why."""
        found = desk.result(known_form(request_id))
        body = {
            "state": "verified" if is_verified(found) else "created",
            "claims": found.claims or {},
            "outcome": found.state.value,
            "reason": found.reason,
            "checks": render_checks(found.checks),
        }
        return JSONResponse(body, headers=NO_STORE)

    @routes.get("/admin/authority")
    def read_authority() -> Response:
        """Return the certificate that stands behind the x509 prefixes, as PEM."""
        return Response(authority.pem, media_type=_PEM)

    @routes.get("/offers/{reference}")
    def read_offer(reference: str) -> JSONResponse:
        """Return a Credential Offer while it can be used."""
        return JSONResponse(desk.show(reference).render(), headers=NO_STORE)

    return routes
