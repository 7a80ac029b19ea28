"""JSON (RFC 8259) read strictly and written compactly, and its members taken out by type."""

import json
import re
from collections.abc import Mapping, Sequence
from json.scanner import make_scanner
from typing import Final

from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue

MAX_BYTES: Final = 1_048_576
MAX_DEPTH: Final = 64
# What the parser makes is asked for first: an abstract class takes longer to answer.
_OBJECTS: Final = (dict, Mapping)
_WHITESPACE: Final = " \t\n\r"
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_BRACKET: Final = re.compile(r"[{}\[\]]")


def parse(
    source: str | bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH
) -> JsonValue:
    """Read one JSON text, refusing what lenient parsers let through.

    Duplicate member names, NaN and infinities, numbers that overflow, lone surrogates, text that is
    not UTF-8, and anything longer than `max_bytes` or nested deeper than `max_depth`.
    """
    text = _decode(source, max_bytes).strip(_WHITESPACE)
    # Brackets bound the depth from above, so the walk is rarely needed.
    if text.count("{") + text.count("[") > max_depth:
        _limit_depth(text, max_depth)
    try:
        value: JsonValue
        value, end = _scan(text, 0)
    except MalformedError:
        raise
    except (ValueError, RecursionError, StopIteration):
        raise MalformedError("not a JSON text") from None
    if end != len(text):
        raise MalformedError("not a JSON text")
    if "\\u" in text:
        _refuse_surrogates(value)
    return value


def parse_all(sources: Sequence[bytes]) -> list[JsonValue]:
    """Read several JSON texts, each as strictly as `parse` does, in less time."""
    whole = b" ".join(sources)
    # Together they have what no one of them may have: then each is looked at for itself.
    if (
        len(whole) > MAX_BYTES
        or whole.count(b"{") + whole.count(b"[") > MAX_DEPTH
        or b"\\u" in whole
    ):
        return [parse(source) for source in sources]
    try:
        texts = [str(source, "utf-8").strip(_WHITESPACE) for source in sources]
        found = [_scan(text, 0) for text in texts]
    except UnicodeError:
        raise MalformedError("JSON text is not UTF-8") from None
    except MalformedError:
        raise
    except (ValueError, RecursionError, StopIteration):
        raise MalformedError("not a JSON text") from None
    if [end for _, end in found] != [len(text) for text in texts]:
        raise MalformedError("not a JSON text")
    return [value for value, _ in found]


def parse_object(
    source: str | bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH
) -> JsonObject:
    """Read one JSON text that must be an object."""
    return as_object(parse(source, max_bytes=max_bytes, max_depth=max_depth), at="")


def render(value: JsonValue) -> str:
    """Write `value` as compact JSON, members in the order they have, refusing what `parse` does."""
    try:
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        if not text.isascii():
            text.encode("utf-8")
    except (ValueError, TypeError, RecursionError):
        raise MalformedError("the value has no JSON form") from None
    return text


def as_object(value: JsonValue, *, at: str) -> JsonObject:
    """Return `value` if it is an object."""
    if isinstance(value, _OBJECTS):
        return value
    raise MalformedError("must be a JSON object", at=at)


def as_array(value: JsonValue, *, at: str) -> Sequence[JsonValue]:
    """Return `value` if it is an array."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return value
    raise MalformedError("must be a JSON array", at=at)


def as_text(value: JsonValue, *, at: str) -> str:
    """Return `value` if it is a string that is not empty."""
    if isinstance(value, str) and value:
        return value
    raise MalformedError("must be a string that is not empty", at=at)


def as_integer(value: JsonValue, *, at: str) -> int:
    """Return `value` if it is an integer that every JSON reader can hold (RFC 7493 section 2.2)."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53:
        return value
    raise MalformedError("must be an integer below 2^53", at=at)


def as_boolean(value: JsonValue, *, at: str) -> bool:
    """Return `value` if it is true or false."""
    if isinstance(value, bool):
        return value
    raise MalformedError("must be true or false", at=at)


def as_texts(value: JsonValue, *, at: str) -> tuple[str, ...]:
    """Return `value` if it is an array, not empty, of strings that are not empty."""
    items = as_array(value, at=at)
    if not items:
        raise MalformedError("must not be empty", at=at)
    return tuple(as_text(item, at=f"{at}/{index}") for index, item in enumerate(items))


def _decode(source: str | bytes, max_bytes: int) -> str:
    if len(source) > max_bytes:
        raise MalformedError("JSON text is larger than allowed")
    try:
        if isinstance(source, bytes):
            return source.decode("utf-8")
        if not source.isascii():
            source.encode("utf-8")
    except UnicodeError:
        raise MalformedError("JSON text is not UTF-8") from None
    return source


def _limit_depth(text: str, max_depth: int) -> None:
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub("", text)):
        depth += 1 if bracket in "{[" else -1
        if depth > max_depth:
            raise MalformedError("JSON text is nested deeper than allowed")


def _unique(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedError("a JSON object names a member twice")
    return members


def _no_constant(_name: str) -> JsonValue:
    raise MalformedError("JSON has no NaN or infinity")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise MalformedError("a JSON number is too large")
    return number


def _refuse_surrogates(value: JsonValue) -> None:
    # Only an escape can smuggle in half a surrogate pair, and such text cannot be encoded again.
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedError("JSON text has a lone surrogate") from None


# Made once: `json.loads` would make one for every text. It raises `StopIteration` where there is
# nothing to read.
_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite
)
_scan: Final = make_scanner(_DECODER)  # type: ignore[arg-type]  # it is typed as taking itself
