"""Documents that commands read and print: JSON in files, on standard input, at a custodian."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import click

from consent_contracts.grant import Grant
from consent_contracts.record import GrantRecord
from ssi_core import jcs, strict_json
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.http import HttpClient
from ssi_core.encoding import base64url_encode
from ssi_core.errors import MalformedError, NotFoundError, UnavailableError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import from_rfc3339
from ssi_core.strict_json import as_array, as_integer, as_object

TOKEN: Final = "CONSENTRY_CONSENT_ADMIN_TOKEN"  # noqa: S105 - the name of a variable
FILE: Final = click.Path(allow_dash=True, dir_okay=False, path_type=Path)
LOCAL: Final = "local:"
"""What an id begins with that stands in no log."""
_MAX_BYTES: Final = 64 * 1_048_576
_PAGE: Final = 500
_STATED: Final = ("grant", "state", "known_at", "uses", "last_used_at")

_Command = Callable[..., Any]


def from_files_or_custodian(command: _Command) -> _Command:
    """Give a command the options that say where its grants are."""
    for option in (
        click.option("--url", envvar="CONSENTRY_CONSENT_URL", help="A running custodian's URL."),
        click.option("--grants", type=FILE, help="File of grant records, JSON; - is stdin."),
    ):
        command = option(command)
    return command


def read_json(path: Path) -> JsonValue:
    """Read one JSON document from a file, or from standard input if the path is `-`."""
    return strict_json.parse(read_bytes(path), max_bytes=_MAX_BYTES)


def read_object(path: Path) -> JsonObject:
    """Read one JSON document that must be an object."""
    return as_object(read_json(path), at="")


def read_bytes(path: Path) -> bytes:
    """Read a file, or standard input if the path is `-`."""
    try:
        if str(path) == "-":
            return sys.stdin.buffer.read(_MAX_BYTES + 1)
        return path.read_bytes()
    except OSError:
        raise UnavailableError("a file cannot be read") from None


def print_json(value: JsonValue) -> None:
    """Print one document on one line."""
    click.echo(strict_json.render(value))


def parse_records(value: JsonValue) -> tuple[GrantRecord, ...]:
    """Read an array of records, an object with the member `grants`, or one record."""
    if isinstance(value, Mapping):
        value = value.get("grants", [value])
    return tuple(_record(item) for item in as_array(value, at="/grants"))


def named(grant: Grant, grant_id: str | None = None) -> Grant:
    """Return the grant with this id, or with its own, or with one made of its content."""
    if grant_id is not None or grant.id is not None:
        return replace(grant, id=grant_id or grant.id)
    digest = sha256(jcs.canonicalize(grant.to_json())).digest()
    return replace(grant, id=f"{LOCAL}{base64url_encode(digest)}")


def moment_of(text: str | None) -> datetime:
    """Return the moment that an option names (RFC 3339), or the present one."""
    return SystemClock().now() if text is None else from_rfc3339(text, at="--at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A custodian that is running."""

    url: str

    def get(self, path: str) -> JsonObject:
        """Read, with the token."""
        with closing(HttpClient()) as http:
            return http.get(self._at(path), headers=_token()).require_ok().json()

    def post(self, path: str, body: JsonObject) -> JsonObject:
        """Send, with the token."""
        with closing(HttpClient()) as http:
            answer = http.post_json(self._at(path), body, headers=_token())
            return answer.require_ok().json()

    def grant(self, grant_id: str) -> GrantRecord:
        """Return one grant."""
        return _record(self.get(f"/consent/grants/{quote(grant_id, safe='')}"))

    def grants(self) -> tuple[GrantRecord, ...]:
        """Return every grant."""
        found: list[GrantRecord] = []
        after = 0
        while True:
            page = self.get(f"/consent/grants?after={after}&limit={_PAGE}")
            found += parse_records(page)
            if page.get("next") is None:
                return tuple(found)
            after = as_integer(page["next"], at="/next")

    def _at(self, path: str) -> str:
        return self.url.rstrip("/") + path


def records_from(grants: Path | None, url: str | None) -> tuple[GrantRecord, ...]:
    """Return the grants of a file or of a custodian; a file goes before."""
    if grants is not None:
        return parse_records(read_json(grants))
    return remote(url).grants()


def record_from(grant_id: str, grants: Path | None, url: str | None) -> GrantRecord:
    """Return one grant of a file or of a custodian."""
    if grants is None:
        return remote(url).grant(grant_id)
    found: Sequence[GrantRecord] = parse_records(read_json(grants))
    for record in found:
        if record.grant.id == grant_id:
            return record
    raise NotFoundError("there is no such grant in the file")


def remote(url: str | None) -> Remote:
    """Return the custodian at `url`, which must have been given."""
    if url is None:
        raise MalformedError("give --grants, or --url of a running custodian")
    return Remote(url=url)


def _token() -> Mapping[str, str]:
    token = os.environ.get(TOKEN)
    if not token:
        reason = f"the custodian's token is expected in {TOKEN}"
        raise MalformedError(reason)
    return {"Authorization": f"Bearer {token}"}


def _record(value: JsonValue) -> GrantRecord:
    # A custodian says more about a grant than a record has.
    source = as_object(value, at="/grants")
    return GrantRecord.parse(
        source if "signed" not in source else {k: v for k, v in source.items() if k in _STATED}
    )
