"""Looks through the public log for anything about a patient."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, final

from ssi_core import strict_json
from ssi_core.adapters.http import HttpClient
from ssi_core.json_types import JsonObject, JsonValue

_PAGE: Final = 100
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
# Shorter values ("M", "US", "10") are in every text by chance.
_MIN_CHARACTERS: Final = 6
_ABOUT_ORGANISATIONS: Final = frozenset({"did.op", "accredit.grant", "accredit.revoke"})
_RESOURCES: Final = frozenset({"Patient", "Condition", "Observation", "Immunization"})


@final
@dataclass(frozen=True, slots=True)
class Told:
    """What the log says to anyone who reads it all."""

    root: str
    lines: tuple[str, ...]

    @property
    def entries(self) -> int:
        """How many entries there are."""
        return len(self.lines)

    @property
    def grants(self) -> int:
        """How many of them are grants."""
        return len(self._grants())

    @property
    def keys_are_single_use(self) -> bool:
        """Whether every grant has a key that no other grant has."""
        keys = Counter(str(grant.get("ctl")) for grant in self._grants())
        return bool(keys) and max(keys.values()) == 1

    def values_of(self, bundles: Sequence[bytes]) -> frozenset[str]:
        """Return the values from the bundles' clinical resources that stand in the log.

        Entries about organisations are left out: a type's name or a town may be a patient's too.
        """
        log = "\n".join(line for line in self.lines if _type(line) not in _ABOUT_ORGANISATIONS)
        wanted = {value for bundle in bundles for value in _clinical_values(bundle)}
        return frozenset(value for value in wanted if value in log)

    def _grants(self) -> list[JsonObject]:
        return [
            strict_json.parse_object(line) for line in self.lines if _type(line) == "consent.grant"
        ]


def told_by_log(http: HttpClient, url: str) -> Told:
    """Read the whole log."""
    lines: list[str] = []
    start = 0
    while True:
        page = http.get(f"{url}/entries?start={start}&limit={_PAGE}").require_ok().json()
        entries = strict_json.as_array(page.get("entries"), at="/entries")
        if not entries:
            break
        start += len(entries)
        # Of what was redacted there is nothing to read.
        told = (entry for entry in entries if entry is not None)
        lines.extend(strict_json.as_text(entry, at="/entries") for entry in told)
    checkpoint = http.get(f"{url}/checkpoint").require_ok().body.decode()
    return Told(checkpoint.split("\n")[2], tuple(lines))


def _type(line: str) -> JsonValue:
    return strict_json.parse_object(line).get("t")


def _clinical_values(bundle: bytes) -> Iterable[str]:
    # Whatever the clinic can read is looked through, and it reads more than the strictest would.
    body = bundle.removeprefix(_BYTE_ORDER_MARK)
    content = strict_json.parse_object(body, max_bytes=len(body))
    for item in strict_json.as_array(content.get("entry") or [], at="/entry"):
        resource = item.get("resource") if isinstance(item, dict) else None
        if isinstance(resource, dict) and resource.get("resourceType") in _RESOURCES:
            yield from _texts(resource)


def _texts(value: JsonValue) -> Iterable[str]:
    if isinstance(value, str):
        if len(value) >= _MIN_CHARACTERS:
            yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from _texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)
