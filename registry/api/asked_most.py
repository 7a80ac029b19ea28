"""The routes that are answered directly, in this order: what readers and writers ask for most."""

from typing import Final

ASKED_MOST: Final = (
    "GET /grants/{grant_id}",
    "POST /entries",
    "POST /entries/batch",
    "GET /checkpoint",
    # Before the tiles, of which `entries` would be a level.
    "GET /tile/entries/{path:path}",
    "GET /tile/{level}/{path:path}",
)

ASKED_OF_THE_WRITER: Final = "GET /grants/{grant_id}/status"
"""A route that a replica does not have, answered directly after those."""
