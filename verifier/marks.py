"""What the log has told us on its own accord: marks on grants, and how far we have listened."""

from dataclasses import dataclass
from datetime import datetime

from registry.model.log_event import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantMark:
    """The log says that a grant has this standing since its entry at `index`.

    A mark can only deny. That a grant is in force is never believed because of one.
    """

    grant_id: str
    standing: Standing
    index: int
    told_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPosition:
    """We have heard everything before `heard`; the largest tree that we have seen has this root."""

    log: str
    heard: int
    size: int
    root: bytes
