"""Issuing and deriving, in the shape of the VC-API."""

from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from consentry.harness.api.answers import HarnessRoute
from consentry.harness.api.bodies import document, options, pointers, read_body
from consentry.harness.issuing import Issuing
from consentry.harness.keys import HarnessKeys


class CredentialOut(BaseModel, frozen=True):
    """A secured credential."""

    verifiableCredential: dict[str, Any]  # noqa: N815 - the VC-API's name


def issuing_routes(issuing: Issuing, keys: HarnessKeys) -> APIRouter:
    """Return the routes that sign."""
    routes = APIRouter(tags=["issuing"], route_class=HarnessRoute)

    @routes.get("/keys")
    def show_keys() -> dict[str, str]:
        """List the DIDs that credentials are signed with, by type of key."""
        return dict(keys.dids())

    @routes.post("/{suite}/{key_type}/credentials/issue", status_code=201)
    async def issue(
        suite: str,
        key_type: str,
        request: Request,
        status: Literal["revocation", "suspension"] | None = None,
    ) -> CredentialOut:
        """Sign a credential whose issuer is the DID of the key; with `status`, list it."""
        body = await read_body(request)
        issued = await run_in_threadpool(
            issuing.issue,
            document(body, "credential"),
            suite=suite,
            key_type=key_type,
            mandatory_pointers=pointers(options(body), "mandatoryPointers"),
            status_purpose=status,
        )
        return CredentialOut(verifiableCredential=dict(issued))

    @routes.post("/{suite}/{key_type}/credentials/derive", status_code=201)
    async def derive(suite: str, key_type: str, request: Request) -> CredentialOut:
        """Disclose parts of a credential that has a base proof."""
        del key_type
        body = await read_body(request)
        derived = await run_in_threadpool(
            issuing.derive,
            document(body, "verifiableCredential"),
            suite=suite,
            selective_pointers=pointers(options(body), "selectivePointers"),
        )
        return CredentialOut(verifiableCredential=dict(derived))

    return routes
