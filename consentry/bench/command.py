"""`consentry bench`: measure, print, and write the page of the documentation."""

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from consentry.bench.appends import appends
from consentry.bench.bbs import bbs
from consentry.bench.chain import chain
from consentry.bench.credentials import eddsa, es256
from consentry.bench.data_integrity import data_integrity
from consentry.bench.decisions import decisions
from consentry.bench.etcd import etcd
from consentry.bench.machine import describe_machine
from consentry.bench.measure import Pace, Result, Subject, measure
from consentry.bench.proofs import proofs
from consentry.bench.replica import replica
from consentry.bench.report import show, write_page
from consentry.bench.standby import standby
from consentry.bench.synchronising import synchronising
from consentry.bench.webvh import webvh
from consentry.bench.withdrawals import withdrawals

_NAMES: Final = (
    "es256",
    "eddsa",
    "data-integrity",
    "bbs",
    "webvh",
    "decisions",
    "appends",
    "proofs",
    "replica",
    "synchronising",
    "withdrawals",
    "chain",
    "etcd",
    "standby",
)
_QUICK: Final = Pace(rounds=2, seconds=0.002, quick=True)
_WIDTH: Final = 120
_PAGE: Final = Path("docs", "performance.md")


@click.command()
@click.option("--quick", is_flag=True, help="A short version, for a look; no page is written.")
@click.option("--rounds", type=click.IntRange(5, 100), default=5, show_default=True)
@click.option("--only", type=click.Choice(_NAMES), multiple=True, help="Measure only this.")
@click.option(
    "--page",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"The page to write; {_PAGE} if there is such a folder and all is measured.",
)
@click.option(
    "--data-dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    show_default=True,
    help="Where the logs are kept while they are measured: its disk is measured too.",
)
def bench(
    *, quick: bool, rounds: int, only: tuple[str, ...], page: Path | None, data_dir: Path
) -> None:
    """Measure how fast it is on this machine, each thing beside a reference.

    Never fails for being slow: whether an aim was reached is for the reader.
    """
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    machine = list(describe_machine())
    for name, value in machine:
        console.print(f"[dim]{name}[/dim] {value}")
    results = measure_all(_QUICK if quick else Pace(rounds=rounds), data_dir, console, only=only)
    if page is None and not (quick or only) and _PAGE.parent.is_dir():
        page = _PAGE
    if page is not None:
        write_page(page, results, command=_command(quick, rounds, only), machine=machine)
        console.print(f"\nWritten to {page}")


def measure_all(
    pace: Pace, folder: Path, console: Console, *, only: tuple[str, ...] = ()
) -> list[Result]:
    """Prepare, measure and print each subject, one after another."""
    results = []
    for name, prepare in _subjects(folder).items():
        if only and name not in only:
            continue
        with prepare(pace) as subject:
            results.append(measure(subject, pace))
        console.print()
        show(results[-1], console)
    return results


def _subjects(
    folder: Path,
) -> Mapping[str, Callable[[Pace], AbstractContextManager[Subject]]]:
    prepared = (
        es256,
        eddsa,
        data_integrity,
        bbs,
        webvh,
        decisions,
        partial(appends, folder=folder),
        partial(proofs, folder=folder),
        partial(replica, folder=folder),
        partial(synchronising, folder=folder),
        partial(withdrawals, folder=folder),
        partial(chain, folder=folder),
        partial(etcd, folder=folder),
        partial(standby, folder=folder),
    )
    return dict(zip(_NAMES, prepared, strict=True))


def _command(quick: bool, rounds: int, only: tuple[str, ...]) -> str:  # noqa: FBT001 - the options
    options = [*(["--quick"] if quick else []), *(["--rounds", str(rounds)] if rounds > 5 else [])]  # noqa: PLR2004
    return " ".join(["consentry bench", *options, *(f"--only {name}" for name in only)])
