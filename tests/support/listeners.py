"""A registry and verifiers that listen to it, each with its own store, over real HTTP."""

import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from fastapi import FastAPI

from consent_contracts.grant import Grant
from consent_contracts.purpose import Purpose
from registry.adapters.memory import MemoryWitnessMemory
from registry.adapters.sql import SqlLogStore
from registry.app import create_app
from registry.client import RegistryClient
from registry.client.subscription_client import SubscriptionClient
from registry.listening import Listening, open_listening
from registry.model import checkpoint as checkpoints
from registry.model import entry, subscription
from registry.model.signed_message import did_of
from registry.service.delivery import DeliveryPace
from registry.service.registry import LogKeys, Registry
from ssi_core.adapters import problem_details
from ssi_core.adapters.database import open_database
from ssi_core.adapters.http import HttpClient
from ssi_core.did.syntax import Did
from ssi_core.errors import ConsentError, UnavailableError
from ssi_core.keys import Ed25519Signer
from tests.support.registry import LOG_SIGNER, ORIGIN, WITNESS_SIGNER, signer
from tests.support.serving import serving
from tests.support.verifier import NOW, World
from verifier.adapters.marks_sql import SqlMarks
from verifier.adapters.registry_history import RegistryHistory
from verifier.adapters.sql import SqlStore
from verifier.api.log_events import log_event_routes
from verifier.app import Verifier, assemble
from verifier.office import TrustedLog
from verifier.ports import GrantCache
from verifier.request import PresentationRequest
from verifier.service.log_events import Ears

PAYMENT = Purpose.parse("HPAYMT")


class RunningClock:
    """Runs as fast as every clock, and begins where the fixtures of the verifier's tests do."""

    def __init__(self, start: datetime = NOW) -> None:
        self._start = start
        self._began = time.monotonic()

    def now(self) -> datetime:
        """Return the present moment of this clock."""
        return self._start + timedelta(seconds=time.monotonic() - self._began)

    def skip(self, **span: int) -> None:
        """Let time pass at once."""
        self._start += timedelta(**span)


class Stopwatch:
    """Notes when a verifier denies a grant for the first time: its cache is told just then."""

    def __init__(self) -> None:
        self.denied: dict[str, float] = {}

    def forget(self, grant_ids: Collection[str]) -> None:
        """Note the moment."""
        for grant_id in grant_ids:
            self.denied.setdefault(grant_id, time.monotonic())


@dataclass
class LiveRegistry:
    """A log that is served, pushes, and can be written to."""

    registry: Registry
    listening: Listening
    client: RegistryClient
    url: str
    clock: RunningClock

    @property
    def trusted(self) -> TrustedLog:
        """What a verifier pins."""
        log = self.registry
        return TrustedLog(
            origin=log.origin, log_vkey=str(log.log_key), witness_vkeys=(str(log.witness_key),)
        )

    def client_size(self) -> int:
        """How many entries the log has."""
        return checkpoints.read(self.client.checkpoint(), log_key=self.registry.log_key).size

    def withdraw(self, grant_id: str, key: Ed25519Signer) -> float:
        """End a grant in the log; return the moment before it was asked to."""
        raw = entry.consent_revoke(log=ORIGIN, grant_id=grant_id, signer=key, at=self.clock.now())
        began = time.monotonic()
        self.client.submit(raw)
        return began


@contextmanager
def live_registry(
    folder: Path, *, clock: RunningClock | None = None, pace: DeliveryPace | None = None
) -> Iterator[LiveRegistry]:
    """Serve a log with the keys that the tests know."""
    clock = clock or RunningClock()
    engine, http = open_database(f"sqlite:///{folder / 'registry.db'}"), HttpClient()
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        stack.callback(http.close)
        registry = stack.enter_context(
            Registry(
                SqlLogStore(engine),
                origin=ORIGIN,
                public_url="http://localhost",
                keys=LogKeys(
                    log=LOG_SIGNER, witness=WITNESS_SIGNER, did_witness=signer("did-witness")
                ),
                memory=MemoryWitnessMemory(),
                clock=clock,
            )
        )
        listening = stack.enter_context(
            open_listening(
                registry, data_dir=folder, public_url="http://localhost", pace=pace, clock=clock
            )
        )
        url = stack.enter_context(serving(create_app(registry, listening=listening)))
        yield LiveRegistry(registry, listening, RegistryClient(http, url), url, clock)


