"""What an organisation remembers of the log, so that it can go on signing while it is cut off."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self, final

from registry.client.registry_client import LogDescription
from ssi_core import strict_json
from ssi_core.adapters.files import make_folder, read_file, replace_file
from ssi_core.json_types import JsonObject
from ssi_core.strict_json import as_array, as_object, as_text, as_texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """The log as the registry showed it last, and what was signed to come after that.

    `lines` are of the organisation's own DID, `publications` the last one of each status list by
    its URI. `signed` are entries of our own that continue them; what became of each of these, the
    outbox says.
    """

    log: LogDescription
    lines: tuple[JsonObject, ...] = ()
    publications: Mapping[str, bytes] = field(default_factory=dict)
    signed: tuple[bytes, ...] = ()

    def to_json(self) -> JsonObject:
        """Return what is kept: no secret."""
        return {
            "log": self.log.to_json(),
            "lines": list(self.lines),
            "publications": {uri: raw.decode() for uri, raw in self.publications.items()},
            "signed": [raw.decode() for raw in self.signed],
        }

    @classmethod
    def from_json(cls, body: JsonObject) -> Self:
        """Read what `to_json` wrote."""
        lines = as_array(body.get("lines"), at="/lines")
        published = as_object(body.get("publications"), at="/publications")
        return cls(
            log=LogDescription.from_json(as_object(body.get("log"), at="/log")),
            lines=tuple(as_object(line, at="/lines") for line in lines),
            publications={
                uri: as_text(text, at="/publications").encode() for uri, text in published.items()
            },
            signed=tuple(text.encode() for text in _texts(body, "signed")),
        )


class OrganisationMemory(Protocol):
    """Where it is remembered. Durable once a call returns."""

    def load(self) -> Remembered | None:
        """Return what was kept last; nothing before the registry was met."""
        ...

    def keep(self, remembered: Remembered) -> None:
        """Keep this in the place of what was kept before."""
        ...


@final
class FileOrganisationMemory:
    """Implements `OrganisationMemory` in one file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Remembered | None:
        """Return what was kept last; nothing before the registry was met."""
        content = read_file(self._path)
        if content is None:
            return None
        return Remembered.from_json(strict_json.parse_object(content, max_bytes=len(content)))

    def keep(self, remembered: Remembered) -> None:
        """Keep this in the place of what was kept before."""
        make_folder(self._path.parent)
        replace_file(self._path, strict_json.render(remembered.to_json()).encode())


@final
class MemoryOrganisationMemory:
    """Implements `OrganisationMemory`, gone with the process."""

    def __init__(self) -> None:
        self._remembered: Remembered | None = None

    def load(self) -> Remembered | None:
        """Return what was kept last; nothing before the registry was met."""
        return self._remembered

    def keep(self, remembered: Remembered) -> None:
        """Keep this in the place of what was kept before."""
        self._remembered = remembered


def _texts(body: JsonObject, name: str) -> tuple[str, ...]:
    # `as_texts` refuses an empty list, which is what is left once everything was sent.
    return as_texts(body[name], at=f"/{name}") if body.get(name) else ()
