"""Identifiers as they stand in paths."""

import re
from typing import Final

from ssi_core.errors import NotFoundError

_ID: Final = re.compile(r"[A-Za-z0-9_.:~-]{1,128}", re.ASCII)


def known_form(text: str) -> str:
    """Return `text` if an id could look like it; `NotFoundError` if not."""
    if _ID.fullmatch(text) is None:
        raise NotFoundError("there is no such thing here")
    return text
