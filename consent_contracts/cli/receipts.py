"""`receipt`: what a receipt says, and whether the key that it names made it."""

from contextlib import closing
from pathlib import Path

import click

from consent_contracts import receipt as receipts
from consent_contracts import signed
from consent_contracts.adapters.resolved_keys import ResolvedKeys
from consent_contracts.cli.documents import FILE, print_json, read_bytes, remote
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.command_line import failing_plainly
from ssi_core.adapters.did_resolver import HttpDidResolver
from ssi_core.adapters.http import HttpClient
from ssi_core.errors import MalformedError


@click.command(name="receipt")
@click.argument("source", type=FILE)
@click.option("--registry", help="URL of a registry, for DIDs that live there.")
@click.option("--url", envvar="CONSENTRY_CONSENT_URL", help="Hand it in at this custodian.")
def show_receipt(source: Path, registry: str | None, url: str | None) -> None:
    """Verify the receipt in SOURCE, a JWS, and print what it says; or hand it in."""
    with failing_plainly():
        try:
            text = read_bytes(source).decode("ascii").strip()
        except UnicodeDecodeError:
            raise MalformedError("a receipt is a JWS") from None
        if url is not None:
            print_json(remote(url).post("/consent/receipts", {"receipt": text}))
            return
        with closing(HttpClient()) as http:
            resolver = HttpDidResolver(http, SystemClock(), registry_url=registry)
            key = ResolvedKeys(resolver).assertion_key(signed.key_id(text))
        print_json(receipts.verify(text, key=key).to_json())
