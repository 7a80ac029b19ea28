"""Verifying, in the shape of the VC-API."""

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from consentry.harness.api.answers import HarnessRoute
from consentry.harness.api.bodies import challenge, document, domain, options, read_body
from consentry.harness.verifying import Verifying


class VerifiedOut(BaseModel, frozen=True):
    """A yes; a no is a status of 400 or 422."""

    verified: Literal[True] = True


def verifying_routes(verifying: Verifying) -> APIRouter:
    """Return the routes that judge."""
    routes = APIRouter(tags=["verifying"], route_class=HarnessRoute)

    @routes.post("/credentials/verify")
    async def verify_credential(
        request: Request, policy: Literal["proof-only"] | None = None
    ) -> VerifiedOut:
        """Judge a credential; with `policy=proof-only`, whoever controls the key."""
        body = await read_body(request)
        chosen = options(body)
        await run_in_threadpool(
            verifying.credential,
            document(body, "verifiableCredential"),
            domain=domain(chosen),
            challenge=challenge(chosen),
            proof_only=policy is not None,
        )
        return VerifiedOut()

    @routes.post("/presentations/verify")
    async def verify_presentation(request: Request) -> VerifiedOut:
        """Judge a presentation and every credential in it."""
        body = await read_body(request)
        chosen = options(body)
        await run_in_threadpool(
            verifying.presentation,
            document(body, "verifiablePresentation"),
            domain=domain(chosen),
            challenge=challenge(chosen),
        )
        return VerifiedOut()

    @routes.post("/proofs/verify")
    async def verify_proofs(request: Request) -> VerifiedOut:
        """Judge the proofs on any secured JSON-LD document, and nothing else about it."""
        body = await read_body(request)
        await run_in_threadpool(verifying.proofs, document(body, "document"))
        return VerifiedOut()

    return routes
