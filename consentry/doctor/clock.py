"""The machine's clock: whether it is plausible, and whether the registry's agrees."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from consentry.doctor.finding import Finding
from registry.model import checkpoint
from registry.model.signed_note import VerifierKey
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.reach import Reach
from ssi_core.errors import MalformedError, SsiError
from ssi_core.strict_json import as_text, as_texts

RELEASED_AT: Final = datetime(2026, 11, 21, tzinfo=UTC)
_TOLERANCE: Final = timedelta(seconds=30)
_SYNCHRONISE: Final = "Set the clock, and keep it set: timedatectl set-ntp true"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFacts:
    """The local time; and, of a named registry, when its witness signed, or why nobody knows."""

    now: datetime
    registry: str | None = None
    cosigned_at: datetime | None = None
    problem: str | None = None


def look_at_clock(registry: str | None) -> ClockFacts:
    """Read the clock, and the time of the checkpoint of the registry at this URL."""
    clock = SystemClock()
    if registry is None:
        return ClockFacts(now=clock.now())
    http = HttpClient(reach=Reach.ANY)
    try:
        cosigned_at = _cosigned_at(http, registry.rstrip("/"))
    except SsiError as error:
        return ClockFacts(now=clock.now(), registry=registry, problem=f"{error.code}: {error}")
    finally:
        http.close()
    return ClockFacts(now=clock.now(), registry=registry, cosigned_at=cosigned_at)


def judge_clock(facts: ClockFacts) -> Iterator[Finding]:
    """Judge the clock alone, and beside the registry's."""
    if facts.now < RELEASED_AT:
        yield Finding.wrong(
            "clock", f"{facts.now:%Y-%m-%d} is before this release was made", _SYNCHRONISE
        )
    else:
        yield Finding.good("clock", f"{facts.now:%Y-%m-%d %H:%M} UTC")
    if facts.registry is not None:
        yield _judge_registry(facts, facts.registry)


def _judge_registry(facts: ClockFacts, url: str) -> Finding:
    check = f"registry {url}"
    if facts.cosigned_at is None:
        return Finding.wrong(
            check,
            f"gives no checkpoint: {facts.problem}",
            "Start it, or correct its address: without it no grant can be checked.",
        )
    apart = abs(facts.now - facts.cosigned_at)
    found = f"its checkpoint and this clock are {apart.total_seconds():.0f} s apart"
    if apart > _TOLERANCE:
        return Finding.warning(check, found, _SYNCHRONISE)
    return Finding.good(check, found)


def _cosigned_at(http: HttpClient, url: str) -> datetime:
    log = http.get(f"{url}/log").require_ok().json()
    note = http.get(f"{url}/checkpoint").require_ok().body
    try:
        text = note.decode()
    except UnicodeDecodeError:
        raise MalformedError("a checkpoint is text") from None
    verified = checkpoint.verify(
        text,
        log_key=VerifierKey.parse(as_text(log.get("vkey"), at="/vkey")),
        witness_keys=[
            VerifierKey.parse(key) for key in as_texts(log.get("witnesses"), at="/witnesses")
        ],
    )
    return verified.cosigned_at
