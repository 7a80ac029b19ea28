"""`consentry growth`: what an entry costs in a log of a thousand entries, and of a million."""

import gc
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Final

import click
from rich.console import Console

from consentry.bench.entries import require_taken, sign_entries
from consentry.bench.growth_page import write_growth_page
from consentry.bench.machine import describe_machine
from registry.app import open_registry
from registry.model.entry import entry_id
from registry.service.registry import Registry

SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
_BATCH: Final = 1_000
_SAMPLES: Final = 200
_LAST: Final = 5_000
_URL: Final = "http://localhost:8100"
_PAGE: Final = Path("docs", "growth.md")
_PROBABLY: Final = 20
_MILLI: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What was measured when the log had about `size` entries. Times are in milliseconds."""

    size: int
    appended: float
    """Entries a second, in batches, over the last part on the way here."""
    single: float
    inclusion: float
    inclusion_95: float
    consistency: float
    evidence: float
    opened: float
    memory: int
    """Bytes of this process, with the log open."""
    disk: int
    payload: int


@click.command()
@click.option(
    "--size", "sizes", type=click.IntRange(1_000), multiple=True, help="Not 10^3 to 10^6."
)
@click.option(
    "--data-dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    show_default=True,
    help="Where the log is kept meanwhile: its disk is measured too.",
)
def growth(*, sizes: tuple[int, ...], data_dir: Path) -> None:
    """Grow one log, and measure on the way; write the page. A million entries take minutes."""
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix=".consentry-growth-", dir=data_dir) as folder:
        stages = list(_grow(Path(folder), sorted(sizes or SIZES), console))
    if not sizes and _PAGE.parent.is_dir():
        write_growth_page(_PAGE, stages, machine=list(describe_machine()))
        console.print(f"Written to {_PAGE}")


def _grow(folder: Path, sizes: Sequence[int], console: Console) -> Iterator[Stage]:
    ids: list[str] = []
    payload = 0
    # What signs is a process of its own, so that it is not in this one's memory.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as signing:
        for size in sizes:
            with open_registry(data_dir=folder, public_url=_URL) as log:
                seconds = 0.0
                for batch in _supply(signing, log, size):
                    seconds, payload = seconds + _append(log, batch), payload + _bytes(batch)
                    ids.append(entry_id(batch[0]) or "")
                    if size - _size(log) > _LAST:
                        seconds = 0.0
            stage = _stage(folder, ids, payload=payload, appended=_rate(size, sizes, seconds))
            console.print(_line(stage), soft_wrap=True)
            yield stage


def _supply(signing: ProcessPoolExecutor, log: Registry, size: int) -> Iterator[list[bytes]]:
    counts = [_BATCH] * max(0, -(-(size - _size(log)) // (_BATCH + 1)))
    yield from signing.map(partial(sign_entries, log=log.origin), counts)


def _rate(size: int, sizes: Sequence[int], seconds: float) -> float:
    before = max((other for other in sizes if other < size), default=0)
    return min(size - before, _LAST) / max(seconds, 1e-9)


def _append(log: Registry, batch: Sequence[bytes]) -> float:
    began = time.perf_counter()
    outcomes = log.submit_all(batch)
    seconds = time.perf_counter() - began
    require_taken(outcomes)
    return seconds


def _stage(folder: Path, ids: Sequence[str], *, payload: int, appended: float) -> Stage:
    gc.collect()
    disk = sum(path.stat().st_size for path in folder.glob("registry.db*"))
    began = time.perf_counter()
    with open_registry(data_dir=folder, public_url=_URL) as log:
        opened = (time.perf_counter() - began) * _MILLI
        now, chance = _size(log), Random(payload)  # noqa: S311 - which entries are looked at
        singles = iter(sign_entries(_SAMPLES, log=log.origin))
        places = [chance.randrange(now) for _ in range(_SAMPLES)]
        known = iter(chance.choices(ids, k=_SAMPLES))
        inclusion = _times(lambda: log.reader.inclusion(places.pop(), size=now))
        return Stage(
            size=now,
            appended=appended,
            inclusion=median(inclusion),
            inclusion_95=quantiles(inclusion, n=_PROBABLY)[-1],
            consistency=median(_times(lambda: log.reader.consistency(now // 3 + 1, now))),
            evidence=median(_times(lambda: log.reader.grant(next(known)))),
            single=median(_times(lambda: log.submit(next(singles)))),
            opened=opened,
            memory=_memory(),
            disk=disk,
            payload=payload,
        )


def _line(stage: Stage) -> str:
    return (
        f"{stage.size:>9,} entries: {stage.appended:,.0f} appends/s, single {stage.single:.2f} ms, "
        f"inclusion {stage.inclusion:.3f} ms, evidence {stage.evidence:.3f} ms, "
        f"opened in {stage.opened:,.0f} ms, {stage.memory >> 20} MiB, "
        f"{stage.disk / stage.payload:.2f} x payload"
    )


def _times(once: Callable[[], object]) -> list[float]:
    times = []
    for _ in range(_SAMPLES):
        began = time.perf_counter()
        once()
        times.append((time.perf_counter() - began) * _MILLI)
    return times


def _size(log: Registry) -> int:
    return int(log.reader.checkpoint().split("\n")[1])


def _bytes(batch: Sequence[bytes]) -> int:
    return sum(map(len, batch))


def _memory() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4_096
