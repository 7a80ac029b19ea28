"""`check` and `explain`: would this be permitted, and why."""

import sys
from pathlib import Path
from typing import Any, Final

import click

from consent_contracts.cli.documents import (
    FILE,
    from_files_or_custodian,
    moment_of,
    parse_records,
    print_json,
    read_json,
    read_object,
    remote,
)
from consent_contracts.decision import decide
from consent_contracts.explanation import explain
from consent_contracts.index import ConsentIndex
from consent_contracts.question import Question
from consent_contracts.trace import trace
from ssi_core.adapters.command_line import REFUSED, UNAVAILABLE, failing_plainly
from ssi_core.json_types import JsonObject, JsonValue

_STATUS: Final = {"permit": 0, "deny": REFUSED, "indeterminate": UNAVAILABLE}
_CONTEXT: Final = click.option("--context", type=FILE, help="File of what was found out, JSON.")
_AT: Final = click.option("--at", help="Decide for this moment, RFC 3339; with --grants only.")
_STALENESS: Final = click.option(
    "--max-staleness", type=click.IntRange(min=1), help="Oldest evidence to believe, in seconds."
)


@click.command(name="check")
@click.argument("request", type=FILE)
@from_files_or_custodian
@_CONTEXT
@_AT
@_STALENESS
@click.option("--use", is_flag=True, help="Count a permit as a use; at a custodian only.")
def check(request: Path, *, use: bool, **where: Any) -> None:
    """Print the decision on REQUEST; exit 0 for permit, 1 for deny, 3 for indeterminate."""
    with failing_plainly():
        question = _question(request, where)
        if where["grants"] is None:
            body = {**question, "dry_run": not use}
            answer = remote(where["url"]).post("/consent/decide", body)
        else:
            answer = _decided(question, where)
    print_json(answer)
    sys.exit(_STATUS[str(answer["decision"])])


@click.command(name="explain")
@click.argument("request", type=FILE)
@from_files_or_custodian
@_CONTEXT
@_AT
@_STALENESS
@click.option("--asker", required=True, help="The name under which the person knows who asks.")
@click.option("--trace", "traced", is_flag=True, help="Print every condition too, as JSON.")
def explain_decision(request: Path, *, asker: str, traced: bool, **where: Any) -> None:
    """Say in plain sentences what the decision on REQUEST would be, and why."""
    with failing_plainly():
        question = _question(request, where)
        if where["grants"] is None:
            body = {**question, "asker": asker}
            told = remote(where["url"]).post("/consent/explain", body)
        else:
            told = _explained(question, where, asker=asker)
    sentences = told["sentences"]
    for sentence in sentences if isinstance(sentences, list | tuple) else ():
        click.echo(sentence)
    if traced:
        print_json(told["trace"])


def _question(request: Path, where: dict[str, Any]) -> JsonObject:
    members: dict[str, JsonValue] = {"request": read_object(request)}
    if where["context"] is not None:
        members["context"] = read_object(where["context"])
    if where["max_staleness"] is not None:
        members["max_staleness"] = where["max_staleness"]
    return members


def _decided(source: JsonObject, where: dict[str, Any]) -> JsonObject:
    question, records = Question.parse(source), parse_records(read_json(where["grants"]))
    return decide(
        question.request,
        records,
        at=moment_of(where["at"]),
        max_staleness=question.max_staleness,
        context=question.context,
    ).to_json()


def _explained(source: JsonObject, where: dict[str, Any], *, asker: str) -> JsonObject:
    question = Question.parse(source)
    index = ConsentIndex.of(parse_records(read_json(where["grants"])))
    known, staleness, at = question.context, question.max_staleness, moment_of(where["at"])
    decision = decide(question.request, index, at=at, max_staleness=staleness, context=known)
    return {
        "sentences": list(explain(question.request, decision, asker=asker)),
        "trace": trace(question.request, index, at=at, max_staleness=staleness, context=known),
    }
