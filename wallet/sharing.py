"""What was shared, with whom, under which grant: the journal of an answer and all that follows.

prepared -> registered -> sending -> shared | undone, and a grant's withdrawal beside it:
(none) -> wanted -> logged -> acknowledged. Every state is in the vault before it is acted on.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final, TypeAlias

from consent_contracts.grant import Grant
from consent_contracts.grant_credential import GrantSecret
from consent_contracts.request import ConsentRequest
from ssi_core.errors import NotFoundError
from ssi_core.protocol.openid4vp import AuthorizationRequest
from wallet.question import Asker, Share
from wallet.vault import Record, Vault

KIND: Final = "sharing"
GRANT_TAG: Final = "grant"
OPEN_TAG: Final = "open"
_FIRST_WAIT: Final = timedelta(seconds=30)
_LONGEST_WAIT: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One credential in an answer: which copy goes, and what a person was told of it."""

    share: Share
    copy_id: str
    vct: str
    title: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Consented:
    """The grant that goes with an answer: its secret, and its log entry, signed once.

    `grant` is what the person granted, with the id of the entry; `holder_copy_id` is the copy whose
    key the grant credential is bound to.
    """

    request: ConsentRequest
    grant: Grant
    secret: GrantSecret
    entry: bytes
    holder_copy_id: str
    query_id: str

    @property
    def grant_id(self) -> str:
        """The id of the grant: that of its entry in the log."""
        return self.grant.id or ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The person said yes; nobody else knows yet, except perhaps the log."""

    word: ClassVar[str] = "prepared"


@dataclass(frozen=True, slots=True)
class Registered:
    """The log was seen to hold the grant, at `index`; the answer has not been made."""

    word: ClassVar[str] = "registered"
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """The answer is made, and may or may not have arrived; it is sent in exactly this form."""

    word: ClassVar[str] = "sending"
    fields: tuple[tuple[str, str], ...]
    presentation_digest: str
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """The recipient has it. `receipt` is its signed word, if it gave one that holds."""

    word: ClassVar[str] = "shared"
    shared_at: datetime
    presentation_digest: str
    receipt: str | None
    redirect_uri: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """It came to nothing; if there was a grant, it is withdrawn. `receipt` is the denial's."""

    word: ClassVar[str] = "undone"
    undone_at: datetime
    reason: str
    receipt: str | None = None


State: TypeAlias = Prepared | Registered | Sending | Shared | Undone


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The person takes the grant back; the log may or may not know. The entry is signed once.

    `registered` says whether the log was seen to hold the grant: then it cannot have lost it.
    `tell` says whether the recipient may have the grant, and so has to confirm its end.
    """

    entry: bytes
    registered: bool
    tell: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """The grant has ended, and the log shows it. `notice` waits for the recipient to confirm it.

    Without a notice there is nobody to tell: the recipient never had the grant. `attempts` counts
    how often it was told in vain, the last time at `tried_at`.
    """

    withdrawn_at: datetime
    notice: str | None
    problem: str | None = None
    attempts: int = 0
    tried_at: datetime | None = None

    def is_due(self, at: datetime) -> bool:
        """Say whether the recipient should be told again by now: each wait is twice the last."""
        if self.tried_at is None or not self.attempts:
            return True
        wait = min(_FIRST_WAIT * 2 ** min(self.attempts - 1, 16), _LONGEST_WAIT)
        return not timedelta() <= at - self.tried_at < wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """The recipient has confirmed, signed, that it uses nothing any more."""

    withdrawn_at: datetime
    acknowledgement: str
    acknowledged_at: datetime
    erased: bool


Withdrawal: TypeAlias = Wanted | Logged | Acknowledged


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """One answered question, from the yes to the end of the grant. Its id is the question's.

    `redaction` is the entry by which the log is to drop the grant's bytes, once that was asked for.
    """

    id: str
    asker: Asker
    request: AuthorizationRequest
    given: tuple[Given, ...]
    given_at: datetime
    consented: Consented | None
    state: State
    withdrawal: Withdrawal | None = None
    redaction: bytes | None = None
    record: Record | None = field(default=None, compare=False)

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do about this answer."""
        if isinstance(self.withdrawal, Wanted):
            return False
        if isinstance(self.withdrawal, Logged) and self.withdrawal.notice is not None:
            return False
        return isinstance(self.state, Shared | Undone)

    @property
    def receipt(self) -> str | None:
        """The recipient's signed word about the answer, if it gave one that holds."""
        return self.state.receipt if isinstance(self.state, Shared | Undone) else None

    @property
    def redirect_uri(self) -> str | None:
        """Where the recipient would have the person go on, if it says so."""
        return self.state.redirect_uri if isinstance(self.state, Shared) else None

    def to(self, state: State) -> "Sharing":
        """Return the sharing in another state."""
        return replace(self, state=state)

    def withdrawing(self, withdrawal: Withdrawal) -> "Sharing":
        """Return the sharing with its grant's withdrawal as far as it is."""
        return replace(self, withdrawal=withdrawal)


def exists(vault: Vault, question_id: str) -> bool:
    """Say whether a question has been answered with yes before."""
    try:
        vault.load(KIND, question_id)
    except NotFoundError:
        return False
    return True
