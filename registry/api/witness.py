"""A witness over HTTP: https://c2sp.org/tlog-witness."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from registry.model.tlog_witness import SIZE_TYPE, AddCheckpoint, SeenSize
from registry.service.cosigner import Witnessing

_NO_STORE = {"Cache-Control": "no-store"}
_BODY = {"requestBody": {"required": True, "content": {"text/plain": {}}}}


class WitnessOut(BaseModel, frozen=True):
    """What logs and their readers pin: the witness's name and keys; and the logs that it knows."""

    name: str
    vkeys: list[str]
    logs: list[str]


def witness_routes(cosigner: Witnessing) -> APIRouter:
    """Return the routes under which logs have `cosigner` cosign."""
    routes = APIRouter(tags=["witness"])

    @routes.post("/add-checkpoint", openapi_extra=_BODY, response_class=PlainTextResponse)
    async def add_checkpoint(request: Request) -> Response:
        """Cosign a checkpoint that continues the last one; a mirror accepts it, unsigned."""
        body = await request.body()
        answer = await run_in_threadpool(lambda: cosigner.add_checkpoint(AddCheckpoint.parse(body)))
        if isinstance(answer, SeenSize):
            return Response(
                answer.render(), HTTPStatus.CONFLICT, media_type=SIZE_TYPE, headers=_NO_STORE
            )
        return PlainTextResponse("".join(str(line) for line in answer), headers=_NO_STORE)

    @routes.get("/{log}/checkpoint", response_class=PlainTextResponse)
    def read_checkpoint(log: str) -> PlainTextResponse:
        """Return the checkpoint cosigned last of the log with this origin hash."""
        return PlainTextResponse(cosigner.checkpoint(log), headers={"Cache-Control": "no-cache"})

    @routes.get("/witness")
    def read_witness() -> WitnessOut:
        """Return the witness's name and keys, and those of the logs that it knows."""
        return WitnessOut(
            name=cosigner.name,
            vkeys=[str(key) for key in cosigner.keys],
            logs=[str(key) for key in cosigner.log_keys],
        )

    @routes.get("/healthz")
    def check_health() -> dict[str, str]:
        """Answer if the process does."""
        return {"state": "ok"}

    return routes
