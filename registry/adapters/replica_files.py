"""What a replica remembers beside the log, each in a file that is replaced whole."""

from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final, final

from registry.service.replica.divergence import Divergence
from registry.service.replica.write_ports import Watched
from ssi_core import strict_json
from ssi_core.adapters.files import make_folder, read_file, replace_file
from ssi_core.did.syntax import Did
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import from_timestamp, to_rfc3339, to_timestamp
from ssi_core.strict_json import as_integer, as_text

_MAX_BYTES: Final = 1_048_576


@final
class FileReplicaMemory:
    """The newest checkpoint seen, the source's description, and evidence of a divergence."""

    def __init__(self, folder: Path) -> None:
        self._newest = folder / "replica.checkpoint"
        self._source = folder / "replica.source"
        self._divergence = folder / "replica.divergence.json"
        self._late = folder / "replica.late"
        self._approvals = folder / "replica.dids"
        self._place = folder / "monitor.place"

    def divergence(self) -> JsonObject | None:
        """Return what was kept of a divergence; nothing if there was none."""
        return _read(self._divergence)

    def keep_divergence(self, divergence: Divergence) -> None:
        """Keep the evidence, durably, if none is kept yet."""
        if not self._divergence.exists():
            _write(self._divergence, divergence.to_json())

    def newest(self) -> tuple[str, datetime] | None:
        """Return the note that was seen last, and as of when; nothing before the first."""
        content = _read(self._newest)
        if content is None:
            return None
        at = from_timestamp(as_integer(content.get("at"), at="/at"))
        return as_text(content.get("note"), at="/note"), at

    def keep_newest(self, note: str, at: datetime) -> None:
        """Remember the note that was seen last."""
        _write(self._newest, {"note": note, "at": to_timestamp(at)})

    def source(self) -> JsonObject | None:
        """Return what the source said of itself; nothing before it was first reached."""
        return _read(self._source)

    def keep_source(self, description: JsonObject) -> None:
        """Remember what the source said of itself, for when it cannot be asked."""
        _write(self._source, description)

    def place(self) -> int:
        """Return the index of the first entry that has not been told of."""
        content = _read(self._place)
        return 0 if content is None else as_integer(content.get("next"), at="/next")

    def keep_place(self, index: int) -> None:
        """Remember the place of a monitor."""
        _write(self._place, {"next": index})

    def approval(self, did: Did) -> JsonValue:
        """Return the file `did-witness.json` of `did`, null if there is none."""
        content = _read(self._approvals / _name(str(did).encode()))
        return None if content is None else content.get("file")

    def keep_approval(self, did: Did, file: JsonValue) -> None:
        """Keep the file of `did` in place of the one before."""
        make_folder(self._approvals)
        _write(self._approvals / _name(str(did).encode()), {"did": str(did), "file": file})

    def keep_late(self, watched: Watched, *, note: str, at: datetime) -> None:
        """Keep a submission that the log was too slow to show, and the newest checkpoint."""
        make_folder(self._late)
        content: JsonObject = {
            "entry": watched.raw.decode(),
            "since": to_rfc3339(watched.since),
            "at": to_rfc3339(at),
            "checkpoint": note,
        }
        _write(self._late / _name(watched.raw), content)


def _name(content: bytes) -> str:
    return f"{sha256(content).hexdigest()}.json"


def _read(path: Path) -> JsonObject | None:
    content = read_file(path)
    return None if content is None else strict_json.parse_object(content, max_bytes=_MAX_BYTES)


def _write(path: Path, content: JsonObject) -> None:
    replace_file(path, strict_json.render(content).encode())
