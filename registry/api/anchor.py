"""What of the log is anchored, over HTTP."""

from fastapi import APIRouter
from pydantic import BaseModel

from registry.service.registry import Registry
from ssi_core.encoding import base64url_encode
from ssi_core.errors import NotFoundError, UnavailableError


class AnchorOut(BaseModel, frozen=True):
    """The largest tree known to be anchored, and the transaction that brought it, if we did.

    Every entry with an index below `size` is anchored.
    """

    size: int
    root: str
    transaction: str | None


def anchor_routes(registry: Registry) -> APIRouter:
    """Return the route that says how far the log of `registry` is anchored."""
    routes = APIRouter(tags=["log"])

    @routes.get("/anchor")
    def read_anchor() -> AnchorOut:
        """Return what the anchor holds of the log."""
        if registry.anchoring is None:
            raise NotFoundError("this log is not anchored anywhere")
        registry.anchoring.require_sound()
        found = registry.anchoring.anchored()
        if found is None:
            raise UnavailableError("nothing is known to be anchored yet")
        root = base64url_encode(found.tree.root)
        return AnchorOut(size=found.tree.size, root=root, transaction=found.transaction)

    return routes
