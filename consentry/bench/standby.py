"""Append to a registry on PostgreSQL: with its synchronous standby, and without."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from consentry.bench.entries import require_taken
from consentry.bench.measure import Case, Lead, Pace, Subject
from consentry.bench.postgres_pair import PostgresMissingError, PostgresPair, postgres_pair
from consentry.bench.supply import Supply
from registry.app import open_registry
from registry.service.registry import Registry

_URL: Final = "http://localhost:8100"
_AIM: Final = 10_000.0
# Clients, entries to a batch, how many a round, and the share of the local rate that we want.
_WAYS: Final = ((4, 1_000, 12_000, 0.5), (1, 1_000, 6_000, 0.5), (1, 100, 2_000, 0.25))
_CLIENTS: Final = {1: "one client", 4: "four clients"}
_TITLE: Final = "PostgreSQL with a synchronous standby"
_TEXT: Final = """\
The same log on two databases of one PostgreSQL server, made for this and gone afterwards, in
process. *Standby*: a commit is acknowledged once a second server, on this machine and this disk
too, has it on its disk (`synchronous_commit=on`). *Local*: once the first has. Both servers sync as
usual. With *four clients* some batches are checked while another is stored, as in a service that
has something to do; a client alone waits for each of its batches before it hands in the next. A
commit holds one batch in both cases. Two machines have two disks, more cores, and a network between
them; here the worker that verifies, the registry and both servers share the same cores."""


@contextmanager
def standby(pace: Pace, folder: Path) -> Iterator[Subject]:
    """Make a server, a standby and two logs, where PostgreSQL's programs are."""
    with ExitStack() as stack:
        if pace.quick:
            yield _without("Not measured in a quick look.")
            return
        try:
            pair = stack.enter_context(postgres_pair())
        except PostgresMissingError as error:
            yield _without(f"{error}, so it was not measured.")
            return
        temporary = tempfile.TemporaryDirectory(prefix=".consentry-bench-", dir=folder)
        place = Path(stack.enter_context(temporary))
        yield Subject(title=_TITLE, text=_TEXT, cases=tuple(_cases(pair, place, stack, pace)))


def _cases(pair: PostgresPair, place: Path, stack: ExitStack, pace: Pace) -> Iterator[Case]:
    opened = {}
    for name in ("standby", "local"):
        pair.new_database()
        url = pair.url if name == "standby" else pair.local_url
        log = open_registry(data_dir=place / name, database=url, public_url=_URL)
        opened[name] = stack.enter_context(log)
    for way in _WAYS:
        clients, batch, count, share = way
        for name, registry in opened.items():
            supply = Supply(
                partial(_take, registry),
                log=registry.origin,
                count=count,
                batch=batch,
                clients=clients,
                stack=stack,
                pace=pace,
            )
            title = f"batches of {batch:,}, {_CLIENTS[clients]}"
            case = supply.case(f"{name}, {title}", aim=_AIM if way == _WAYS[0] else None)
            lead = Lead(share, f"local, {title}") if name == "standby" else None
            yield replace(case, lead=lead)


def _take(registry: Registry, entries: Sequence[bytes]) -> None:
    require_taken(registry.submit_all(entries))


def _without(remark: str) -> Subject:
    return Subject(title=_TITLE, text=_TEXT, cases=(), remarks=(remark,))
