"""The did:webvh DIDs that live here: which are taken in, their files, and their resolution."""

from datetime import datetime, timedelta
from typing import Final, Protocol, final
from urllib.parse import quote, urlsplit

from registry.model import profile
from registry.model.did_logs import DidOp
from registry.ports import Clock, Head, LogSnapshot, LogStore
from registry.service.stored_view import StoredView
from ssi_core.did import key
from ssi_core.did.resolution import Resolution
from ssi_core.did.resolution_options import ResolutionOptions
from ssi_core.did.resolver import resolve_self_contained
from ssi_core.did.syntax import Did
from ssi_core.did.webvh import log_url, resolve_with, witness_proof
from ssi_core.errors import NotFoundError, RejectedError, UnavailableError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import Signer
from ssi_core.period import from_rfc3339
from ssi_core.strict_json import as_text

# Below here DIDs live, away from everything else that the registry answers.
FOLDER: Final = "dids"
_TOLERANCE: Final = timedelta(minutes=5)


class Approval(Protocol):
    """Who witnesses the DIDs that live here, and what it says of their versions."""

    @property
    def did(self) -> Did:
        """The did:key of the witness."""
        ...

    def of(self, did: Did, version_id: str, *, at: datetime) -> JsonValue:
        """Return `did-witness.json` of `did`, which approves the version and all before it."""
        ...


@final
class OwnApproval:
    """Witnesses with a key of one's own."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    @property
    def did(self) -> Did:
        """The did:key of the witness."""
        return key.did_for(self._signer.public_key)

    def of(self, did: Did, version_id: str, *, at: datetime) -> JsonValue:
        """Return the approval of the version, signed now."""
        del did
        # Approving a version approves all that came before it.
        return [witness_proof(version_id, signer=self._signer, at=at)]


@final
class Hosting:
    """Shows the DIDs below `<public_url>/dids/`, and what their witness says of them."""

    def __init__(
        self, store: LogStore, *, public_url: str, approval: Approval, clock: Clock
    ) -> None:
        self._store = store
        self._public_url = public_url.rstrip("/")
        self._approval = approval
        self._clock = clock

    @property
    def did_host(self) -> str:
        """What a DID that lives here has between its SCID and its own path."""
        parts = urlsplit(self._public_url)
        segments = [quote(segment, safe="") for segment in parts.path.split("/") if segment]
        return ":".join((parts.netloc.replace(":", "%3A"), *segments))

    @property
    def witness_did(self) -> Did:
        """The did:key under which the registry witnesses DIDs."""
        return self._approval.did

    def admit(self, operation: DidOp) -> None:
        """Return if the DID lives here, and the line is not from the future."""
        if not log_url(operation.did).startswith(f"{self._public_url}/{FOLDER}/"):
            raise RejectedError("the DID does not live at this registry", at="/line/state/id")
        at = "/line/versionTime"
        time = from_rfc3339(as_text(operation.line.get("versionTime"), at=at), at=at)
        if time > self._clock.now() + _TOLERANCE:
            raise RejectedError("the line is from the future", at=at)

    def resolve_with(self, did: Did, options: ResolutionOptions) -> Resolution:
        """Return what a DID that lives here resolves to, or one that is its own document.

        Raises `NotFoundError` for a did:webvh that is not known, `DidMethodError` for one that
        would have to be fetched.
        """
        if did.method != "webvh":
            return resolve_self_contained(did, options)
        lines = self._lines(did)
        proofs = self._witness_proofs(did, lines)
        return resolve_with(did, lines, options, witness_proofs=proofs, at=self._clock.now())

    def log_file(self, path: str) -> bytes:
        """Return `did.jsonl` of the DID that lives at `path`."""
        lines = self._lines(self._did_at(path))
        return b"".join(profile.render_checked(line) + b"\n" for line in lines)

    def witness_file(self, path: str) -> JsonValue:
        """Return `did-witness.json` of the DID that lives at `path`."""
        did = self._did_at(path)
        return self._witness_proofs(did, self._lines(did))

    def _did_at(self, path: str) -> Did:
        with self._store.snapshot() as log:
            location = f"{self._public_url}/{quote(path)}/did.jsonl"
            did = StoredView(log, 0).did_at(location)
            if did is None:
                _head_of(log)
                raise NotFoundError("no DID lives there")
        return did

    def _lines(self, did: Did) -> list[JsonObject]:
        with self._store.snapshot() as log:
            view = StoredView(log, _head_of(log).size)
            indexes = view.did_entries(did)
            if not indexes:
                raise NotFoundError("the DID does not live here")
            return view.did_lines(indexes)

    def _witness_proofs(self, did: Did, lines: list[JsonObject]) -> JsonValue:
        version_id = as_text(lines[-1].get("versionId"), at="/versionId")
        return self._approval.of(did, version_id, at=self._clock.now())


def _head_of(log: LogSnapshot) -> Head:
    head = log.head()
    if head is None:
        raise UnavailableError("there is no log")
    return head
