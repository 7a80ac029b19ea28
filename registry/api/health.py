"""How a log's process is, over HTTP."""

from fastapi import APIRouter

from registry.service.served import ServedLog


def health_routes(registry: ServedLog) -> APIRouter:
    """Return the route that says whether `registry` can be read."""
    routes = APIRouter(tags=["log"])

    @routes.get("/healthz")
    def check_health() -> dict[str, str]:
        """Answer if the log can be read and its checkpoint signed."""
        registry.publication.require_sound()
        registry.reader.see()
        return {"state": "ok"}

    return routes
