"""A run of entries as one party hands it to another: one to a line, gaps included.

A line is an entry's exact bytes, or `{"redacted": <leaf hash>}` where the bytes were dropped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from registry.model.merkle import HASH_BYTES
from ssi_core import strict_json
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.strict_json import as_text

NDJSON: Final = "application/x-ndjson"
_BEGINNING: Final = b'{"redacted":'
_MAX_GAP_BYTES: Final = 2_048


@dataclass(frozen=True, slots=True)
class Gap:
    """What is left of an entry whose bytes were dropped: its leaf hash, and its grant's record.

    `record` is what the sender's state has of a grant that began here; none where none did.
    """

    leaf: bytes
    record: JsonObject | None = None


Shown: TypeAlias = bytes | Gap


def render(run: Sequence[Shown]) -> bytes:
    """Return the run, each line ended."""
    return b"".join((_line(item) if isinstance(item, Gap) else item) + b"\n" for item in run)


def parse(body: bytes) -> list[Shown]:
    """Read what `render` wrote; whether an entry is one is another question."""
    if not body:
        return []
    if not body.endswith(b"\n"):
        raise MalformedError("the last line of a run is not whole")
    lines = body[:-1].split(b"\n")
    return [_gap(line) if line.startswith(_BEGINNING) else line for line in lines]


def _line(gap: Gap) -> bytes:
    content: JsonObject = {"redacted": base64url_encode(gap.leaf)}
    if gap.record is not None:
        content = {**content, "record": gap.record}
    return strict_json.render(content).encode()


def _gap(line: bytes) -> Gap:
    content = strict_json.parse_object(line, max_bytes=_MAX_GAP_BYTES)
    leaf = base64url_decode(as_text(content.get("redacted"), at="/redacted"), at="/redacted")
    if len(leaf) != HASH_BYTES:
        raise MalformedError("a leaf hash has 32 bytes", at="/redacted")
    record = content.get("record")
    return Gap(leaf, record if isinstance(record, Mapping) else None)
