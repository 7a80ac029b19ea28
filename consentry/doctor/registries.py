"""The way to the registry: whether it answers, who has lost it and for how long, and what waits."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from consentry.doctor.finding import Finding
from consentry.doctor.network import PortFacts
from registry.client import RegistryClient
from registry.client.edge import DATABASE, Outbox, SqlOutboxStore
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.database import open_database
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.reach import Reach
from ssi_core.errors import SsiError

_SECONDS: Final = 5.0
_COME_BACK: Final = "Look at the line and at the registry; what waits is sent when it is back."
_LOOK: Final = "See what it is, and set aside what was seen to: consentry registry waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryFacts:
    """A registry that `setting` names, and why it does not answer, if it does not."""

    setting: str
    url: str
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxFacts:
    """What an organisation's folder has that the log does not: how much, and since when."""

    folder: Path
    queued: int = 0
    refused: int = 0
    since: datetime | None = None
    problem: str | None = None


def look_at_registries(settings: Mapping[str, str]) -> Iterator[RegistryFacts]:
    """Ask the registry that each setting names, each of them once."""
    names: dict[str, str] = {}
    for setting, url in settings.items():
        names.setdefault(url, setting)
    for url, setting in names.items():
        with closing(HttpClient(timeout=_SECONDS, reach=Reach.ANY)) as http:
            try:
                RegistryClient(http, url).log()
            except SsiError as error:
                problem = f"{error.code}: {error}"
                yield RegistryFacts(setting=setting, url=url, problem=problem)
            else:
                yield RegistryFacts(setting=setting, url=url)


def look_at_outboxes(folders: Iterable[Path]) -> Iterator[OutboxFacts]:
    """Read the outbox of each folder that has one."""
    for folder in folders:
        if (path := folder / DATABASE).is_file():
            try:
                yield _outbox(folder, path)
            except SsiError as error:
                yield OutboxFacts(folder=folder, problem=f"{error.code}: {error}")


def judge_registry(facts: RegistryFacts) -> Finding:
    """Judge whether a registry answers."""
    check = f"registry {facts.url} ({facts.setting})"
    if facts.problem is None:
        return Finding.good(check, "answers")
    return Finding.warning(check, f"does not answer: {facts.problem}", _COME_BACK)


def judge_outbox(facts: OutboxFacts, *, at: datetime) -> Finding:
    """Judge what waits in a folder: it is sent by the next command, what was refused is not."""
    check = f"outbox of {facts.folder}"
    if facts.problem is not None:
        return Finding.wrong(check, f"cannot be read: {facts.problem}", "See to that file.")
    if facts.refused:
        return Finding.warning(check, f"not sent: {facts.queued}; refused: {facts.refused}", _LOOK)
    if facts.queued and facts.since is not None:
        waits = f"not sent: {facts.queued}, the oldest for {_span(at - facts.since)}"
        return Finding.warning(check, waits, "Send it: consentry registry waiting --registry URL")
    return Finding.good(check, "nothing waits")


def judge_presence(facts: PortFacts, *, at: datetime) -> Iterator[Finding]:
    """Judge what a service that runs says of its registry; nothing if it says nothing of one."""
    health = facts.health or {}
    state, since = health.get("registry"), _moment(health.get("since"))
    if not isinstance(state, str) or since is None:
        return
    check = f"registry of port {facts.address.port} ({facts.address.setting})"
    waiting = health.get("not_sent")
    waits = f"; not sent: {waiting}" if isinstance(waiting, int) else ""
    found = f"{state} for {_span(at - since)}{waits}"
    if state == "online":
        yield Finding.good(check, found)
    else:
        yield Finding.warning(check, found, _COME_BACK)


def _outbox(folder: Path, path: Path) -> OutboxFacts:
    engine = open_database(f"sqlite:///{path}")
    try:
        outbox = Outbox(SqlOutboxStore(engine), SystemClock())
        queued = outbox.queued()
        return OutboxFacts(
            folder=folder,
            queued=len(queued),
            refused=len(outbox.refused()),
            since=min((item.queued_at for item in queued), default=None),
        )
    finally:
        engine.dispose()


def _moment(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return None if found is None or found.tzinfo is None else found


def _span(span: timedelta) -> str:
    """Return how long something lasts, in the largest unit that there is a whole one of."""
    seconds = max(0, int(span.total_seconds()))
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} seconds"
