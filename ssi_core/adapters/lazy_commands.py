"""Commands whose modules are imported when they are asked for, and not before."""

import gc
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, final

import click


@final
class LazyGroup(click.Group):
    """Commands by name, each in a place `module:attribute`, listed in the order given.

    A process serves one role. What only the others need, half of all modules, would cost it up to
    a second at every start, and its memory for as long as it runs.
    """

    def __init__(self, *arguments: Any, places: Mapping[str, str], **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._places = dict(places)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, importing nothing."""
        del ctx
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, importing what it needs."""
        del ctx
        if (place := self._places.get(cmd_name)) is None:
            return None
        module, _, attribute = place.partition(":")
        if module not in sys.modules:
            with _kept():
                import_module(module)
        command = getattr(sys.modules[module], attribute)
        return command if isinstance(command, click.Command) else None


@contextmanager
def _kept() -> Iterator[None]:
    """Look for no garbage in modules, neither while they are made nor later: all of them stay.

    It would be a fourth of a short command's time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
