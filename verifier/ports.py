"""What the verifier needs from outside."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from registry.model.accreditations import Role
from registry.model.evidence import AccreditationEvidence, GrantEvidence, StatusEvidence
from ssi_core.did.syntax import Did
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import Signer
from ssi_core.verification import Evidence, Need
from verifier.marks import GrantMark, LogPosition
from verifier.request import Answer, Attempt, PresentationRequest
from verifier.use import Use, Withdrawal


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present moment, aware and in UTC."""
        ...


class Identity(Protocol):
    """The organisation that asks, and the key with which it speaks."""

    @property
    def did(self) -> Did:
        """The organisation's DID."""
        ...

    @property
    def assertion_signer(self) -> Signer:
        """The key that signs requests, receipts and acknowledgements."""
        ...

    @property
    def assertion_key_id(self) -> str:
        """That key's DID URL."""
        ...


class EvidenceSource(Protocol):
    """Collects what verification needs; what cannot be had is in its place as an error."""

    def gather(self, needs: Collection[Need]) -> Evidence:
        """Return the facts for `needs`."""
        ...


class ConsentLog(Protocol):
    """The registry's log. Whatever it says is proved, or not believed."""

    def grant(self, grant_id: str) -> GrantEvidence:
        """Return the entries about a grant, with their proofs."""
        ...

    def accreditation(
        self,
        subject: Did,
        role: Role | str,
        type: str,  # noqa: A002 - the registry's word
        *,
        roots: Collection[Did] = (),
    ) -> AccreditationEvidence:
        """Return the chains that accredit `subject` for a credential type, with their proofs."""
        ...

    def one_accreditation(self, accreditation_id: str) -> AccreditationEvidence:
        """Return an accreditation and all above it, and what became of them, with their proofs."""
        ...

    def status_list(self, uri: str, issuer: Did | None = None) -> StatusEvidence:
        """Return what `issuer` published last of the status list at `uri`, with its proof."""
        ...

    def did_log(self, did: Did) -> Sequence[JsonObject]:
        """Return the lines of the log of a DID that lives there, not verified."""
        ...

    def did_witness(self, did: Did) -> JsonValue:
        """Return what witnesses say of a DID that lives there, not verified."""
        ...


class RequestStore(Protocol):
    """Requests and their answers."""

    def append(self, request: PresentationRequest) -> None:
        """Keep a new request; `ConflictError` if one of its ids is taken."""
        ...

    def find(self, request_id: str) -> PresentationRequest | None:
        """Return the request with the desk's id."""
        ...

    def find_by_response(self, response_id: str) -> PresentationRequest | None:
        """Return the request with this id in its response URI."""
        ...

    def find_by_grant(self, grant_id: str) -> tuple[PresentationRequest, ...]:
        """Return the requests that were answered under a grant, oldest first."""
        ...

    def mark_fetched(self, request_id: str) -> None:
        """Note that a wallet has read the request; nothing happens if it has been answered."""
        ...

    def attempt(self, request_id: str, attempt: Attempt) -> None:
        """Keep the last attempt that could not be judged; nothing happens after an answer."""
        ...

    def answer(self, request_id: str, answer: Answer) -> None:
        """Keep the one answer, durably; of many, one wins, and `ReplayError` for the rest."""
        ...

    def erase(self, request_ids: Collection[str]) -> None:
        """Destroy the claims of these requests, on disk too; all else stays."""
        ...


class UseStore(Protocol):
    """Uses, permitted or not."""

    def append_use(self, use: Use) -> None:
        """Keep a use, durably."""
        ...

    def uses_of(self, request_id: str) -> tuple[Use, ...]:
        """Return the uses of what one request brought, oldest first."""
        ...

    def count_uses(self, grant_id: str) -> tuple[int, datetime | None]:
        """Return how often a grant was used with permission, and when last."""
        ...


class WithdrawalStore(Protocol):
    """Withdrawals that were acknowledged."""

    def find_withdrawal(self, notice: str) -> Withdrawal | None:
        """Return what was acknowledged for the notice with this digest."""
        ...

    def withdrawals_of(self, grant_id: str) -> tuple[Withdrawal, ...]:
        """Return the withdrawals of a grant; one is enough to end it."""
        ...

    def append_withdrawal(self, withdrawal: Withdrawal) -> Withdrawal:
        """Keep a withdrawal, durably; return the one that was there first if there is one."""
        ...


class Store(RequestStore, UseStore, WithdrawalStore, Protocol):
    """One place for all of it."""


class MarkStore(Protocol):
    """What the log told us on its own accord, and how far we have listened."""

    def learn(self, marks: Collection[GrantMark], position: LogPosition | None = None) -> None:
        """Keep marks, and how far we have listened now, durably and as one.

        Of two marks for one grant the one with the higher index stays; a position never goes back.
        """
        ...

    def mark_of(self, grant_id: str) -> GrantMark | None:
        """Return the newest mark of a grant."""
        ...

    def forget_marks(self, *, before: datetime) -> None:
        """Forget older marks of grants under which nobody has answered us."""
        ...

    def may_hold_grants(self) -> bool:
        """Say whether somebody has answered us under a grant, or that cannot be known here."""
        ...

    def position(self, log: str) -> LogPosition | None:
        """Return how far we have listened to a log; nothing before the first time."""
        ...


class LogHistory(Protocol):
    """The registry's log as a course of events, each signed by the log."""

    def checkpoint(self) -> str:
        """Return the newest cosigned checkpoint, as a note."""
        ...

    def event_after(self, heard: int) -> str | None:
        """Return the signed event that comes next, or nothing if nothing has changed since."""
        ...

    def consistency(self, old_size: int, new_size: int) -> tuple[bytes, ...]:
        """Return the proof that the tree of `new_size` begins with that of `old_size`."""
        ...


class GrantCache(Protocol):
    """Keeps evidence about grants for a while."""

    def forget(self, grant_ids: Collection[str]) -> None:
        """Forget what is kept about these grants."""
        ...
