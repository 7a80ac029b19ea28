"""Evidence over HTTP: entries, their proofs, and one cosigned checkpoint."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from registry.api.evidence_text import EvidenceText
from registry.model.accreditations import Role
from registry.model.evidence import LogEvidence
from registry.service.served import ServedLog
from ssi_core.did.syntax import Did

_NO_STORE = {"Cache-Control": "no-store"}
# Evidence is mostly computed, one thread at a time: more of them only get in each other's way.
_READERS: Final = 2
_Text = Annotated[str, Query(min_length=1, max_length=4_096)]


class EntryProofOut(BaseModel, frozen=True):
    """An entry's exact text, its index, and its inclusion path in the checkpoint's tree."""

    entry: str
    index: int
    path: list[str]


class ChunkProofOut(BaseModel, frozen=True):
    """A chunk of the status map, a Bitstring Status List, and its path up to the snapshot's root.

    `encodedList` has 65,536 statuses of 2 bits, those of the entries from 65,536 * `chunk` on.
    """

    chunk: int
    encodedList: str  # noqa: N815 - the name in Bitstring Status List
    path: list[str]


class EvidenceOut(BaseModel, frozen=True):
    """Entries with their proofs, and the checkpoint. No entries: the log holds nothing of it.

    The last entry is the log's snapshot, which `statuses` are proved by.
    `waiting` are entries that end or suspend a grant and are not in the log yet.
    """

    entries: list[EntryProofOut]
    checkpoint: str
    statuses: list[ChunkProofOut]
    waiting: list[str] = []


def evidence_routes(registry: ServedLog) -> APIRouter:
    """Return the routes that show what the log of `registry` holds about something."""
    routes = APIRouter(tags=["evidence"])
    readers = ThreadPoolExecutor(_READERS, thread_name_prefix="evidence")
    text = EvidenceText()

    async def answer(read: Callable[[], LogEvidence]) -> Response:
        context = copy_context()
        work = partial(context.run, lambda: text.render(read()))
        return _answer(await asyncio.get_running_loop().run_in_executor(readers, work))

    @routes.get("/grants/{grant_id}", response_model=EvidenceOut)
    async def show_grant(_request: Request, grant_id: str) -> Response:
        """Show a grant, what suspended or ended it if that happened, and its status."""
        found = registry.grant_at_once(grant_id)
        if found is not None:
            # It is read and on its way sooner than a thread is woken.
            return _answer(text.render(found))

        def read() -> LogEvidence:
            waiting = tuple(registry.ends_of(grant_id))
            return replace(registry.reader.grant(grant_id), waiting=waiting)

        return await answer(read)

    @routes.get("/emergencies/{emergency_id}", response_model=EvidenceOut)
    async def show_emergency(emergency_id: str) -> Response:
        """Show that a glass was broken."""
        return await answer(lambda: registry.reader.emergency(emergency_id))

    @routes.get("/accreditations", response_model=EvidenceOut)
    async def show_accreditation(
        subject: _Text,
        role: Role,
        credential_type: Annotated[str, Query(alias="type", min_length=1, max_length=256)],
        root: Annotated[list[str], Query(max_length=32)] = [],  # noqa: B006 - FastAPI copies it
    ) -> Response:
        """Show accreditations in force, below one of the roots if any is named."""
        did = Did.parse(subject, at="/query/subject")
        roots = [Did.parse(text, at="/query/root") for text in root]
        return await answer(
            lambda: registry.reader.accreditation(
                did, role=role, credential_type=credential_type, roots=roots
            )
        )

    @routes.get("/accreditations/{accreditation_id}", response_model=EvidenceOut)
    async def show_one_accreditation(accreditation_id: str) -> Response:
        """Show one accreditation and all above it, with what suspended or ended each of them."""
        return await answer(lambda: registry.reader.one_accreditation(accreditation_id))

    @routes.get("/status-lists", response_model=EvidenceOut)
    async def show_status_list(uri: _Text, issuer: str | None = None) -> Response:
        """Show the latest publication of a status list, of this issuer if one is named."""
        did = None if issuer is None else Did.parse(issuer, at="/query/issuer")
        return await answer(lambda: registry.reader.status_list(uri, issuer=did))

    return routes


def _answer(text: bytes) -> Response:
    return Response(text, media_type="application/json", headers=_NO_STORE)
