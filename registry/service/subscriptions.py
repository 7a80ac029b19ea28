"""Who listens to the log: they ask in their own name, and their endpoint says that it wants to."""

import secrets
from collections.abc import Callable
from typing import Final, final

from registry.model import subscription as messages
from registry.model.subscription import Challenge, SubscriptionRequest
from registry.ports import Clock, Endpoint, Subscription, SubscriptionStore
from registry.service.event_feed import EventFeed
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_encode
from ssi_core.errors import ConflictError, NotFoundError
from ssi_core.keys import Signer
from ssi_core.strict_json import as_text

_NONCE_BYTES: Final = 32


@final
class Subscriptions:
    """Begins and ends subscriptions; threads may share it.

    `changed` is told of every subscription that begins, goes on or ends.
    """

    def __init__(
        self,
        store: SubscriptionStore,
        feed: EventFeed,
        *,
        log: str,
        signer: Signer,
        endpoint: Endpoint,
        clock: Clock,
        limit: int,
        changed: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._feed = feed
        self._log = log
        self._signer = signer
        self._endpoint = endpoint
        self._clock = clock
        self._limit = limit
        self._changed = changed

    def begin(self, text: str) -> Subscription:
        """Begin a subscription, or go on with it from another index, as its listener signed.

        Raises `ConflictError` for an index that the log has not reached, `ProofError` if the
        endpoint does not answer the challenge with the same key, `UnavailableError` if it does not
        answer, `RejectedError` for a URL that leads where we do not go, `OverloadedError` if there
        are too many subscriptions.
        """
        wanted = messages.verify_subscribe(text, log=self._log, at=self._clock.now())
        self._feed.look()
        if wanted.start > self._feed.size:
            raise ConflictError("the log has not come so far", at="/from")
        self._challenge(wanted)
        subscription = Subscription(
            id=wanted.id,
            listener=str(wanted.listener),
            url=wanted.url,
            heard=wanted.start,
            renewed_at=self._clock.now(),
        )
        self._store.keep(subscription, limit=self._limit)
        self._changed(subscription.id)
        return subscription

    def find(self, subscription_id: str) -> Subscription:
        """Return one subscription; raise `NotFoundError` if there is none of that id."""
        found = self._store.find(subscription_id)
        if found is None:
            raise NotFoundError("there is no such subscription")
        return found

    def end(self, subscription_id: str, text: str) -> None:
        """End a subscription, as its listener signed."""
        found = self.find(subscription_id)
        messages.require_unsubscribe(
            text,
            log=self._log,
            subscription=subscription_id,
            listener=Did.parse(found.listener),
            at=self._clock.now(),
        )
        self._store.remove(subscription_id)
        self._changed(subscription_id)

    def behind(self, subscription: Subscription) -> int:
        """Return how many entries the log has that this listener has not heard of.

        Nothing if none of them changed anything that an event would tell.
        """
        behind = self._feed.size - subscription.heard
        return behind if self._feed.has_news(subscription.heard) else 0

    def _challenge(self, wanted: SubscriptionRequest) -> None:
        challenge = Challenge(
            log=self._log,
            subscription=wanted.id,
            url=wanted.url,
            nonce=base64url_encode(secrets.token_bytes(_NONCE_BYTES)),
        )
        sent = messages.sign_challenge(challenge, signer=self._signer)
        answer = self._endpoint.send(wanted.url, {"challenge": sent})
        said = as_text(answer.get("answer"), at="/answer")
        messages.require_answer(said, challenge=sent, listener=wanted.listener)
