"""Requests made of a service's own OpenAPI description, and of junk in every part of them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final
from urllib.parse import quote_from_bytes

_METHODS: Final = ("get", "post", "put", "delete", "patch")
_TEXTS: Final = (
    b"", b"x", b"0", b"-1", b"1e9", b"9" * 40, b"NaN", b"null", b"true", b"\x00", b"\xff\xfe",
    b"..", b"../..", b"%", b"%00", b"a" * 5_000, b"did:web:localhost", b"did:key:z6Mk", b"did:",
    b"did:webvh:Qm:localhost%3A1:dids:x", b"http://localhost:1/x", b"\xed\xa0\x80",
    "é李🧬".encode(),
    b"a\r\nb", b"'\"<>&;--", b"{}", b"[]", b"eyJhbGciOiJub25lIn0..", b"~", b"a.b.c~~",
    b"openid4vp://?client_id=x&request_uri=http://localhost:1/x", b"HPAYMT", b"diagnosis",
)  # fmt: skip
_VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 2**53, 2**70, -1.5, 1e308, float("nan"), float("inf"), "", "x",
    "\x00", "\ud800", "a" * 5_000, [], [None], [[[[[]]]]], {}, {"": None}, {"x": {"y": [1]}},
    "did:web:x", "http://localhost:1/x", "HPAYMT", "insurer-diagnosis", ["x", 1, None], "0" * 32,
    "e30.e30.AAAA", "openid-credential-offer://?credential_offer=%7B%7D",
)  # fmt: skip
_BODIES: Final = (
    b"", b"\x00", b"{", b"null", b"[]", b'""', b"{}", b"1", b"\xff", b"a=b&a=c&=&%", b"[" * 5_000,
    b'{"a":' * 5_000, b'{"a":1,"a":2}', b'{"policy":NaN}', b"9" * 6_000, b"\xef\xbb\xbf{}",
    b'{"\\ud800":"\\udfff"}', b"x" * 300_000, b"{}\n{}\n",
)  # fmt: skip
_KINDS: Final = (
    b"application/json", b"application/x-www-form-urlencoded", b"application/fhir+json", b"",
    b"application/x-ndjson", b"text/plain", b"multipart/form-data; boundary=x", b"\xe9", b"a/b;c=",
    b"application/json; charset=utf-16", b"application/consent-withdrawal+jwt",
)  # fmt: skip
_ACCEPTS: Final = (b"*/*", b"text/html", b"", b"application/json;q=x", b"\xe9", b"x" * 2_000)


@dataclass(frozen=True)
class Operation:
    """One route and method, with the names of its parameters and the schema of its body."""

    method: str
    path: str
    queries: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)
    exists: bool = True


@dataclass(frozen=True)
class Sent:
    """A request to be sent: the target as raw bytes, headers as they are, and the body."""

    method: str
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


def operations(description: Mapping[str, Any]) -> Iterator[Operation]:
    """Return each path of an OpenAPI document with each method, its own and others."""
    for path, item in description["paths"].items():
        for method in _METHODS:
            named = item.get(method, {})
            parameters = named.get("parameters", [])
            content = named.get("requestBody", {}).get("content", {})
            schemas = [each.get("schema", {}) for each in content.values()]
            yield Operation(
                method=method.upper(),
                path=path,
                queries=tuple(each["name"] for each in parameters if each["in"] == "query"),
                headers=tuple(each["name"] for each in parameters if each["in"] == "header"),
                body=_resolved(schemas[0] if schemas else {}, description),
                exists=method in item,
            )


def requests(
    operation: Operation, *, token: str, known: Sequence[str], chance: Random, count: int
) -> Iterator[Sent]:
    """Return `count` requests, each junk in one way or another; `known` are ids that exist."""
    texts = (*_TEXTS, *(each.encode() for each in known for _ in range(3)))
    for _ in range(count):
        path = operation.path.encode()
        while b"{" in path:
            before, _, rest = path.partition(b"{")
            path = before + _escaped(chance.choice(texts), chance) + rest.partition(b"}")[2]
        names = [name.encode() for name in operation.queries if chance.random() < 0.8]
        names += [b"start", b"limit", b"%FF", b""][: chance.choice((0, 0, 0, 4))]
        query = b"&".join(name + b"=" + _escaped(chance.choice(texts), chance) for name in names)
        target = (path or b"/") + (b"?" + query if query else b"")
        yield Sent(
            operation.method,
            target if target.startswith(b"/") else b"/" + target,
            _headers(operation, token, chance),
            b"" if operation.method == "GET" else _body(operation, known, chance),
        )


def _headers(operation: Operation, token: str, chance: Random) -> tuple[tuple[bytes, bytes], ...]:
    bearer = f"Bearer {token}".encode()
    # Mostly the right one: what lies behind the door is to be reached.
    authorization = chance.choice((bearer,) * 7 + (b"", b"Bearer", b"Bearer \xe9", b"Basic eDp5"))
    kind = _KINDS[0] if chance.random() < 0.5 else chance.choice(_KINDS)
    pairs = [
        (b"Authorization", authorization),
        (b"Content-Type", kind),
        (b"Accept", chance.choice(_ACCEPTS)),
    ]
    return (
        *pairs,
        *((name.encode(), chance.choice(_TEXTS[:8])) for name in operation.headers),
    )


def _body(operation: Operation, known: Sequence[str], chance: Random) -> bytes:
    if chance.random() < 0.3:
        return chance.choice(_BODIES)
    value = _instance(operation.body, known, chance)
    if chance.random() < 0.3:
        fields = value.items() if isinstance(value, dict) else ()
        return "&".join(f"{name}={text}" for name, text in fields).encode("utf-8", "replace")
    return json.dumps(value).encode()


def _instance(schema: Any, known: Sequence[str], chance: Random) -> Any:
    """Return a value that is right by the schema here and there."""
    if chance.random() < 0.25 or not isinstance(schema, Mapping):
        return chance.choice(_VALUES)
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return _instance(chance.choice(options), known, chance)
    inner = schema.get("properties", {}), schema.get("items")
    members = {name: _instance(each, known, chance) for name, each in inner[0].items()}
    choices: dict[str, list[Any]] = {
        "object": [members, members, members | {"more": 1}],
        "array": [[], [_instance(inner[1], known, chance)] * 2] if inner[1] else [[]],
        "string": [*known, "x", "", "HPAYMT"],
        "integer": [0, 1, -1, 60, 2**63],
        "number": [0, 1.5, -1, 1e300],
        "boolean": [True, False],
    }
    return chance.choice(choices.get(schema.get("type", ""), list(_VALUES)))


def _resolved(schema: Any, description: Mapping[str, Any], depth: int = 8) -> Any:
    """Return the schema with its references followed."""
    if depth == 0 or not isinstance(schema, Mapping):
        return schema if isinstance(schema, bool | str) else {}
    if "$ref" in schema:
        found: Any = description
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return _resolved(found, description, depth - 1)
    result = dict(schema)
    for name in ("properties",):
        if name in result:
            inner = result[name].items()
            result[name] = {key: _resolved(each, description, depth - 1) for key, each in inner}
    for name in ("anyOf", "oneOf"):
        if name in result:
            result[name] = [_resolved(each, description, depth - 1) for each in result[name]]
    if "items" in result:
        result["items"] = _resolved(result["items"], description, depth - 1)
    return result


def _escaped(text: bytes, chance: Random) -> bytes:
    safe = "/:%" if chance.random() < 0.2 else ""
    return quote_from_bytes(text, safe=safe).encode()
