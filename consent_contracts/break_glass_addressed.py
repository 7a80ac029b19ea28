"""What an organisation signs about an emergency: for one custodian, and for some minutes."""

from datetime import datetime, timedelta
from typing import Final, Protocol

from consent_contracts import signed
from consent_contracts.wire import require_name, require_whole_seconds
from ssi_core.did.syntax import Did
from ssi_core.errors import (
    AudienceError,
    ExpiredError,
    MalformedError,
    NotYetValidError,
    ProofError,
)

LIFETIME: Final = timedelta(minutes=5)
"""How long what was signed may be good for, at most."""
SKEW: Final = timedelta(minutes=1)
"""How far the signer's clock may be ahead, at most."""


class Addressed(Protocol):
    """Who says something (`issuer`), to which custodian (`audience`, its public URL), and when."""

    @property
    def issuer(self) -> Did:
        """The organisation: `iss`."""
        ...

    @property
    def audience(self) -> str:
        """The custodian: `aud`."""
        ...

    @property
    def issued_at(self) -> datetime:
        """Since when: `iat`."""
        ...

    @property
    def expires_at(self) -> datetime:
        """Until when: `exp`."""
        ...


def require_well_addressed(said: Addressed) -> None:
    """Refuse what names no custodian, or is good for longer than five minutes."""
    require_name(said.audience, at="/aud", maximum=2_048)
    require_whole_seconds(said.issued_at, at="/iat")
    require_whole_seconds(said.expires_at, at="/exp")
    if not timedelta(0) < said.expires_at - said.issued_at <= LIFETIME:
        raise MalformedError("is good for five minutes at most", at="/exp")


def require_heard(said: Addressed, text: str, *, audience: str, at: datetime) -> None:
    """Return if `text`, which says this, names a key of its issuer, this custodian, and now."""
    if signed.key_id(text).did != said.issuer:
        raise ProofError("signed by a key of somebody else", at="/header/kid")
    if said.audience != audience:
        raise AudienceError("made for another custodian", at="/aud")
    if at >= said.expires_at:
        raise ExpiredError("what was signed is too old", at="/exp")
    if said.issued_at > at + SKEW:
        raise NotYetValidError("signed in the future", at="/iat")
