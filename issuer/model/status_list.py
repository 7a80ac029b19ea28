"""The issuer's status lists, the tokens served for them, and their publication in the log."""

from dataclasses import dataclass
from datetime import datetime

from ssi_core.status.token import StatusList


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedStatusList:
    """One list with the token that is served for it. `version` counts the changes of its bits."""

    number: int
    version: int
    statuses: StatusList
    uri: str
    token: str
    signed_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One `status.publish` entry, kept before it is sent; `sequence` counts from 0 per URI."""

    uri: str
    sequence: int
    digest: str
    entry: bytes
    published: bool = False
