"""Opens who listens to a log, beside the log itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from registry.adapters.endpoint_http import HttpEndpoint
from registry.adapters.subscriptions_sql import SqlSubscriptionStore
from registry.ports import Clock
from registry.service.delivery import Delivery, DeliveryPace
from registry.service.event_feed import EventFeed
from registry.service.registry import Registry
from registry.service.subscriptions import Subscriptions
from ssi_core.adapters import logging
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.database import open_database
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.reach import Reach

_LISTENERS: Final = "registry-listeners.db"
MAX_SUBSCRIPTIONS: Final = 1_000
"""How many may listen if nothing else is said."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Everything by which others listen to a log."""

    subscriptions: Subscriptions
    feed: EventFeed
    delivery: Delivery


@contextmanager
def open_listening(
    registry: Registry,
    *,
    data_dir: Path,
    public_url: str,
    database: str | None = None,
    reach: Reach | None = None,
    limit: int = MAX_SUBSCRIPTIONS,
    pace: DeliveryPace | None = None,
    clock: Clock | None = None,
) -> Iterator[Listening]:
    """Open who listens to `registry`, and push to them for as long as this is open.

    They are kept in the log's own database if it is a server, else in a file beside it, so that
    what listeners acknowledge does not wait for the log, nor the log for them.
    """
    server = database if database is not None and database.startswith("postgresql") else None
    engine = open_database(server or f"sqlite:///{data_dir / _LISTENERS}")
    # Strangers name these URLs.
    http = HttpClient(reach=reach or Reach.default(public_url))
    try:
        store, feed, endpoint = SqlSubscriptionStore(engine), registry.feed(), HttpEndpoint(http)
        delivery = Delivery(
            store, feed, endpoint, clock=clock or SystemClock(), pace=pace, report=_report
        )
        subscriptions = registry.subscriptions(
            store, feed, endpoint, limit=limit, changed=delivery.renew
        )
        with delivery:
            yield Listening(subscriptions, feed, delivery)
    finally:
        engine.dispose()
        http.close()


def _report(name: str, code: str) -> None:
    logging.event(name, code=code)
