"""Tells the story as it happens: a tick for a promise that held, a cross for one that did not."""

import time
from collections.abc import Callable
from typing import TypeVar, final

from rich.console import Console
from rich.markup import escape

from ssi_core.errors import ConsentError, SsiError

Made = TypeVar("Made")


class StoryEndedError(Exception):
    """A promise did not hold, and what follows rests on it."""


@final
class Narrator:
    """Prints each step, and counts. `quiet` prints broken promises only, with its own prefix."""

    def __init__(self, console: Console, *, quiet: str | None = None) -> None:
        self._console = console
        self._quiet = quiet
        self.held = 0
        self.broken = 0

    def act(self, title: str) -> None:
        """Begin a part of the story."""
        self._print(f"\n[bold]{escape(title)}[/bold]")

    def note(self, line: str) -> None:
        """Show something that was read or answered on the way."""
        self._print(f"    [dim]{escape(line)}[/dim]")

    def step(self, promise: str, action: Callable[[], Made]) -> Made:
        """Do `action`; a failure is a cross, and ends the story."""
        began = time.perf_counter()
        try:
            made = action()
        except SsiError as error:
            self._cross(promise, f"{error.code}: {error.reason}")
            raise StoryEndedError from error
        self._tick(promise, f"{1000 * (time.perf_counter() - began):.0f} ms")
        return made

    def holds(self, promise: str, *, true: bool, instead: str = "it does not") -> None:
        """State a fact that was looked at."""
        if true:
            self._tick(promise, "")
        else:
            self._cross(promise, instead)

    def refused(self, promise: str, because: str, action: Callable[[], object]) -> None:
        """Do what must be refused; only a refusal with the code `because` is a tick."""
        try:
            action()
        except SsiError as error:
            reasons = error.refusals if isinstance(error, ConsentError) else ()
            if because in (error.code, *reasons):
                self._tick(promise, f"refused: {because}")
            else:
                self._cross(promise, f"refused, but as {error.code} {' '.join(reasons)}")
        else:
            self._cross(promise, "it was permitted")

    def add(self, other: "Narrator") -> None:
        """Take over what another narrator has counted."""
        self.held += other.held
        self.broken += other.broken

    def _tick(self, promise: str, remark: str) -> None:
        self.held += 1
        self._print(f"  [green]✓[/green] {escape(promise)} [dim]{escape(remark)}[/dim]")

    def _cross(self, promise: str, remark: str) -> None:
        self.broken += 1
        who = "" if self._quiet is None else f"{self._quiet}: "
        line = f"  [red]✗ {escape(who + promise)}[/red] [dim]{escape(remark)}[/dim]"
        self._console.print(line, soft_wrap=True)

    def _print(self, line: str) -> None:
        if self._quiet is None:
            self._console.print(line, soft_wrap=True)
