"""The figures as tables: on a terminal, and as a page of the documentation."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from consentry.bench.measure import Result, Row

# Rates below this are given with a fraction.
_SLOW: Final = 100.0
_COLUMNS: Final = ("", "per second", "lowest - highest", "to the reference", "aim")


def show(result: Result, console: Console) -> None:
    """Print one subject."""
    table = Table(title=escape(result.subject.title), title_justify="left")
    for number, column in enumerate(_COLUMNS):
        table.add_column(column, justify="left" if number in (0, 3) else "right")
    for row in result.rows:
        table.add_row(*(escape(cell) for cell in _cells(result, row)))
    console.print(table)
    for remark in result.remarks:
        console.print(f"  {escape(remark)}")


def write_page(
    path: Path, results: Sequence[Result], *, command: str, machine: Iterable[tuple[str, str]]
) -> None:
    """Write the page `path` anew."""
    lines = [*_head(command, machine, rounds=len(results[0].rows[0].rates))]
    for result in results:
        lines += _section(result)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _head(command: str, machine: Iterable[tuple[str, str]], *, rounds: int) -> Iterator[str]:
    yield "# Performance"
    yield ""
    yield f"Written by `{command}`. Each figure is the median of {rounds} rounds, with the lowest"
    yield "and the highest; in every round each case is run once, so that whatever disturbs the"
    yield "machine disturbs them all. Ratios are to the reference of the same run: they travel to"
    yield "other machines better than rates do. Rates of pure computing are per second of one"
    yield "core's work, the others per second on the clock."
    yield ""
    yield "| The machine | |"
    yield "| --- | --- |"
    yield from (f"| {name} | {value} |" for name, value in machine)


def _section(result: Result) -> Iterator[str]:
    yield ""
    yield f"## {result.subject.title}"
    yield ""
    yield result.subject.text
    yield ""
    yield f"| {' | '.join(_COLUMNS)} |"
    yield "| --- | ---: | ---: | --- | ---: |"
    yield from (f"| {' | '.join(_cells(result, row))} |" for row in result.rows)
    if result.remarks:
        yield ""
        yield from (f"- {remark}" for remark in result.remarks)


def _cells(result: Result, row: Row) -> tuple[str, ...]:
    ratio = result.ratio(row)
    return (
        row.case.name,
        _rate(row.rate),
        f"{_rate(min(row.rates))} - {_rate(max(row.rates))}",
        "" if ratio is None else f"{ratio:.2f} of {row.case.reference}",
        "; ".join(_aims(result, row)),
    )


def _rate(rate: float) -> str:
    return f"{rate:,.1f}" if rate < _SLOW else f"{rate:,.0f}"


def _aims(result: Result, row: Row) -> Iterator[str]:
    if row.case.aim is not None:
        yield f"{_rate(row.case.aim)} {_mark(reached=row.reached is True)}"
    if row.case.lead is not None:
        aim, found = f"{row.case.lead.times:g} x {row.case.lead.over}", result.lead(row)
        if found is None:
            yield f"{aim} (not measured)"
        else:
            yield f"{aim} {_mark(reached=found >= row.case.lead.times)} ({found:.2f})"


def _mark(*, reached: bool) -> str:
    return "✓" if reached else "✗"
