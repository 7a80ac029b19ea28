"""The page about users at a time, with the published figures beside ours."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol

from consentry.bench.load_generator import Seen

# HealthyBlock's own figures (2020): means over 50 to 1,000 users, and its highest rate.
_PUBLISHED: Final = {"read": ("58 - 622", 58), "write": ("633 - 10,676", 100)}
_TEXT: Final = """\
HealthyBlock let 50 to 1,000 users at a time query and insert. It published means of 58 to 622 ms
for queries and of 633 to 10,676 ms for inserts, 110 to 600 transactions a second, and 99.54 %
success above 900 users. Here the same numbers of users read the evidence of one grant each (`GET
/grants/{id}`: its entry, its state, and what proves both) and hand in one signed grant each (`POST
/entries`: answered when it is validated, in the tree and on the disk). One registry process,
SQLite, and the load generator (locust) share the machine's cores; every user has a connection
of its own and waits for its answer."""
_LEAST: Final = """\
All users together ask 110 times a second, the least that HealthyBlock published: each of 1,000
users pauses for nine seconds, half as long or half as long again."""
_MOST: Final = """\
All users together ask 600 times a second, the most that it published: each of 1,000 users pauses
for about 1.7 seconds."""
_UNPACED: Final = """\
No user ever pauses, so the mean is the number of users divided by the answers a second. It shows
how many answers the machine gives, and that none is lost when far too many are asked for."""
_SECTIONS: Final = (
    (110, "At the lowest rate that was published", _LEAST),
    (600, "At the highest rate that was published", _MOST),
    (None, "As fast as they are answered", _UNPACED),
)
_COLUMNS: Final = (
    *("", "users", "mean, ms", "p50", "p99", "answers a second", "success"),
    *("published mean, ms", "aim at 1,000"),
)


class _Row(Protocol):
    @property
    def what(self) -> str: ...
    @property
    def users(self) -> int: ...
    @property
    def rate(self) -> int | None: ...
    @property
    def seen(self) -> Seen: ...


def write_load_page(
    path: Path, rows: Sequence[_Row], *, machine: Iterable[tuple[str, str]], seconds: int
) -> None:
    """Write the page `path` anew."""
    path.write_text("\n".join(_page(rows, machine, seconds)) + "\n", encoding="utf-8")


def _page(rows: Sequence[_Row], machine: Iterable[tuple[str, str]], seconds: int) -> Iterator[str]:
    yield "# Users at a time"
    yield ""
    yield f"Written by `make load` (`consentry load`, {seconds} seconds for each row)."
    yield ""
    yield _TEXT
    yield ""
    yield "| The machine | |"
    yield "| --- | --- |"
    yield from (f"| {name} | {value} |" for name, value in machine)
    for rate, title, text in _SECTIONS:
        yield ""
        yield f"## {title}"
        yield ""
        yield text
        yield ""
        yield f"| {' | '.join(_COLUMNS)} |"
        yield f"| ---{' | ---:' * (len(_COLUMNS) - 1)} |"
        yield from (_line(row) for row in rows if row.rate == rate)


def _line(row: _Row) -> str:
    published, aim = _PUBLISHED[row.what]
    seen = row.seen
    judged = row.users == 1_000 and row.rate is not None  # noqa: PLR2004 - the number of the aim
    cells = (
        row.what,
        f"{row.users:,}",
        f"{seen.mean:,.1f}",
        f"{seen.p50:,.0f}",
        f"{seen.p99:,.0f}",
        f"{seen.rate:,.0f}",
        f"{seen.success:.2f} %",
        published,
        f"< {aim} {'✓' if seen.mean < aim and not seen.bad else '✗'}" if judged else "",
    )
    return f"| {' | '.join(cells)} |"
