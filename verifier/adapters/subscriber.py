"""Keep the log telling us: a thread that subscribes, hears what was missed, and renews."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from threading import Event, Thread
from typing import Final

from registry.client.subscription_client import SubscriptionClient
from ssi_core.adapters import logging
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.reach import Reach
from ssi_core.errors import SsiError
from verifier.adapters.settings import VerifierSettings
from verifier.service.log_events import LogEvents

# A subscription ends after thirty days of silence; a registry that forgot us is noticed sooner.
_RENEW_SECONDS: Final = 3_600.0
_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 300.0
_JOIN_SECONDS: Final = 6.0
# The registry challenges our endpoint meanwhile, which takes it up to five seconds.
_SUBSCRIBE_SECONDS: Final = 15.0

Subscribe = Callable[[str], None]
"""Hands a signed wish to listen to the registry."""


@contextmanager
def listening(
    events: LogEvents, subscribe: Subscribe, *, renew_seconds: float = _RENEW_SECONDS
) -> Iterator[None]:
    """Be subscribed for as long as this is open, in a thread beside.

    A registry that cannot be reached is tried again; evidence is asked for at each use meanwhile,
    as always.
    """
    stop = Event()

    def work() -> None:
        wait = _FIRST_WAIT
        while not stop.is_set():
            if _subscribed(events, subscribe):
                wait, pause = _FIRST_WAIT, renew_seconds
            else:
                wait, pause = min(2 * wait, _LONGEST_WAIT), wait
            stop.wait(pause)

    thread = Thread(target=work, name="subscriber", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_JOIN_SECONDS)


@contextmanager
def listening_to_log(events: LogEvents, settings: VerifierSettings) -> Iterator[None]:
    """Have the registry tell us what ends, for as long as this is open, unless told not to."""
    if not settings.subscribe:
        yield
        return
    http = HttpClient(timeout=_SUBSCRIBE_SECONDS, reach=Reach.ANY)
    client = SubscriptionClient(http, settings.registry_url)
    with closing(http), listening(events, client.begin):
        yield


def _subscribed(events: LogEvents, subscribe: Subscribe) -> bool:
    try:
        heard = events.catch_up()
        subscribe(events.subscribe(heard))
    except SsiError as error:
        logging.event("not_subscribed", code=error.code)
        return False
    except Exception as error:  # noqa: BLE001 - the thread goes on, and a bug is written down
        logging.unexpected(error)
        return False
    logging.event("subscribed", heard=heard)
    return True
