"""OpenAPI descriptions that say what our services really answer: problems, limits, plain words."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from fastapi import FastAPI

from ssi_core.adapters.problem_details import MEDIA_TYPE

REFUSED: Final = "4XX"
FAILED: Final = "5XX"
_METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})
# What the framework says of bad input; ours is a problem document with 400.
_NOT_OURS: Final = "422"
_UNUSED: Final = ("HTTPValidationError", "ValidationError")
_PROBLEM: Final = {
    "type": "object",
    "description": "A problem document (RFC 9457): a rule and a place, never a value.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "description": "urn:consentry:problem:<code>"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "pointer": {"type": "string", "description": "the place in what was sent"},
        "refusals": {"type": "array", "items": {"type": "string"}},
    },
}
_ANSWER: Final = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_WORDS: Final = {
    REFUSED: "Refused: the problem says which rule was broken, and where.",
    FAILED: "Not known: it could not be found out, or something went wrong here. Ask again later.",
}


def describe(app: FastAPI, *, about: str, max_body_bytes: int) -> None:
    """Have `/openapi.json` say what every route of `app` answers, errors and limits included.

    `about` is one sentence on the whole service. A route that declares `4XX` or `5XX` itself
    keeps what it says.
    """
    app.description = about
    generate = app.openapi

    @cache
    def openapi() -> dict[str, Any]:
        return _completed(generate(), max_body_bytes)

    app.openapi = openapi  # type: ignore[method-assign] # as the framework's own documentation does


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return every operation of a description under its method and path."""
    for path, item in document["paths"].items():
        for method in sorted(_METHODS & item.keys()):
            yield f"{method.upper()} {path}", item[method]


def _completed(document: dict[str, Any], max_body_bytes: int) -> dict[str, Any]:
    for _name, operation in operations(document):
        said = operation.get("description", "").partition("\n")[0]
        if said:
            operation["summary"] = said.removesuffix(".")
        responses = operation["responses"]
        responses.pop(_NOT_OURS, None)
        for status, words in _WORDS.items():
            responses.setdefault(status, {"description": words, "content": _ANSWER})
        if body := operation.get("requestBody"):
            body["description"] = f"At most {max_body_bytes} bytes."
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in _UNUSED:
        schemas.pop(name, None)
    schemas["Problem"] = _PROBLEM
    return document
