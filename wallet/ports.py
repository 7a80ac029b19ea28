"""What the wallet needs from outside, as small protocols."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from ssi_core.did.resolver import DidResolver
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

    def gather(self, needs: Collection[Need]) -> Evidence:
        """Return each fact, or why it could not be had."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Everything a wallet does not decide by itself."""

    http: Http
    clock: Clock
    resolver: DidResolver
    evidence: EvidenceSource
