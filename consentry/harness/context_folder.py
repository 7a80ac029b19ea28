"""Further JSON-LD contexts, from a folder of the operator's own."""

from pathlib import Path
from typing import Final

from ssi_core import strict_json
from ssi_core.adapters.files import read_file
from ssi_core.errors import MalformedError
from ssi_core.rdf.contexts import PinnedContext

_INDEX: Final = "index.json"


def read_contexts(folder: Path) -> tuple[PinnedContext, ...]:
    """Return the contexts that `index.json` in `folder` lists: file names by URL.

    `MalformedError` if there is no such index, or a file of it is not there.
    """
    index = strict_json.parse_object(_read(folder / _INDEX))
    return tuple(
        PinnedContext.trusting(url, _read(folder / _plain(name))) for url, name in index.items()
    )


def _plain(name: object) -> str:
    if not isinstance(name, str) or not name or Path(name).name != name:
        raise MalformedError("a context is a file in the folder itself", at="/contexts")
    return name


def _read(path: Path) -> bytes:
    found = read_file(path)
    if found is None:
        raise MalformedError("a folder of contexts lacks a file", at="/contexts")
    return found
