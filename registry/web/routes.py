"""The explorer: a log's pages, below `/explorer/`."""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from importlib.resources import files
from typing import Annotated, Any, Final, Protocol, final
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute

from registry.model.signed_note import VerifierKey
from registry.service.explorer import Explorer
from registry.web.entry_pages import entries_page, entry_page
from registry.web.frame import note, page
from registry.web.log_pages import checkpoint_page, log_page
from registry.web.organisation_pages import accreditations_page, did_page
from registry.web.verify_page import verify_page
from ssi_core.adapters.problem_details import status_of
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError, SsiError

PREFIX: Final = "/explorer"
# The browser may show text and one style sheet, send a search, and do nothing else.
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_MAX_INDEX: Final = 2**63 - 1
_Text = Annotated[str, Query(min_length=1, max_length=2_048)]
_Index = Annotated[int | None, Query(ge=0, le=_MAX_INDEX)]


class Notes(Protocol):
    """Whatever gives out a cosigned checkpoint."""

    def checkpoint(self) -> str:
        """Return the checkpoint as a note."""
        ...


class Explored(Protocol):
    """A log to look at: a registry, or a replica of one."""

    origin: str
    log_key: VerifierKey

    @property
    def explorer(self) -> Explorer:
        """What reads its entries."""
        ...

    @property
    def reader(self) -> Notes:
        """What shows its checkpoint."""
        ...


@final
class PageRoute(APIRoute):
    """Answers what goes wrong with a page, because a person is looking."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the route's handler, with errors as pages."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await handler(request)
            except RequestValidationError:
                return _trouble(MalformedError("the address is not one of ours"), request)
            except SsiError as error:
                return _trouble(error, request)

        return handle


def explorer_routes(source: Explored) -> APIRouter:
    """Return the routes that show the log of `source` to people."""
    routes = APIRouter()
    routes.include_router(_log_routes(source))
    routes.include_router(_other_routes(source))
    return routes


def _log_routes(source: Explored) -> APIRouter:
    routes = _router()

    @routes.get("/", response_class=RedirectResponse, status_code=HTTPStatus.TEMPORARY_REDIRECT)
    def begin() -> Response:
        """Lead a person who comes to the registry to its pages."""
        return RedirectResponse(f".{PREFIX}/")

    @routes.get(f"{PREFIX}/")
    def show_log() -> Response:
        """Show the log: its name, its keys, who has seen it when, and its newest entries."""
        newest = source.explorer.page()
        return _page(log_page(source.reader.checkpoint(), newest, log_key=source.log_key))

    @routes.get(f"{PREFIX}/entries")
    def show_entries(start: _Index = None) -> Response:
        """Show 50 entries in order, from `start` on; the newest without it."""
        return _page(entries_page(source.explorer.page(start), origin=source.origin))

    @routes.get(f"{PREFIX}/entries/{{index}}")
    def show_entry(index: Annotated[int, Path(ge=0, le=_MAX_INDEX)]) -> Response:
        """Show one entry as it is, what became of it, and its proof."""
        proved, at = source.explorer.entry(index), source.explorer.now()
        return _page(entry_page(proved, origin=source.origin, at=at))

    @routes.get(f"{PREFIX}/checkpoint")
    def show_checkpoint() -> Response:
        """Show the checkpoint, and when each witness saw it."""
        return _page(checkpoint_page(source.reader.checkpoint(), log_key=source.log_key))

    @routes.get(f"{PREFIX}/verify")
    def show_how_to_verify(request: Request, index: _Index = None) -> Response:
        """Show how to check an entry without believing these pages."""
        url = str(request.base_url).rstrip("/")
        return _page(verify_page(origin=source.origin, url=url, index=index))

    return routes


def _router() -> APIRouter:
    trouble = {"description": "A page that says what is wrong.", "content": {"text/html": {}}}
    return APIRouter(
        tags=["explorer"],
        route_class=PageRoute,
        default_response_class=HTMLResponse,
        responses={"4XX": trouble, "5XX": trouble},
    )


def _other_routes(source: Explored) -> APIRouter:
    routes = _router()

    @routes.get(f"{PREFIX}/accreditations")
    def show_accreditations() -> Response:
        """Show who accredits whom for what, as a tree."""
        found = source.explorer.accreditations()
        return _page(accreditations_page(found, origin=source.origin))

    @routes.get(f"{PREFIX}/did")
    def show_did(did: _Text) -> Response:
        """Show the history of an organisation's DID, and what it is accredited for."""
        named = Did.parse(did, at="/query/did")
        lines, found = source.explorer.did(named), source.explorer.accreditations(named)
        return _page(did_page(named, lines, found, origin=source.origin))

    @routes.get(f"{PREFIX}/find", response_class=RedirectResponse, status_code=HTTPStatus.SEE_OTHER)
    def find(q: _Text) -> Response:
        """Lead to the entry or the DID that `q` names."""
        wanted = q.strip()
        if wanted.startswith("did:"):
            there = f"./did?did={quote(wanted, safe='')}"
        else:
            there = f"./entries/{source.explorer.find(wanted)}"
        return RedirectResponse(there, HTTPStatus.SEE_OTHER, headers=HEADERS)

    @routes.get(
        f"{PREFIX}/style.css",
        response_class=Response,
        responses={200: {"content": {"text/css": {}}}},
    )
    def style() -> Response:
        """Return the style sheet, which is all that a page needs."""
        text = files("registry.web").joinpath("style.css").read_bytes()
        cached = {**HEADERS, "Cache-Control": "public, max-age=3600"}
        return Response(text, media_type="text/css", headers=cached)

    return routes


def _page(text: str, status: int = HTTPStatus.OK) -> HTMLResponse:
    return HTMLResponse(text, status, headers=HEADERS)


def _trouble(error: SsiError, request: Request) -> HTMLResponse:
    up = "../" if request.url.path.rpartition("/")[0].endswith("/entries") else "./"
    said = error.reason[:1].upper() + error.reason[1:]
    text = page("Not here", note(said, "."), origin="The log", up=up)
    return _page(text, status_of(error))
