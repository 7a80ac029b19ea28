"""`request`: what a recipient asks a person for, and the options that answers have too."""

from datetime import datetime, timedelta
from typing import Any, Final

import click

from consent_contracts.access import AccessLevel
from consent_contracts.cli.documents import moment_of, print_json, remote
from consent_contracts.purpose import Purpose
from consent_contracts.recipient import parse_did
from consent_contracts.request import ConsentRequest
from consent_contracts.terms import Limits, NoticeText, Obligation
from ssi_core.adapters.command_line import failing_plainly
from ssi_core.errors import MalformedError
from ssi_core.period import Period, from_rfc3339

_HOUR: Final = 3600
PURPOSES: Final = click.option("--purpose", "purposes", multiple=True, help="A PurposeOfUse code.")
UNTIL: Final = click.option("--until", help="When it ends, RFC 3339.")
URL: Final = click.option("--url", envvar="CONSENTRY_CONSENT_URL", help="A custodian to tell.")


@click.command(name="request")
@click.option("--recipient", required=True, help="DID of whoever asks.")
@click.option("--recipient-name", required=True, help="The name that the person reads.")
@PURPOSES
@click.option("--begin", help="When it begins, RFC 3339; now if not given.")
@UNTIL
@click.option("--access", default="full", show_default=True, help="information, sample or full.")
@click.option("--max-staleness", type=int, default=_HOUR, show_default=True, help="In seconds.")
@click.option("--uses", type=int, help="How often the data would be used.")
@click.option("--obligation", "obligations", multiple=True, help="What the recipient promises.")
@click.option("--language", default="en", show_default=True, help="Language of the notice.")
@click.option("--notice", required=True, help="Why it is wanted, as the person reads it.")
@click.option("--if-refused", required=True, help="What a no leads to, as the person reads it.")
@click.option("--withdrawal-uri", required=True, help="Where a withdrawal is told.")
@click.option("--log", required=True, help="Name of the log that grants stand in.")
@URL
def ask(url: str | None, **given: Any) -> None:
    """Print a consent request, which a wallet shows its person; or make it at a custodian."""
    with failing_plainly():
        request = _request(**given).to_json()
        print_json(request if url is None else remote(url).post("/consent/requests", request))


def parse_purposes(codes: tuple[str, ...]) -> frozenset[Purpose]:
    """Return the purposes that options name."""
    return frozenset(Purpose.parse(code, at="--purpose") for code in codes)


def end_of(text: str | None) -> datetime:
    """Return the moment of `--until`, a whole second; there has to be one."""
    if text is None:
        raise MalformedError("it has to end", at="--until")
    return from_rfc3339(text, at="--until").replace(microsecond=0)


def _request(  # noqa: PLR0913 - the members of a request
    *,
    recipient: str,
    recipient_name: str,
    purposes: tuple[str, ...],
    begin: str | None,
    until: str | None,
    access: str,
    max_staleness: int,
    uses: int | None,
    obligations: tuple[str, ...],
    language: str,
    notice: str,
    if_refused: str,
    withdrawal_uri: str,
    log: str,
) -> ConsentRequest:
    return ConsentRequest(
        recipient=parse_did(recipient, at="--recipient"),
        recipient_name=recipient_name,
        purposes=parse_purposes(purposes),
        period=Period(moment_of(begin).replace(microsecond=0), end_of(until)),
        max_staleness=timedelta(seconds=max(0, min(max_staleness, 10**9))),
        access=AccessLevel.parse(access, at="--access"),
        limits=Limits(uses=uses),
        obligations=frozenset(Obligation.parse(each, at="--obligation") for each in obligations),
        notice=NoticeText(language, notice),
        if_refused=if_refused,
        withdrawal_uri=withdrawal_uri,
        log=log,
    )
