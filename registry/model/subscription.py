"""How somebody begins to listen to a log: a signed wish, a challenge to the endpoint, its answer.

The key is the listener's only name, a did:key. What is pushed is public, so nothing is asked of a
listener but that the endpoint it names is its own: otherwise a stranger could aim us at others.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, Self

from registry.model import signed_message
from registry.model.log_event import log_index
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_encode
from ssi_core.errors import MalformedError, NonceError, ProofError, StaleError
from ssi_core.json_types import JsonObject
from ssi_core.keys import Signer
from ssi_core.period import from_timestamp, to_timestamp
from ssi_core.strict_json import as_integer, as_text

SUBSCRIBE_TYPE: Final = "consent-log-subscription+jwt"
UNSUBSCRIBE_TYPE: Final = "consent-log-subscription-end+jwt"
CHALLENGE_TYPE: Final = "consent-log-challenge+jwt"
ANSWER_TYPE: Final = "consent-log-challenge-answer+jwt"
_MAX_AGE: Final = timedelta(minutes=5)
_MAX_URL: Final = 2_048
_ID_CHARACTERS: Final = 32
_NONCE_CHARACTERS: Final = 43


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionRequest:
    """A listener wants everything from the entry at `start` on, sent to `url`."""

    listener: Did
    log: str
    url: str
    start: int
    issued_at: datetime

    @property
    def id(self) -> str:
        """The subscription's id: the same listener at the same URL is the same subscription."""
        return subscription_id(self.listener, self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """The log asks an endpoint whether it wants to listen."""

    log: str
    subscription: str
    url: str
    nonce: str

    @classmethod
    def parse(cls, claims: JsonObject) -> Self:
        """Read the claims of a challenge, unverified."""
        if claims.keys() != {"log", "subscription", "url", "nonce"}:
            raise MalformedError("a challenge has log, subscription, url and nonce", at="")
        nonce = as_text(claims["nonce"], at="/nonce")
        if len(nonce) != _NONCE_CHARACTERS:
            raise MalformedError("must be 32 bytes in base64url", at="/nonce")
        return cls(
            log=as_text(claims["log"], at="/log"),
            subscription=as_text(claims["subscription"], at="/subscription"),
            url=as_text(claims["url"], at="/url"),
            nonce=nonce,
        )

    def to_json(self) -> JsonObject:
        """Return the claims that `parse` reads."""
        return {
            "log": self.log,
            "subscription": self.subscription,
            "url": self.url,
            "nonce": self.nonce,
        }


def subscription_id(listener: Did, url: str) -> str:
    """Return the id of a listener's subscription at a URL; nobody else can guess it."""
    return base64url_encode(sha256(f"{listener} {url}".encode()).digest())[:_ID_CHARACTERS]


def subscribe(*, log: str, url: str, start: int, at: datetime, signer: Signer) -> str:
    """Sign the wish to hear of everything from the entry at `start` on."""
    claims: JsonObject = {"log": log, "url": url, "from": start, "iat": to_timestamp(at)}
    return signed_message.sign(claims, typ=SUBSCRIBE_TYPE, signer=signer)


def verify_subscribe(text: str, *, log: str, at: datetime) -> SubscriptionRequest:
    """Return the wish of whoever signed it just now; raise if it is for another log, or old."""
    listener, claims = signed_message.verify_own(text, typ=SUBSCRIBE_TYPE)
    if claims.keys() != {"log", "url", "from", "iat"}:
        raise MalformedError("a subscription has log, url, from and iat", at="")
    url = as_text(claims["url"], at="/url")
    if not 0 < len(url) <= _MAX_URL or not url.isascii():
        raise MalformedError("not a URL", at="/url")
    return SubscriptionRequest(
        listener=listener,
        log=_same_log(claims, log),
        url=url,
        start=log_index(claims["from"], at="/from"),
        issued_at=_recent(claims, at),
    )


def unsubscribe(*, log: str, subscription: str, at: datetime, signer: Signer) -> str:
    """Sign that a subscription shall end."""
    claims: JsonObject = {"log": log, "subscription": subscription, "iat": to_timestamp(at)}
    return signed_message.sign(claims, typ=UNSUBSCRIBE_TYPE, signer=signer)


def require_unsubscribe(
    text: str, *, log: str, subscription: str, listener: Did, at: datetime
) -> None:
    """Return if `listener` signed just now that this subscription shall end."""
    claims = signed_message.verify(text, typ=UNSUBSCRIBE_TYPE, signer=listener)
    if claims.keys() != {"log", "subscription", "iat"}:
        raise MalformedError("the end of a subscription has log, subscription and iat", at="")
    _same_log(claims, log)
    _recent(claims, at)
    if as_text(claims["subscription"], at="/subscription") != subscription:
        raise ProofError("signed for another subscription", at="/subscription")


def sign_challenge(challenge: Challenge, *, signer: Signer) -> str:
    """Sign a challenge with the log's own key."""
    return signed_message.sign(challenge.to_json(), typ=CHALLENGE_TYPE, signer=signer)


def verify_challenge(text: str, *, log: str, log_did: Did) -> Challenge:
    """Return the challenge if the log whose key is `log_did` makes it."""
    claims = signed_message.verify(text, typ=CHALLENGE_TYPE, signer=log_did)
    challenge = Challenge.parse(claims)
    _same_log(claims, log)
    return challenge


def answer_challenge(text: str, *, signer: Signer) -> str:
    """Sign that the endpoint which got this challenge wants to listen."""
    claims: JsonObject = {"challenge": signed_message.digest(text)}
    return signed_message.sign(claims, typ=ANSWER_TYPE, signer=signer)


def require_answer(text: str, *, challenge: str, listener: Did) -> None:
    """Return if `listener` answered just this challenge, as it was sent."""
    claims = signed_message.verify(text, typ=ANSWER_TYPE, signer=listener)
    if claims != {"challenge": signed_message.digest(challenge)}:
        raise NonceError("answers another challenge", at="/challenge")


def _same_log(claims: JsonObject, log: str) -> str:
    if as_text(claims["log"], at="/log") != log:
        raise ProofError("made for another log", at="/log")
    return log


def _recent(claims: JsonObject, at: datetime) -> datetime:
    issued_at = from_timestamp(as_integer(claims["iat"], at="/iat"), at="/iat")
    if abs(at - issued_at) > _MAX_AGE:
        raise StaleError("signed more than five minutes ago, or ahead", at="/iat")
    return issued_at