@dataclass
class Listener:
    """One verifier: its use cases, and what its person at the desk would see."""

    verifier: Verifier
    watch: Stopwatch
    subscriptions: SubscriptionClient
    held: PresentationRequest
    key: Ed25519Signer
    clock: RunningClock

    @property
    def did(self) -> Did:
        """The name of the key that it listens with."""
        return did_of(self.key.public_key)

    @property
    def id(self) -> str:
        """Its subscription."""
        return self.verifier.log_events.subscription_id

    def standing(self) -> dict[str, object]:
        """What the registry says of its subscription."""
        return self.subscriptions.look(self.id)

    def has_denied(self, grant_id: str) -> bool:
        """Say whether it was told that a grant has ended."""
        return grant_id in self.watch.denied

    def ending(self, key: Ed25519Signer) -> str:
        """The wish that its subscription shall end, signed with `key`."""
        at = self.clock.now()
        return subscription.unsubscribe(log=ORIGIN, subscription=self.id, at=at, signer=key)

    def subscribe_until_it_works(self) -> None:
        """Try again, as the thread of a real verifier does."""
        for _ in range(50):
            try:
                return self.subscribe()
            except UnavailableError:
                continue
        raise AssertionError("it could not subscribe")

    def subscribe(self) -> None:
        """Hear what was missed, and be told from then on."""
        events = self.verifier.log_events
        self.subscriptions.begin(events.subscribe(events.catch_up()))

    def refusals(self) -> tuple[str, ...]:
        """Use what is held; return why not, or nothing."""
        try:
            self.verifier.uses.use(self.held.id, PAYMENT)
        except ConsentError as denied:
            return denied.refusals
        return ()


@dataclass
class Listeners:
    """Many verifiers that hold the same grant, in one process and behind one port."""

    live: LiveRegistry
    folder: Path
    world: World
    asked: PresentationRequest
    grant: Grant
    url: str = ""
    each: list[Listener] = field(default_factory=list)
    _app: FastAPI = field(default_factory=FastAPI)
    _stack: ExitStack = field(default_factory=ExitStack)

    def add(
        self,
        *,
        public_url: str | None = None,
        ask_at: str | None = None,
        caches: tuple[GrantCache, ...] = (),
    ) -> Listener:
        """Add a verifier, which others reach at `public_url` and which asks the log at `ask_at`."""
        number = len(self.each)
        engine = open_database(f"sqlite:///{self.folder / f'verifier-{number}.db'}")
        self._stack.callback(engine.dispose)
        http = HttpClient()
        self._stack.callback(http.close)
        store, registry = SqlStore(engine), RegistryClient(http, ask_at or self.live.url)
        subscriptions = SubscriptionClient(http, ask_at or self.live.url)
        watch, key = Stopwatch(), signer(f"listener {number}")
        reached = f"{public_url or self.url}/{number}"
        verifier = assemble(
            replace(self.world.office, public_url=reached, log=self.live.trusted),
            store=store,
            source=self.world.evidence,
            log=registry,
            clock=self.live.clock,
            ears=Ears(
                marks=SqlMarks(engine),
                history=RegistryHistory(registry, subscriptions),
                listener=key,
                caches=(watch, *caches),
            ),
        )
        assert self.asked.answer is not None
        store.append(replace(self.asked, answer=None))
        store.answer(self.asked.id, self.asked.answer)
        self._app.include_router(log_event_routes(verifier.log_events), prefix=f"/{number}")
        self.each.append(Listener(verifier, watch, subscriptions, self.asked, key, self.live.clock))
        return self.each[-1]


@contextmanager
def listeners(live: LiveRegistry, folder: Path) -> Iterator[Listeners]:
    """Give a port with no verifiers yet; the grant that all will hold is in the log."""
    world = World(clock=live.clock)  # type: ignore[arg-type]  # only its time is asked for
    asked, grant = world.shared()
    live.client.submit(world.log.small.entries[-1])
    kept = world.store.find(asked.id)
    assert kept is not None
    made = Listeners(live, folder, world, kept, grant)
    problem_details.install(made._app)  # noqa: SLF001 - the one place that serves it
    with made._stack, serving(made._app) as made.url:  # noqa: SLF001 - likewise
        yield made
