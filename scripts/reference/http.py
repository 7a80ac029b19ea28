"""docs/reference/http.md: every route, who may call it, what it takes and answers."""

from collections.abc import Iterator
from typing import Any, Final, get_args

from fastapi.routing import APIRoute
from pydantic import BaseModel

from scripts.reference.apps import applications, routes
from scripts.reference.http_answers import ANSWERS, CALLERS, PURPOSES, TAKES
from scripts.reference.page import require_same, table

_OK: Final = 200
_HEADINGS: Final = ("Route", "Caller", "Takes", "Answers", "Does")


def render() -> str:
    """Return one table for each role."""
    return "\n".join(_role(name, list(routes(app))) for name, app in applications().items())


def name_of(route: APIRoute) -> str:
    """Return method and path, as the page writes them."""
    return f"{' '.join(sorted(route.methods or ()))} {route.path}"


def is_private(route: APIRoute) -> bool:
    """Say whether the route asks for the administrator's token."""
    calls = (dependency.call for dependency in route.dependant.dependencies)
    return any(getattr(call, "__name__", "") == "authenticate" for call in calls)


def _role(role: str, found: list[APIRoute]) -> str:
    plain = [name_of(route) for route in found if _model(route) is None]
    require_same(f"answers of the {role}", in_code=plain, in_words=ANSWERS[role])
    rows = ([f"`{name_of(route)}`", *_cells(role, route)] for route in found)
    return f"## {role}\n\n{table(_HEADINGS, rows)}"


def _cells(role: str, route: APIRoute) -> Iterator[str]:
    name = name_of(route)
    known = CALLERS[role].get(name)
    yield CALLERS[role]["*"] if is_private(route) else known or "anyone"
    yield _takes(route)
    yield f"{route.status_code or _OK} {_answers(role, route)}"
    # Routes that are made in a loop have no docstring of their own.
    yield route.description.split("\n")[0] or PURPOSES[name]


def _takes(route: APIRoute) -> str:
    query = [f"`{one.alias}`" for one in route.dependant.query_params]
    query += [f"`{one['name']}`" for one in (route.openapi_extra or {}).get("parameters", [])]
    parts = [f"query: {', '.join(query)}"] if query else []
    if words := TAKES.get(name_of(route)):
        parts.append(words)
    elif route.body_field is not None:
        parts.append(f"JSON: {_members(_models(route.body_field.field_info.annotation)[0])}")
    else:
        content = (route.openapi_extra or {}).get("requestBody", {}).get("content", {})
        parts += [" or ".join(f"`{kind}`" for kind in content)] if content else []
    return "; ".join(parts)


def _answers(role: str, route: APIRoute) -> str:
    model = _model(route)
    if model is None:
        return ANSWERS[role][name_of(route)]
    # `4XX` and its like say what all routes answer when something is wrong.
    known = [int(status) for status in route.responses if str(status).isdecimal()]
    others = [status for status in known if status != route.status_code]
    also = "".join(f" (or {status})" for status in others)
    return _members(model) + also


def _model(route: APIRoute) -> type[BaseModel] | None:
    model = route.response_model
    return model if isinstance(model, type) and issubclass(model, BaseModel) else None


def _models(annotation: Any) -> list[type[BaseModel]]:
    candidates = (annotation, *get_args(annotation))
    return [x for x in candidates if isinstance(x, type) and issubclass(x, BaseModel)]


def _members(model: type[BaseModel]) -> str:
    """Return a model's members; those of what a list holds stand in brackets behind it."""
    parts = []
    for name, field in model.model_fields.items():
        inner = _models(field.annotation)
        nested = f" ({_members(inner[0])})" if inner else ""
        parts.append(f"`{name}`{nested}")
    return ", ".join(parts)
