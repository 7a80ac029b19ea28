"""What the wallet needs from outside, as small protocols."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from registry.client.registry_client import Outcome
from registry.model.evidence import AccreditationEvidence, GrantEvidence, LogEvidence
from ssi_core.did.resolver import DidResolver
from ssi_core.did.syntax import Did
from ssi_core.errors import SsiError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.verification import Evidence, Need


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRow:
    """One record as it lies in a store: nothing in it can be read without the vault's master key.

    `tags` are blind indexes; `version` counts from 1 and grows by one with every replacement.
    """

    kind: str
    id: str
    version: int
    wrapped_key: bytes
    sealed: bytes
    tags: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class AppendRow:
    """Add a row that must not exist yet."""

    row: SealedRow


@dataclass(frozen=True, slots=True)
class ReplaceRow:
    """Put `row` in the place of its previous version, which must be the one before it."""

    row: SealedRow


@dataclass(frozen=True, slots=True)
class DestroyRow:
    """Remove a row with its key and tags; one that is already gone stays gone."""

    kind: str
    id: str


RowChange: TypeAlias = AppendRow | ReplaceRow | DestroyRow


class VaultStore(Protocol):
    """Where sealed rows are kept. Durable once a call returns."""

    def load_header(self) -> bytes | None:
        """Return what a vault needs to unlock itself, or nothing if there is no vault here."""
        ...

    def replace_header(self, header: bytes, *, expected: bytes | None) -> None:
        """Set the header, or raise `ConflictError` if it is no longer `expected`."""
        ...

    def load(self, kind: str, row_id: str) -> SealedRow | None:
        """Return the row, if there is one."""
        ...

    def find(self, kind: str, tag: bytes | None = None) -> tuple[SealedRow, ...]:
        """Return the rows of a kind that carry `tag` (all, if none is given), oldest first."""
        ...

    def apply(self, changes: Sequence[RowChange]) -> None:
        """Make every change or none; `ConflictError` if a row is not as a change expects it."""
        ...

    def scrub(self) -> None:
        """Remove what destroyed rows left behind; `UnavailableError` while another holds it."""
        ...


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present moment, aware and in UTC."""
        ...


class Answer(Protocol):
    """A complete HTTP answer, whatever its status."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The header fields, names in lower case."""
        ...

    @property
    def body(self) -> bytes:
        """The content."""
        ...

    @property
    def ok(self) -> bool:
        """Whether the status is one of the 200s."""
        ...

    def json(self) -> JsonObject:
        """Return the content as a JSON object, read strictly."""
        ...

    def problem(self) -> SsiError:
        """Return the error that an answer which is not ok stands for."""
        ...


class Http(Protocol):
    """Talks to issuers and verifiers; failing to reach one is `UnavailableError`."""

    def get(self, url: str, *, accept: str | None = None) -> Answer:
        """Fetch `url`."""
        ...

    def post_form(
        self, url: str, fields: Mapping[str, str], *, accept: str | None = None
    ) -> Answer:
        """Send `fields` as a form."""
        ...

    def post_json(
        self, url: str, value: JsonValue, *, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send `value` as JSON."""
        ...


class EvidenceSource(Protocol):
    """Collects what a verification needs."""

    def gather(self, needs: Collection[Need], /) -> Evidence:
        """Return each fact, or why it could not be had."""
        ...


class LogDescription(Protocol):
    """What a registry says of its log: its name, its key, and the keys of its witnesses."""

    @property
    def origin(self) -> str:
        """The name that the log signs its checkpoints with."""
        ...

    @property
    def vkey(self) -> str:
        """The log's key, as a C2SP vkey."""
        ...

    @property
    def witnesses(self) -> Sequence[str]:
        """The witnesses' keys, as vkeys."""
        ...

    @property
    def policy(self) -> str | None:
        """How many of them are enough, as a C2SP tlog-policy; nothing if all are asked for."""
        ...


class Submitted(Protocol):
    """The registry's word that an entry is in the log; proof is another matter."""

    @property
    def index(self) -> int:
        """Where in the log the entry stands."""
        ...


class Registry(Protocol):
    """The log that grants are recorded in; what it says is verified before it is believed."""

    def log(self) -> LogDescription:
        """Return how the log is called and signed."""
        ...

    def submit(self, entry: bytes, /) -> Submitted:
        """Hand in an entry; the same bytes are one entry however often they come."""
        ...

    def submit_all(self, entries: Sequence[bytes], /) -> Sequence[Outcome]:
        """Hand in up to 1,000 entries in this order; return what became of each."""
        ...

    def grant(self, grant_id: str, /) -> GrantEvidence:
        """Return what the log shows of a grant."""
        ...

    def emergency(self, emergency_id: str, /) -> LogEvidence:
        """Return what the log shows of a broken glass."""
        ...

    def accreditation(
        self, subject: Did, role: str, type_: str, /, *, roots: Collection[Did]
    ) -> AccreditationEvidence:
        """Return what the log shows of whether `subject` is accredited, below one of `roots`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Everything a wallet does not decide by itself; without a registry it makes no grants."""

    http: Http
    clock: Clock
    resolver: DidResolver
    evidence: EvidenceSource
    registry: Registry | None = None
