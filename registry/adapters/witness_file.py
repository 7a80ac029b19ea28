"""A witness's memory in a file of its own, so that restoring the database does not restore it."""

from pathlib import Path
from typing import Final, final

from registry.ports import SeenTree
from ssi_core import strict_json
from ssi_core.adapters.keystore import replace_file
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.json_types import JsonObject
from ssi_core.strict_json import as_integer, as_text

_MAX_BYTES: Final = 4_096


@final
class FileWitnessMemory:
    """The largest tree that a witness has seen, replaced whole and durable once `keep` returns."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> SeenTree | None:
        """Return the largest tree seen; nothing before the first."""
        if not self._path.exists():
            return None
        content = strict_json.parse_object(self._path.read_bytes(), max_bytes=_MAX_BYTES)
        root = base64url_decode(as_text(content.get("root"), at="/root"), at="/root")
        return SeenTree(as_integer(content.get("size"), at="/size"), root)

    def keep(self, tree: SeenTree) -> None:
        """Remember `tree`, durably."""
        content: JsonObject = {"size": tree.size, "root": base64url_encode(tree.root)}
        replace_file(self._path, strict_json.render(content).encode())
