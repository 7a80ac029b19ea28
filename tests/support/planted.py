"""Values that stand nowhere else, and every form in which one could lie about unsealed."""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path


def forms(value: str) -> frozenset[bytes]:
    """Return what betrays `value` in a file: as text, as JSON, in base64 at any offset, in hex."""
    texts = {value, value.lower(), value.upper(), json.dumps(value)[1:-1]}
    found: set[bytes] = set()
    for text in texts:
        raw = text.encode()
        found |= {raw, raw.hex().encode(), raw.hex().upper().encode()}
        found |= {text.encode("utf-16-le"), text.encode("utf-16-be")}
        found |= {each for offset in range(3) for each in _base64(raw, offset)}
    return frozenset(found)


def _base64(raw: bytes, offset: int) -> Iterator[bytes]:
    # The letters at both ends also depend on the neighbours, so they are cut off.
    encoded = b64encode(bytes(offset) + raw).rstrip(b"=")
    start = 0 if offset == 0 else offset + 1
    inner = encoded[start : len(encoded) - (0 if (offset + len(raw)) % 3 == 0 else 1)]
    yield inner
    yield inner.replace(b"+", b"-").replace(b"/", b"_")


def betrayed(content: bytes, values: Iterable[str]) -> list[str]:
    """Return those of `values` that stand in `content` in any of their forms."""
    return [value for value in values if any(form in content for form in forms(value))]


def files(folder: Path) -> dict[Path, bytes]:
    """Return every file below a folder with its content."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
