"""What harnesses send: one JSON object, its members taken out by type, and nothing guessed."""

from collections.abc import Sequence
from typing import Final

from fastapi import Request

from ssi_core import strict_json
from ssi_core.json_types import JsonObject, JsonValue

# Above what any test sends that is meant to succeed.
MAX_BYTES: Final = 2_097_152


async def read_body(request: Request) -> JsonObject:
    """Return the body of `request`, read strictly; `MalformedError` if it is no JSON object."""
    return strict_json.parse_object(await request.body(), max_bytes=MAX_BYTES)


def document(body: JsonObject, name: str) -> JsonObject:
    """Return the document in `body` called `name`, which must be an object."""
    return strict_json.as_object(body.get(name), at=f"/{name}")


def options(body: JsonObject) -> JsonObject:
    """Return the `options`; there need not be any."""
    found = body.get("options")
    return {} if found is None else strict_json.as_object(found, at="/options")


def pointers(chosen: JsonObject, name: str) -> Sequence[str]:
    """Return JSON pointers, none if they are not given; the empty one means the whole document."""
    found = chosen.get(name)
    if found is None:
        return ()
    at = f"/options/{name}"
    items = strict_json.as_array(found, at=at)
    return tuple(
        "" if item == "" else strict_json.as_text(item, at=f"{at}/{index}")
        for index, item in enumerate(items)
    )


def domain(chosen: JsonObject) -> str | Sequence[str] | None:
    """Return the domain or domains that a proof must have been made for, if any is given."""
    found = chosen.get("domain")
    if found is None or isinstance(found, str):
        return _text(found, at="/options/domain")
    return strict_json.as_texts(found, at="/options/domain")


def challenge(chosen: JsonObject) -> str | None:
    """Return the challenge that a proof must have been made for, if one is given."""
    return _text(chosen.get("challenge"), at="/options/challenge")


def _text(value: JsonValue, *, at: str) -> str | None:
    return None if value is None else strict_json.as_text(value, at=at)
