"""Events as one line of JSON each, with identifiers only: never a claim, never a query string."""

import json
import logging
import sys
import threading
import time
from traceback import walk_tb
from types import TracebackType
from typing import Final, final

_LOGGER: Final = "consentry"
_FRAMES: Final = 6


def configure(role: str, *, level: str = "INFO") -> None:
    """Send this process's events to standard error, and nothing else of it.

    What libraries log, and the tracebacks of what nobody caught, can quote a request. Of these,
    only where they come from is written.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLine(role))
    logging.getLogger().handlers = [handler]
    logging.getLogger().setLevel(logging.WARNING)
    logging.getLogger(_LOGGER).setLevel(level)
    logging.captureWarnings(capture=True)
    # The logging module itself would print what it could not format.
    logging.raiseExceptions = False
    sys.excepthook = _on_uncaught
    threading.excepthook = _on_uncaught_in_thread


def event(name: str, **ids: str | int | None) -> None:
    """Write down that `name` happened; `ids` are identifiers, states and codes, nothing else."""
    logging.getLogger(_LOGGER).info(name, extra={"ids": ids})


def unexpected(error: BaseException, **ids: str | int | None) -> None:
    """Write down that `error` is a bug: its kind and its places in the code, not its message."""
    told = {"kind": type(error).__name__, "trace": _trace(error.__traceback__), **ids}
    logging.getLogger(_LOGGER).error("unexpected", extra={"ids": told})


@final
class _JsonLine(logging.Formatter):
    def __init__(self, role: str) -> None:
        super().__init__()
        self._role = role

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        line = {
            "at": moment,
            "role": self._role,
            "level": record.levelname.lower(),
            **_told(record),
        }
        return json.dumps(line, separators=(",", ":"), default=lambda value: type(value).__name__)


def _told(record: logging.LogRecord) -> dict[str, object]:
    if record.name == _LOGGER:
        return {"event": record.getMessage(), **getattr(record, "ids", {})}
    told: dict[str, object] = {"event": "library", "logger": record.name}
    if record.exc_info and record.exc_info[0]:
        told |= {"kind": record.exc_info[0].__name__, "trace": _trace(record.exc_info[2])}
    return told


def _trace(traceback: TracebackType | None) -> str:
    places = [f"{frame.f_globals.get('__name__')}:{line}" for frame, line in walk_tb(traceback)]
    return " ".join(places[-_FRAMES:])


def _on_uncaught(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    unexpected(error.with_traceback(traceback))


def _on_uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        unexpected(args.exc_value, thread=args.thread.name if args.thread else None)
