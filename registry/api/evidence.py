"""Evidence over HTTP: entries, their proofs, and one cosigned checkpoint."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from registry.model.accreditations import Role
from registry.model.evidence import LogEvidence
from registry.service import Registry
from ssi_core.did.syntax import Did

_NO_STORE = {"Cache-Control": "no-store"}
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
    """

    entries: list[EntryProofOut]
    checkpoint: str
    statuses: list[ChunkProofOut]


def evidence_routes(registry: Registry) -> APIRouter:
    """Return the routes that show what the log of `registry` holds about something."""
    routes = APIRouter(tags=["evidence"])

    @routes.get("/grants/{grant_id}", response_model=EvidenceOut)
    def show_grant(grant_id: str) -> JSONResponse:
        """Show a grant, what suspended or ended it if that happened, and its status."""
        return _answer(registry.reader.grant(grant_id))

    @routes.get("/emergencies/{emergency_id}", response_model=EvidenceOut)
    def show_emergency(emergency_id: str) -> JSONResponse:
        """Show that a glass was broken."""
        return _answer(registry.reader.emergency(emergency_id))

    @routes.get("/accreditations", response_model=EvidenceOut)
    def show_accreditation(
        subject: _Text,
        role: Role,
        credential_type: Annotated[str, Query(alias="type", min_length=1, max_length=256)],
        root: Annotated[list[str], Query(max_length=32)] = [],  # noqa: B006 - FastAPI copies it
    ) -> JSONResponse:
        """Show accreditations in force, below one of the roots if any is named."""
        evidence = registry.reader.accreditation(
            Did.parse(subject, at="/query/subject"),
            role=role,
            credential_type=credential_type,
            roots=[Did.parse(text, at="/query/root") for text in root],
        )
        return _answer(evidence)

    @routes.get("/status-lists", response_model=EvidenceOut)
    def show_status_list(uri: _Text, issuer: str | None = None) -> JSONResponse:
        """Show the latest publication of a status list, of this issuer if one is named."""
        did = None if issuer is None else Did.parse(issuer, at="/query/issuer")
        return _answer(registry.reader.status_list(uri, issuer=did))

    return routes


def _answer(evidence: LogEvidence) -> JSONResponse:
    return JSONResponse(evidence.to_json(), headers=_NO_STORE)
