"""`consentry doctor`: look at this machine, judge, and say what to do."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click

from consentry.doctor.clock import judge_clock, look_at_clock
from consentry.doctor.databases import judge_database, look_at_databases
from consentry.doctor.finding import Finding, Verdict
from consentry.doctor.folder import judge_folder, look_at_folder
from consentry.doctor.network import Address, judge_network, look_at_network
from consentry.doctor.packages import judge_packages, look_at_packages
from consentry.doctor.primitives import judge_primitives, look_at_primitives
from consentry.doctor.registries import (
    judge_outbox,
    judge_presence,
    judge_registry,
    look_at_outboxes,
    look_at_registries,
)
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.settings import ServiceSettings

_ROLES: Final = ("REGISTRY", "ISSUER", "VERIFIER", "CONSENT", "WALLET")
_MARKS: Final = {
    Verdict.GOOD: ("✓", "ok", "green"),
    Verdict.WARNING: ("!", "warning", "yellow"),
    Verdict.WRONG: ("✗", "WRONG", "red"),
}


@click.command()
@click.option(
    "--data-dir",
    "data_dirs",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A folder that a service keeps its files in; may be given more than once.",
)
@click.option("--registry", metavar="URL", help="Compare this clock with that registry's.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(*, data_dirs: tuple[Path, ...], registry: str | None, as_json: bool) -> None:
    """Say what is missing or wrong on this machine, and what to do about it.

    The services' own settings, CONSENTRY_<ROLE>_..., are looked at as they stand in the
    environment. Exits with 0 if nothing is wrong; warnings do not count.
    """
    findings = list(_examine(os.environ, data_dirs, registry))
    wrong = any(finding.verdict is Verdict.WRONG for finding in findings)
    if as_json:
        listed = [asdict(finding) for finding in findings]
        click.echo(json.dumps({"good": not wrong, "findings": listed}, indent=2))
    else:
        _print(findings)
    raise SystemExit(1 if wrong else 0)


def _examine(
    environment: Mapping[str, str], data_dirs: Iterable[Path], registry: str | None
) -> Iterator[Finding]:
    yield from judge_packages(look_at_packages())
    yield from judge_primitives(look_at_primitives())
    seen: set[str] = set()
    folders = list(dict.fromkeys(data_dirs) or _configured_folders(environment))
    for path in folders:
        for finding in judge_folder(look_at_folder(path)):
            # What is true of the whole machine is said once.
            if finding.check not in seen:
                seen.add(finding.check)
                yield finding
    yield from judge_clock(look_at_clock(registry))
    network, now = look_at_network(_addresses(environment)), SystemClock().now()
    yield from judge_network(network)
    for port in network.ports:
        yield from judge_presence(port, at=now)
    for named in look_at_registries(_named(environment, "REGISTRY_URL")):
        yield judge_registry(named)
    for outbox in look_at_outboxes(folders):
        yield judge_outbox(outbox, at=now)
    for facts in look_at_databases(_named(environment, "DATABASE")):
        yield from judge_database(facts)


def _configured_folders(environment: Mapping[str, str]) -> list[Path]:
    given = [environment.get(f"CONSENTRY_{role}_DATA_DIR") for role in _ROLES]
    default = ServiceSettings.model_fields["data_dir"].default
    return list(dict.fromkeys(Path(path) for path in given if path)) or [default]


def _addresses(environment: Mapping[str, str]) -> Iterator[Address]:
    host = str(ServiceSettings.model_fields["host"].default)
    for role in _ROLES:
        setting = f"CONSENTRY_{role}_PORT"
        port = environment.get(setting, "")
        if port.isdecimal() and int(port[:9]):
            yield Address(setting, environment.get(f"CONSENTRY_{role}_HOST") or host, int(port[:9]))


def _named(environment: Mapping[str, str], name: str) -> dict[str, str]:
    settings = [f"CONSENTRY_{role}_{name}" for role in _ROLES]
    return {setting: environment[setting] for setting in settings if environment.get(setting)}


def _print(findings: Iterable[Finding]) -> None:
    symbols = (sys.stdout.encoding or "").lower().startswith("utf")
    for finding in findings:
        symbol, word, colour = _MARKS[finding.verdict]
        mark = click.style(symbol if symbols else f"[{word}]", fg=colour)
        line = f"{mark} {finding.check}: {finding.found}"
        click.echo(f"{line}. {finding.remedy}" if finding.remedy else line)
