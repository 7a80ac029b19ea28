"""The composition root of what is left of a dropped log."""

from fastapi import FastAPI

from registry.api.dropped import dropped_routes, gone_routes
from registry.api.entries import submission_routes
from registry.model.dropped_log import DroppedLog
from registry.service.dropping_ports import DroppableLogStore
from registry.service.served_dropped import ServedDroppedLog
from ssi_core.adapters import logging, problem_details
from ssi_core.errors import UnavailableError


def left_in(store: DroppableLogStore) -> DroppedLog | None:
    """Return what is left of the log in `store` if it was dropped, wiping what was not yet."""
    remains = store.remains()
    if remains is None:
        return None
    try:
        store.wipe()
    except UnavailableError as error:
        logging.event("not wiped", code=error.code)
    return DroppedLog.parse(remains)


def create_app(left: DroppedLog, *, max_body_bytes: int = 2_097_152) -> FastAPI:
    """Return the end of a log as an ASGI application."""
    app = FastAPI(title="Dropped log", docs_url=None, redoc_url=None)
    problem_details.install(app, max_body_bytes=max_body_bytes)
    app.include_router(dropped_routes(left))
    app.include_router(submission_routes(ServedDroppedLog(left)))
    app.include_router(gone_routes())
    return app
