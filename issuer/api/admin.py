"""The clinic's own side: import bundles, make offers, revoke. Each call needs the token."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator

from issuer.api.oauth import NO_STORE
from issuer.configurations import Format
from issuer.model.credential import Credential, CredentialState
from issuer.model.identity import SigningIdentity
from issuer.service.offers import MAX_DATASETS, CreatedOffer, Offers
from issuer.service.records import ImportedRecord, Records
from issuer.service.revocation import Revocation
from ssi_core.adapters.clock import Clock
from ssi_core.adapters.logging import event
from ssi_core.adapters.strict_route import StrictRoute
from ssi_core.json_types import JsonObject

_ID: Final = r"^[0-9a-f]{32}$"
_BUNDLE_BODY: Final[dict[str, object]] = {
    "requestBody": {"required": True, "content": {"application/fhir+json": {}}}
}
_Id = Annotated[str, Path(pattern=_ID)]
_IdIn = Annotated[str, Field(pattern=_ID)]
# JSON has no enumerations: strictly read, its strings would be none of ours.
_FormatIn = Annotated[Format, Field(strict=False)]
_CHANGES: Final = {
    "revoke": CredentialState.REVOKED,
    "suspend": CredentialState.SUSPENDED,
    "reinstate": CredentialState.VALID,
}


class OfferIn(BaseModel):
    """Which resources of a record to offer, as one credential each, and in which formats."""

    model_config = ConfigDict(extra="forbid", strict=True)

    record: _IdIn
    resource: _IdIn | None = None
    resources: Annotated[list[_IdIn], Field(max_length=MAX_DATASETS)] = Field(default_factory=list)
    formats: Annotated[list[_FormatIn], Field(min_length=1, max_length=len(Format))] = Field(
        default_factory=lambda: [Format.SD_JWT_VC]
    )
    tx_code: bool = True

    @model_validator(mode="after")
    def _one_way_only(self) -> "OfferIn":
        if (self.resource is None) == (not self.resources):
            message = "one of resource and resources is needed"
            raise ValueError(message)
        return self

    def named(self) -> list[str]:
        """Return the ids of the resources."""
        return [self.resource] if self.resource is not None else self.resources


def record_routes(
    records: Records, clock: Clock, authenticate: Callable[[Request], None]
) -> APIRouter:
    """Return the route that takes in FHIR bundles."""
    routes = APIRouter(prefix="/admin", tags=["admin"], dependencies=[Depends(authenticate)])

    @routes.post("/bundles", status_code=HTTPStatus.CREATED, openapi_extra=_BUNDLE_BODY)
    def import_bundle(body: Annotated[bytes, Depends(_whole_body)]) -> JSONResponse:
        """Import a FHIR bundle; say what can be offered, and what was left out and why."""
        imported = records.import_bundle(body, at=clock.now())
        event("bundle_imported", record=imported.id, resources=len(imported.resources))
        return JSONResponse(_record(imported), HTTPStatus.CREATED, headers=NO_STORE)

    return routes


def offer_admin_routes(
    offers: Offers, clock: Clock, authenticate: Callable[[Request], None]
) -> APIRouter:
    """Return the routes that make offers and say what became of them."""
    routes = APIRouter(
        prefix="/admin/offers",
        tags=["admin"],
        route_class=StrictRoute,
        dependencies=[Depends(authenticate)],
    )

    @routes.post("", status_code=HTTPStatus.CREATED)
    def create(body: OfferIn) -> JSONResponse:
        """Make an offer; tell its transaction code to the person by another way than the link."""
        made = offers.create(
            record=body.record,
            resources=body.named(),
            formats=body.formats,
            with_tx_code=body.tx_code,
            at=clock.now(),
        )
        event("offer_created", offer=made.id)
        return JSONResponse(_offer(made), HTTPStatus.CREATED, headers=NO_STORE)

    @routes.get("/{offer}")
    def look_up(offer: _Id) -> JSONResponse:
        """Say where an offer is in its life, and which credentials were issued for it."""
        state, issued = offers.look_up(offer, at=clock.now())
        body = {"state": state.value, "issued": [_credential(item) for item in issued]}
        return JSONResponse(body, headers=NO_STORE)

    return routes


def credential_admin_routes(
    revocation: Revocation,
    identity: SigningIdentity,
    clock: Clock,
    authenticate: Callable[[Request], None],
) -> APIRouter:
    """Return the routes that revoke, suspend and reinstate, and say who we are."""
    routes = APIRouter(prefix="/admin", tags=["admin"], dependencies=[Depends(authenticate)])

    def serve(verb: str, state: CredentialState) -> None:
        def change(credential: _Id) -> JSONResponse:
            changed = revocation.change(credential, state, at=clock.now())
            event(f"credential_{changed.credential.state}", credential=credential)
            body = {**_credential(changed.credential), "published": changed.published}
            return JSONResponse(body, headers=NO_STORE)

        path = f"/credentials/{{credential}}/{verb}"
        routes.add_api_route(path, change, methods=["POST"], name=verb)

    for verb, state in _CHANGES.items():
        serve(verb, state)

    @routes.get("/credentials/{credential}")
    def look_up(credential: _Id) -> JSONResponse:
        """Say whether a credential is valid, suspended or revoked."""
        return JSONResponse(_credential(revocation.find(credential)), headers=NO_STORE)

    @routes.get("/identity")
    def read_identity() -> JSONResponse:
        """Return the DID that credentials are issued in the name of."""
        return JSONResponse({"did": identity.did, "key": identity.key_id})

    return routes


async def _whole_body(request: Request) -> bytes:
    return await request.body()


def _record(imported: ImportedRecord) -> JsonObject:
    return {
        "record": imported.id,
        "resources": [
            {
                "id": item.id,
                "configuration": item.configuration,
                "at": item.at,
                **({} if item.date is None else {"date": item.date}),
            }
            for item in imported.resources
        ],
        "skipped": [
            {"type": item.kind, "at": item.at, "reason": item.reason} for item in imported.skipped
        ],
    }


def _offer(made: CreatedOffer) -> JsonObject:
    code = {} if made.tx_code is None else {"tx_code": made.tx_code}
    return {"id": made.id, "uri": made.uri, **code, "expires_at": made.expires_at.isoformat()}


def _credential(credential: Credential) -> JsonObject:
    return {
        "credential": credential.id,
        "configuration": credential.configuration,
        "state": credential.state.value,
    }
