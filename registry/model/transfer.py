"""A run of entries as one party hands it to another: one to a line, gaps included.

A line is an entry's exact bytes; where they were dropped, it is the leaf hash, and the later entry
that had them dropped, with its index: `{"redacted", "index", "by"}`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from registry.model.merkle import HASH_BYTES
from ssi_core import strict_json
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.strict_json import as_integer, as_text

NDJSON: Final = "application/x-ndjson"
BEGINNING: Final = b'{"redacted":'
"""What a gap begins with, and no entry does."""
# A redaction as text within text, where each quotation mark takes two characters.
_MAX_GAP_BYTES: Final = 16_384


@dataclass(frozen=True, slots=True)
class Gap:
    """What is left of an entry whose bytes were dropped: its leaf hash, and the reason.

    That is the entry at the later index `by`, whose bytes are `redaction`.
    """

    leaf: bytes
    by: int
    redaction: bytes


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
    return [_gap(line) if line.startswith(BEGINNING) else line for line in lines]


def leaf_in(content: JsonObject) -> bytes:
    """Return the leaf hash that is left of an entry."""
    leaf = base64url_decode(as_text(content.get("redacted"), at="/redacted"), at="/redacted")
    if len(leaf) != HASH_BYTES:
        raise MalformedError("a leaf hash has 32 bytes", at="/redacted")
    return leaf


def _line(gap: Gap) -> bytes:
    content: JsonObject = {
        "redacted": base64url_encode(gap.leaf),
        "index": gap.by,
        "by": gap.redaction.decode(),
    }
    return strict_json.render(content).encode()


def _gap(line: bytes) -> Gap:
    content = strict_json.parse_object(line, max_bytes=_MAX_GAP_BYTES)
    redaction = as_text(content.get("by"), at="/by").encode()
    return Gap(leaf_in(content), as_integer(content.get("index"), at="/index"), redaction)
