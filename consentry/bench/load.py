"""`consentry load`: the experiment of HealthyBlock, side by side with what it published."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from consentry.bench.entries import sign_entries
from consentry.bench.load_generator import Load, Seen, generate, require_generator
from consentry.bench.load_page import write_load_page
from consentry.bench.machine import describe_machine
from consentry.bench.peer_process import NoPeerError
from consentry.demo.processes import RoleProcess, free_port
from registry.client import RegistryClient
from registry.model.entry import entry_id
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.reach import Reach

USERS: Final = (50, 100, 200, 500, 1_000)
# The least and the most transactions a second that HealthyBlock published.
PUBLISHED_RATES: Final = (110, 600)
_PAGE: Final = Path("docs", "performance-under-load.md")
_KEPT: Final = 10_000
# More a second than are handed in, so that each is handed in once.
_FAST: Final = 2_000
_BATCH: Final = 1_000
_SECONDS: Final = 15
_TIMEOUT: Final = 60.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One line of a table: what was done, by how many users, how fast at most; what they saw."""

    what: str
    users: int
    rate: int | None
    seen: Seen


@click.command()
@click.option("--seconds", type=click.IntRange(3, 600), default=_SECONDS, show_default=True)
@click.option(
    "--users", type=click.IntRange(1, 2_000), multiple=True, help="Instead of 50 to 1,000."
)
@click.option(
    "--data-dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    show_default=True,
    help="Where the log is kept meanwhile: its disk is measured too.",
)
def load(*, seconds: int, users: tuple[int, ...], data_dir: Path) -> None:
    """Read from and write to a registry as 50 to 1,000 users at a time; write the page.

    Needs locust, which `make load` installs in an environment of its own.
    """
    console = Console(highlight=False)
    try:
        require_generator()
        with _registry(data_dir) as scene:
            measured = list(_measure(scene, users or USERS, seconds, console))
    except NoPeerError as error:
        raise click.ClickException(str(error)) from error
    if not users and _PAGE.parent.is_dir():
        write_load_page(_PAGE, measured, machine=list(describe_machine()), seconds=seconds)
        console.print(f"Written to {_PAGE}")


@dataclass(frozen=True, slots=True)
class _Scene:
    client: RegistryClient
    log: str
    folder: Path

    def reads(self, entries: Sequence[bytes]) -> Path:
        """Return a file of paths, each of one grant's evidence."""
        return self._lines("reads", [f"/grants/{entry_id(entry)}".encode() for entry in entries])

    def writes(self, count: int) -> Path:
        """Return a file of new entries."""
        return self._lines("writes", sign_entries(count, log=self.log))

    def _lines(self, name: str, lines: Sequence[bytes]) -> Path:
        path = self.folder / name
        path.write_bytes(b"\n".join(lines) + b"\n")
        return path


@contextmanager
def _registry(folder: Path) -> Iterator[_Scene]:
    with (
        tempfile.TemporaryDirectory(prefix=".consentry-load-", dir=folder) as temporary,
        closing(HttpClient(timeout=_TIMEOUT, reach=Reach.ANY)) as http,
    ):
        place = Path(temporary).resolve()
        process = RoleProcess(
            "registry", "registry", folder=place / "registry", settings={}, port=free_port()
        )
        process.start()
        try:
            client = RegistryClient(http, process.url)
            yield _Scene(client, client.log().origin, place)
        finally:
            process.stop()


def _measure(
    scene: _Scene, users: Sequence[int], seconds: int, console: Console
) -> Iterator[Measured]:
    entries = sign_entries(_KEPT, log=scene.log)
    for start in range(0, _KEPT, _BATCH):
        scene.client.submit_all(entries[start : start + _BATCH])
    reads = scene.reads(entries)
    for rate in (*PUBLISHED_RATES, None):
        part = partial(Load, url=scene.client.base_url, seconds=seconds, rate=rate)
        for count in users:
            yield _seen("read", part(users=count, file=reads), console)
        for count in users:
            writes = scene.writes((rate or _FAST) * seconds + count)
            yield _seen("write", part(users=count, file=writes, post="/entries"), console)


def _seen(what: str, load: Load, console: Console) -> Measured:
    seen = generate(load)
    console.print(
        f"{what:5} {load.users:5} users, {load.rate or 'any'} a second: mean {seen.mean:.1f} ms, "
        f"p50 {seen.p50:.0f}, p99 {seen.p99:.0f}, {seen.rate:.0f}/s, {seen.success:.2f} %",
        soft_wrap=True,
    )
    return Measured(what, load.users, load.rate, seen)
