"""`consentry demo`: the story as a command."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from threading import Event
from typing import Final

import click
from rich.console import Console
from rich.progress import track

from consentry.demo import synthetic
from consentry.demo.calamities import Calamities
from consentry.demo.narrator import Narrator, StoryEndedError
from consentry.demo.stage import Stage, stage
from consentry.demo.story import Story
from ssi_core.errors import SsiError

_MAX_PATIENTS: Final = 10_000


@click.command()
@click.option("--once", is_flag=True, help="Play the story and end; so it is without any option.")
@click.option("--keep", is_flag=True, help="Leave everything running, and print the addresses.")
@click.option(
    "--bundle",
    "bundles",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A FHIR bundle (JSON) to tell the story with; may be given more than once.",
)
@click.option(
    "--patient-count",
    type=click.IntRange(1, _MAX_PATIENTS),
    help="Tell it for so many patients; those without a bundle are invented.",
)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="A new folder for the roles' files; a temporary one if not given.",
)
def demo(
    *,
    once: bool,
    keep: bool,
    bundles: tuple[Path, ...],
    patient_count: int | None,
    data_dir: Path | None,
) -> None:
    """Play the product's story with real processes on this machine."""
    if once and keep:
        raise click.UsageError("--once ends the story and --keep goes on: choose one")
    console = Console(highlight=False)
    tale = Narrator(console)
    with _folder(data_dir) as folder:
        try:
            with stage(folder) as built:
                _play(built, tale, console, _bundles(bundles, patient_count))
                if keep and not tale.broken:
                    _keep(built, console)
        except StoryEndedError:
            console.print("\n[red]What follows rests on this, so the story ends here.[/red]")
        except SsiError as error:
            tale.broken += 1
            console.print(f"\n[red]The stage could not be set:[/red] {error}")
        if tale.broken:
            _keep_logs(folder, console)
    console.print(f"\n{tale.held} promises held, {tale.broken} broken.")
    raise SystemExit(0 if tale.held and not tale.broken else 1)


def _play(built: Stage, tale: Narrator, console: Console, bundles: list[bytes]) -> None:
    story = Story(built, tale)
    story.set_the_stage()
    first = story.enter("patient-1", bundles[0])
    story.play(first)
    story.expire(first)
    _play_others(built, tale, console, bundles[1:])
    calamities = Calamities(built, tale)
    calamities.distrust(first)
    calamities.keep_the_log_clean(bundles)
    calamities.restart(first)
    calamities.cut_off(first)
    calamities.revoke(first)


def _play_others(built: Stage, tale: Narrator, console: Console, bundles: list[bytes]) -> None:
    """Play the middle of the story for more patients, showing only what is broken."""
    for number, bundle in enumerate(
        track(bundles, "More patients", console=console, disable=not bundles), start=2
    ):
        name = f"patient-{number}"
        quiet = Narrator(console, quiet=name)
        with suppress(StoryEndedError):
            story = Story(built, quiet)
            story.play(story.enter(name, bundle))
        built.process(name).stop()
        tale.add(quiet)


def _bundles(given: tuple[Path, ...], count: int | None) -> list[bytes]:
    bundles = [path.read_bytes() for path in given] or [_own_bundle()]
    wanted = max(count or 0, len(bundles))
    return bundles + [synthetic.bundle(number) for number in range(len(bundles), wanted)]


def _own_bundle() -> bytes:
    return files("consentry.demo").joinpath("bundle.json").read_bytes()


def _keep(built: Stage, console: Console) -> None:
    console.print("\nEverything is running. Stop it with Ctrl-C.\n")
    for name, member in built.members.items():
        if member.process.running:
            console.print(f"  {name:<12} {member.process.url}  token {member.token}")
    console.print(f"\n  files and logs: {built.folder}")
    try:
        Event().wait()
    except KeyboardInterrupt:
        console.print("Stopping.")


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        if given.exists() and any(given.iterdir()):
            raise click.UsageError("--data-dir must be new or empty: a story has one beginning")
        given.mkdir(parents=True, exist_ok=True)
        yield given.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="consentry-demo-") as folder:
        yield Path(folder)


def _keep_logs(folder: Path, console: Console) -> None:
    kept = Path(tempfile.mkdtemp(prefix="consentry-demo-logs-"))
    for log in folder.glob("*/process.log"):
        shutil.copyfile(log, kept / f"{log.parent.name}.log")
    console.print(f"The processes' logs are in {kept}")
