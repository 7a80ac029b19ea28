"""The page about growth: one column for each size."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol


class _Stage(Protocol):
    @property
    def size(self) -> int: ...
    @property
    def appended(self) -> float: ...
    @property
    def single(self) -> float: ...
    @property
    def inclusion(self) -> float: ...
    @property
    def inclusion_95(self) -> float: ...
    @property
    def consistency(self) -> float: ...
    @property
    def evidence(self) -> float: ...
    @property
    def opened(self) -> float: ...
    @property
    def memory(self) -> int: ...
    @property
    def disk(self) -> int: ...
    @property
    def payload(self) -> int: ...


_ROWS: Final[tuple[tuple[str, Callable[[_Stage], str]], ...]] = (
    ("appends a second, 1,000 to a batch", lambda stage: f"{stage.appended:,.0f}"),
    ("one append, ms", lambda stage: f"{stage.single:.2f}"),
    ("inclusion proof, ms", lambda stage: f"{stage.inclusion:.3f}"),
    ("inclusion proof, 95th percentile", lambda stage: f"{stage.inclusion_95:.3f}"),
    ("consistency proof, ms", lambda stage: f"{stage.consistency:.3f}"),
    ("evidence of a grant and its state, ms", lambda stage: f"{stage.evidence:.3f}"),
    ("open the log, ms", lambda stage: f"{stage.opened:,.0f}"),
    ("memory of the process, MiB", lambda stage: f"{stage.memory / 2**20:,.0f}"),
    ("disk, MiB", lambda stage: f"{stage.disk / 2**20:,.1f}"),
    ("disk to the entries' own bytes", lambda stage: f"{stage.disk / stage.payload:.2f}"),
)
_INTRODUCTION: Final = """\
One log in SQLite, in process, grown in batches of 1,000 signed grants; times are medians of 200,
on the clock. Appends are those of the last 5,000 entries before each size. Disk counts the whole
database with its indexes; what is compared with it is the bytes that were handed in."""
_FURTHER: Final = "What this means for a thousand million entries is in [scale](scale.md)."


def write_growth_page(
    path: Path, stages: Sequence[_Stage], *, machine: Iterable[tuple[str, str]]
) -> None:
    """Write the page `path` anew."""
    path.write_text("\n".join(_page(stages, machine)) + "\n", encoding="utf-8")


def _page(stages: Sequence[_Stage], machine: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield "# Growth"
    yield ""
    yield "Written by `consentry growth`."
    yield ""
    yield _INTRODUCTION
    yield ""
    yield "| The machine | |"
    yield "| --- | --- |"
    yield from (f"| {name} | {value} |" for name, value in machine)
    yield ""
    yield f"| entries | {' | '.join(f'{stage.size:,}' for stage in stages)} |"
    yield f"| ---{' | ---:' * len(stages)} |"
    for name, cell in _ROWS:
        yield f"| {name} | {' | '.join(cell(stage) for stage in stages)} |"
    yield ""
    yield _FURTHER
