"""Events as one line of JSON each, with identifiers only: never a claim, never a query string."""

import json
import logging
import sys
from typing import Final, final

_LOGGER: Final = "consentry"


def configure(role: str, *, level: str = "INFO") -> None:
    """Send this process's events to standard error, and keep the libraries' chatter out."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLine(role))
    logger = logging.getLogger(_LOGGER)
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False
    # What the server library has to say can quote a request.
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())
    logging.getLogger("uvicorn").propagate = False


def event(name: str, **ids: str | int | None) -> None:
    """Write down that `name` happened; `ids` are identifiers, states and codes, nothing else."""
    logging.getLogger(_LOGGER).info(name, extra={"ids": ids})


@final
class _JsonLine(logging.Formatter):
    def __init__(self, role: str) -> None:
        super().__init__()
        self._role = role

    def format(self, record: logging.LogRecord) -> str:
        # A traceback's last line often quotes a value, so none is written.
        ids = getattr(record, "ids", {})
        line = {"at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S"), "role": self._role}
        return json.dumps({**line, "event": record.getMessage(), **ids}, separators=(",", ":"))
