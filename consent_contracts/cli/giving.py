"""`give`, `narrow` and `withdraw`: the life of a consent on files, or at a custodian."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click

from consent_contracts import grant_credential, narrowing, withdrawal
from consent_contracts.access import AccessLevel
from consent_contracts.cli.asking import PURPOSES, UNTIL, URL, end_of, parse_purposes
from consent_contracts.cli.documents import (
    FILE,
    from_files_or_custodian,
    moment_of,
    named,
    print_json,
    read_bytes,
    read_json,
    read_object,
    record_from,
    remote,
)
from consent_contracts.grant import Grant
from consent_contracts.grant_credential import GrantSecret
from consent_contracts.lifecycle import GrantState
from consent_contracts.record import GrantRecord
from consent_contracts.request import ConsentRequest, narrow
from consent_contracts.scope import ScopeItem
from ssi_core.adapters.command_line import failing_plainly
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_decode
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import thumbprint
from ssi_core.period import Period, to_timestamp
from ssi_core.strict_json import as_array

_SECRET: Final = click.option(
    "--secret", type=FILE, help="File with the grant's 32 secret bytes, base64url; signs with it."
)


@click.command(name="give")
@click.argument("request", type=FILE)
@click.option("--scope", type=FILE, required=True, help="File with scope items, a JSON array.")
@click.option("--holder-key", "keys", multiple=True, help="Thumbprint of a key (RFC 7638).")
@click.option("--holder-jwk", type=FILE, help="The same as a public JWK; needed to sign.")
@click.option("--id", "grant_id", help="The id of the log's entry; made of the content if absent.")
@PURPOSES
@UNTIL
@click.option("--access", help="Give at a lower level than is asked for.")
@_SECRET
@URL
def give(
    request: Path,
    *,
    scope: Path,
    keys: tuple[str, ...],
    holder_jwk: Path | None,
    grant_id: str | None,
    secret: Path | None,
    url: str | None,
    **less: Any,
) -> None:
    """Answer REQUEST with a grant that goes no further; print it as a record, or signed.

    Without --secret it is whoever runs this that vouches for the person's consent, given on paper
    for instance. With it, the grant is signed as a wallet would sign it.
    """
    with failing_plainly():
        jwk = None if holder_jwk is None else read_object(holder_jwk)
        every = {*keys, *(() if jwk is None else (thumbprint(jwk),))}
        asked = _less(ConsentRequest.from_json(read_object(request)), **less)
        grant = named(asked.grant(holder_keys=every, scope=_scope(scope, asked.access)), grant_id)
        _tell(grant, at=moment_of(None), secret=secret, jwk=jwk, url=url)


@click.command(name="narrow")
@click.argument("grant_id")
@from_files_or_custodian
@click.option("--scope", type=FILE, help="File with fewer scope items, a JSON array.")
@PURPOSES
@UNTIL
@click.option("--uses", type=int, help="How often it may still be used.")
@click.option("--id", "new_id", help="The id of the new log entry; made of the content if absent.")
@click.option("--holder-jwk", type=FILE, help="The holder's public JWK; needed to sign.")
@_SECRET
def narrow_grant(
    grant_id: str,
    *,
    grants: Path | None,
    url: str | None,
    new_id: str | None,
    holder_jwk: Path | None,
    secret: Path | None,
    **less: Any,
) -> None:
    """Put a narrower grant in the place of GRANT_ID; what would give more is refused."""
    with failing_plainly():
        record = record_from(grant_id, grants, url)
        grant = named(_narrower(record.grant, **less), new_id)
        narrowing.require_narrower(grant, record.grant, used=record.uses)
        jwk = None if holder_jwk is None else read_object(holder_jwk)
        told = url if grants is None else None
        _tell(grant, at=moment_of(None), secret=secret, jwk=jwk, url=told)


@click.command(name="withdraw")
@click.argument("grant_id")
@from_files_or_custodian
@click.option("--entry", type=int, help="Index of the log's entry that ended it; needed to sign.")
@_SECRET
def withdraw(
    grant_id: str, *, grants: Path | None, url: str | None, entry: int | None, secret: Path | None
) -> None:
    """End GRANT_ID: print its record as withdrawn, or tell the custodian.

    With --secret a notice is signed for the recipient, and printed or sent. Only a log can tell
    everybody; `consentry wallet withdraw` does that too.
    """
    with failing_plainly():
        record, now = record_from(grant_id, grants, url), moment_of(None)
        at_custodian = grants is None
        if secret is not None:
            notice = _notice(record.grant, read_secret(secret), entry=entry, at=now)
            body: JsonObject = {"notice": notice}
            print_json(remote(url).post("/withdrawals", body) if at_custodian else body)
        elif at_custodian:
            state: JsonObject = {"state": "withdrawn", "known_at": to_timestamp(now)}
            print_json(remote(url).post(f"/consent/grants/{grant_id}/state", state))
        else:
            ended = replace(record, state=GrantState.WITHDRAWN, known_at=now)
            print_json(ended.to_json())


def read_secret(path: Path) -> GrantSecret:
    """Read the secret of a grant."""
    try:
        text = read_bytes(path).decode("ascii").strip()
    except UnicodeDecodeError:
        raise MalformedError("a secret is 32 bytes in base64url") from None
    return GrantSecret(base64url_decode(text, at="--secret"))


def _less(
    request: ConsentRequest, *, purposes: tuple[str, ...], until: str | None, access: str | None
) -> ConsentRequest:
    return narrow(
        request,
        expires=None if until is None else end_of(until),
        purposes=parse_purposes(purposes) if purposes else None,
        access=None if access is None else AccessLevel.parse(access, at="--access"),
    )


def _narrower(
    grant: Grant,
    *,
    scope: Path | None,
    purposes: tuple[str, ...],
    until: str | None,
    uses: int | None,
) -> Grant:
    limits = grant.limits if uses is None else replace(grant.limits, uses=uses)
    end = grant.period.end if until is None else end_of(until)
    return replace(
        grant,
        id=None,
        supersedes=grant.id,
        scope=grant.scope if scope is None else _scope(scope, AccessLevel.FULL),
        records=grant.records if scope is None else (),
        purposes=parse_purposes(purposes) if purposes else grant.purposes,
        period=Period(grant.period.start, end),
        limits=limits,
    )


def _scope(path: Path, most: AccessLevel) -> tuple[ScopeItem, ...]:
    items = as_array(read_json(path), at="/scope")
    found = (ScopeItem.parse(item, at=f"/scope/{n}") for n, item in enumerate(items))
    return tuple(replace(item, access=min(item.access, most)) for item in found)


def _tell(
    grant: Grant, *, at: datetime, secret: Path | None, jwk: JsonObject | None, url: str | None
) -> None:
    """Print a new grant, signed if there is a secret, or keep it at a custodian."""
    stated: dict[str, JsonValue] = {"state": "active", "known_at": to_timestamp(at)}
    if secret is None:
        record = GrantRecord(grant=grant, state=GrantState.ACTIVE, known_at=at)
        body, path = record.to_json(), "/consent/grants"
    elif jwk is None:
        raise MalformedError("signing a grant needs the holder's public key", at="--holder-jwk")
    else:
        credential = grant_credential.issue(grant, read_secret(secret), holder_jwk=jwk, at=at)
        body, path = {"credential": str(credential), **stated}, "/consent/grants/signed"
    print_json(body if url is None else remote(url).post(path, body))


def _notice(grant: Grant, secret: GrantSecret, *, entry: int | None, at: datetime) -> str:
    if entry is None:
        raise MalformedError("a notice says where the log has the end", at="--entry")
    if not isinstance(grant.recipient.party, Did):
        raise MalformedError("there is no one recipient to tell", at="/recipient")
    notice = withdrawal.WithdrawalNotice(
        grant_id=grant.id or "",
        log=grant.log,
        entry=entry,
        issued_at=at.replace(microsecond=0),
        audience=grant.recipient.party,
    )
    return withdrawal.notify(notice, signer=secret.signer)
