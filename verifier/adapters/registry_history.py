"""The registry as a course of events; what it says is verified by whoever asks."""

from typing import NoReturn, final

from registry.client import RegistryClient
from registry.client.subscription_client import SubscriptionClient
from ssi_core.errors import UnavailableError


@final
class RegistryHistory:
    """Asks one registry over HTTP."""

    def __init__(self, registry: RegistryClient, subscriptions: SubscriptionClient) -> None:
        self._registry = registry
        self._subscriptions = subscriptions

    def checkpoint(self) -> str:
        """Return the newest cosigned checkpoint, as a note."""
        return self._registry.checkpoint()

    def event_after(self, heard: int) -> str | None:
        """Return the signed event that comes next, or nothing if nothing has changed since."""
        return self._subscriptions.event_after(heard)

    def consistency(self, old_size: int, new_size: int) -> tuple[bytes, ...]:
        """Return the proof that the tree of `new_size` begins with that of `old_size`."""
        return self._registry.consistency(old_size, new_size)


@final
class NoHistory:
    """Nobody to ask: for a verifier that does not listen."""

    def checkpoint(self) -> NoReturn:
        """Raise `UnavailableError`."""
        raise UnavailableError("there is no log to listen to")

    def event_after(self, heard: int) -> NoReturn:
        """Raise `UnavailableError`."""
        del heard
        raise UnavailableError("there is no log to listen to")

    def consistency(self, old_size: int, new_size: int) -> NoReturn:
        """Raise `UnavailableError`."""
        del old_size, new_size
        raise UnavailableError("there is no log to listen to")
