"""The log itself over HTTP: its name and keys, its checkpoint, and Merkle proofs."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from registry.model.receipt_state import ReceiptState
from registry.service.served import ServedLog
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import MalformedError

_NO_STORE = {"Cache-Control": "no-store"}
_Size = Annotated[int, Query(ge=1, le=2**63 - 1)]


class LogOut(BaseModel, frozen=True):
    """What a verifier pins: the log's origin and key, its witnesses' keys; and where DIDs live.

    `policy` (C2SP tlog-policy) says of the same witnesses how many are enough.
    """

    origin: str
    vkey: str
    witnesses: list[str]
    policy: str
    did_host: str
    did_witness: str


class StandingOut(BaseModel, frozen=True):
    """How far an entry has come, and who has cosigned a tree that has it."""

    index: int
    leaf: str
    state: ReceiptState
    witnesses: list[str]


class InclusionOut(BaseModel, frozen=True):
    """The path (base64url hashes) of entry `index` in the tree of `size`."""

    index: int
    size: int
    path: list[str]


class ConsistencyOut(BaseModel, frozen=True):
    """The proof (base64url hashes) that the tree of size `to` begins with that of size `from`."""

    path: list[str]


def proof_routes(registry: ServedLog) -> APIRouter:
    """Return the routes that show the log of `registry` and prove what it holds."""
    routes = APIRouter(tags=["log"])

    @routes.get("/log")
    def read_log() -> LogOut:
        """Return the log's name and keys."""
        policy = registry.policy
        return LogOut(
            origin=registry.origin,
            vkey=str(registry.log_key),
            witnesses=[str(one.key) for one in policy.witnesses],
            policy=policy.render().decode("utf-8", "replace"),
            did_host=registry.dids.did_host,
            did_witness=str(registry.dids.witness_did),
        )

    @routes.get("/checkpoint", response_class=PlainTextResponse)
    async def read_checkpoint(
        _request: Request, state: Literal["published", "witnessed"] = "published"
    ) -> PlainTextResponse:
        """Return the checkpoint, cosigned within the last second, or the last witnessed one."""
        reader = registry.reader
        if state == "witnessed":
            note = await run_in_threadpool(reader.witnessed)
        else:
            found = reader.checkpoint_at_once()
            note = await run_in_threadpool(reader.checkpoint) if found is None else found
        return PlainTextResponse(note, headers=_NO_STORE)

    @routes.get("/receipts/{leaf}")
    def read_receipt(leaf: str) -> StandingOut:
        """Say how far the entry with this leaf hash (base64url) has come."""
        index = registry.reader.index_of(base64url_decode(leaf, at="/leaf"))
        standing = registry.publication.standing(index)
        return StandingOut(
            index=index, leaf=leaf, state=standing.state, witnesses=list(standing.cosigned_by)
        )

    @routes.get("/proofs/inclusion")
    def prove_inclusion(
        index: Annotated[int | None, Query(ge=0, le=2**63 - 1)] = None,
        leaf: str | None = None,
        size: _Size | None = None,
    ) -> InclusionOut:
        """Prove the entry with this `index`, or with this leaf hash."""
        if (index is None) == (leaf is None):
            raise MalformedError("an entry is named by index or by leaf", at="/query")
        if index is None:
            index = registry.reader.index_of(base64url_decode(leaf or "", at="/query/leaf"))
        proof = registry.reader.inclusion(index, size=size)
        return InclusionOut(index=proof.index, size=proof.size, path=_texts(proof.path))

    @routes.get("/proofs/consistency")
    def prove_consistency(
        old_size: Annotated[int, Query(alias="from", ge=1, le=2**63 - 1)],
        new_size: Annotated[int, Query(alias="to", ge=1, le=2**63 - 1)],
    ) -> ConsistencyOut:
        """Prove that one tree is the beginning of another."""
        return ConsistencyOut(path=_texts(registry.reader.consistency(old_size, new_size)))

    return routes


def _texts(path: tuple[bytes, ...]) -> list[str]:
    return [base64url_encode(node) for node in path]
