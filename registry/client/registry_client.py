"""The registry's HTTP API, as methods. What it answers is evidence: verify before believing it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Self, TypeAlias, final
from urllib.parse import quote, urlencode, urlsplit

from registry.model.accreditations import Role
from registry.model.dropped_log import DroppedLog
from registry.model.evidence import AccreditationEvidence, GrantEvidence, StatusEvidence
from registry.model.grant_status import GrantStatus
from registry.model.log_evidence import LogEvidence
from registry.model.receipt_state import ReceiptState
from registry.model.tlog_tiles import Tile, parse_bundle
from ssi_core import strict_json
from ssi_core.adapters.http import HttpAnswer, HttpClient
from ssi_core.adapters.problem_details import error_from_problem
from ssi_core.did.document import DidDocument
from ssi_core.did.syntax import Did
from ssi_core.did.webvh import log_url, parse_log, resolve_log, witness_url
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import (
    DeactivatedError,
    MalformedError,
    RedactedError,
    SsiError,
    UnavailableError,
)
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_array, as_integer, as_object, as_text, as_texts

MAX_BATCH: Final = 1_000
_NDJSON: Final = "application/x-ndjson"
# A thousand entries, or the evidence of a few long chains.
_MAX_ANSWER: Final = 16_777_216


@dataclass(frozen=True, slots=True, kw_only=True)
class LogDescription:
    """What the registry says of its log. A verifier pins origin and keys instead of asking twice.

    `policy` (C2SP tlog-policy) says how many of the witnesses are enough; all of them without it.
    `did_host` is what DIDs that live there have between SCID and path, `did_witness` the did:key
    under which the registry witnesses them.
    """

    origin: str
    vkey: str
    witnesses: tuple[str, ...]
    did_host: str
    did_witness: Did
    policy: str | None = None

    def to_json(self) -> JsonObject:
        """Return the description as the registry writes it."""
        return {
            "origin": self.origin,
            "vkey": self.vkey,
            "witnesses": list(self.witnesses),
            "did_host": self.did_host,
            "did_witness": str(self.did_witness),
            "policy": self.policy,
        }

    @classmethod
    def from_json(cls, body: JsonObject) -> Self:
        """Read what `to_json` wrote."""
        return cls(
            origin=as_text(body.get("origin"), at="/origin"),
            vkey=as_text(body.get("vkey"), at="/vkey"),
            witnesses=as_texts(body.get("witnesses"), at="/witnesses"),
            did_host=as_text(body.get("did_host"), at="/did_host"),
            did_witness=Did.parse(as_text(body.get("did_witness"), at="/did_witness")),
            policy=None if body.get("policy") is None else as_text(body["policy"], at="/policy"),
        )


@dataclass(frozen=True, slots=True)
class SubmitReceipt:
    """Where an entry stands, durably, and how many entries the log had then.

    `state` says how far it had come, `witnesses` which others had cosigned it by then.
    """

    index: int
    leaf: bytes
    size: int
    state: ReceiptState = ReceiptState.PUBLISHED
    witnesses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EntryStanding:
    """How far an entry has come, and who has cosigned a tree that has it, as the registry says."""

    index: int
    state: ReceiptState
    witnesses: tuple[str, ...]


Outcome: TypeAlias = SubmitReceipt | SsiError


@final
class RegistryClient:
    """Talks to one registry. Threads may share it; its errors are the registry's own."""

    def __init__(self, http: HttpClient, base_url: str) -> None:
        self._http = http
        self._base_url = base_url.rstrip("/")

    @property
    def base_url(self) -> str:
        """The registry's public URL, without a slash at its end."""
        return self._base_url

    def log(self) -> LogDescription:
        """Return the log's name and keys, as the registry says."""
        return LogDescription.from_json(self._get("/log").json())

    def submit(self, entry: bytes, *, wait_for: ReceiptState | None = None) -> SubmitReceipt:
        """Hand in one entry; return once it is durable. The same bytes again are the same entry.

        With `wait_for` *witnessed* the registry waits some seconds for that; look at the state.
        """
        url = f"{self._base_url}/entries" + (f"?wait_for={wait_for}" if wait_for else "")
        answer = self._http.post(url, body=entry, content_type="application/json")
        return _receipt(answer.require_ok().json())

    def submit_all(self, entries: Sequence[bytes]) -> list[Outcome]:
        """Hand in up to 1,000 entries in this order; return what became of each."""
        if not 0 < len(entries) <= MAX_BATCH or any(b"\n" in entry for entry in entries):
            raise MalformedError("a batch has between 1 and 1,000 entries, each on one line")
        url = f"{self._base_url}/entries/batch"
        answer = self._http.post(url, body=b"\n".join(entries), content_type=_NDJSON)
        results = as_array(answer.require_ok().json().get("results"), at="/results")
        if len(results) != len(entries):
            raise UnavailableError("the registry did not answer for each entry")
        return [_outcome(as_object(item, at="/results")) for item in results]

    def receipt(self, leaf: bytes) -> EntryStanding:
        """Return how far the entry with this leaf hash has come; `NotFoundError` if it is queued.

        A registry knows only what it has sequenced.
        """
        body = self._get(f"/receipts/{base64url_encode(leaf)}").json()
        return EntryStanding(as_integer(body.get("index"), at="/index"), *_standing(body))

    def checkpoint(self, *, state: ReceiptState = ReceiptState.PUBLISHED) -> str:
        """Return the cosigned checkpoint, as a note; or the last *witnessed* one."""
        query = {} if state is ReceiptState.PUBLISHED else {"state": str(state)}
        return _text(self._get("/checkpoint", **query))

    def handover(self) -> DroppedLog:
        """Return where a log went that was dropped; whose checkpoint it is remains to be asked."""
        return DroppedLog.parse(self._get("/handover").body)

    def tile(self, tile: Tile) -> bytes:
        """Return the hashes of a tile (C2SP tlog-tiles)."""
        return self._get(f"/tile/{tile.level}/{tile.path}").body

    def bundle(self, tile: Tile) -> tuple[bytes, ...]:
        """Return the entries below a tile of level 0; `RedactedError` if one has no bytes left."""
        return parse_bundle(self._get(f"/tile/entries/{tile.path}").body)

    def entry(self, index: int) -> bytes:
        """Return the exact bytes of one entry."""
        return self._get(f"/entries/{index}").body

    def entries(self, start: int, *, limit: int = MAX_BATCH) -> list[bytes]:
        """Return up to `limit` entries in order, from index `start` on; none beyond the end.

        Raises `RedactedError` if one has no bytes left: `HttpSource.run` tells what there is of it.
        """
        body = self._get("/entries", start=str(start), limit=str(limit)).json()
        texts = as_array(body.get("entries"), at="/entries")
        if None in texts:
            raise RedactedError("an entry of this part was redacted")
        return [as_text(text, at="/entries").encode() for text in texts]

    def inclusion(self, index: int, *, size: int) -> tuple[bytes, ...]:
        """Return the path of entry `index` in the tree of `size`."""
        return _path(self._get("/proofs/inclusion", index=str(index), size=str(size)).json())

    def consistency(self, old_size: int, new_size: int) -> tuple[bytes, ...]:
        """Return the proof that the tree of `new_size` begins with that of `old_size`."""
        query = {"from": str(old_size), "to": str(new_size)}
        return _path(self._get("/proofs/consistency", **query).json())

    def grant(self, grant_id: str) -> GrantEvidence:
        """Return evidence of a grant; its entries are empty if the log has no such grant."""
        return self._evidence(f"/grants/{quote(grant_id, safe='')}")

    def grant_status(self, grant_id: str) -> GrantStatus:
        """Return how a grant stands, in the registry's own word; a replica has evidence only."""
        return GrantStatus.from_json(self._get(f"/grants/{quote(grant_id, safe='')}/status").json())

    def emergency(self, emergency_id: str) -> LogEvidence:
        """Return evidence of a broken glass; its entries are empty if the log has no such one."""
        return self._evidence(f"/emergencies/{quote(emergency_id, safe='')}")

    def accreditation(
        self,
        subject: Did,
        role: Role | str,
        type: str,  # noqa: A002 - the word of accreditation entries
        *,
        roots: Collection[Did] = (),
    ) -> AccreditationEvidence:
        """Return evidence of accreditations in force; name the roots that you believe."""
        named = [("root", str(root)) for root in roots]
        query = [("subject", str(subject)), ("role", str(role)), ("type", type), *named]
        return self._evidence(f"/accreditations?{urlencode(query)}")

    def one_accreditation(self, accreditation_id: str) -> AccreditationEvidence:
        """Return evidence of an accreditation and all above it, whatever became of them."""
        return self._evidence(f"/accreditations/{quote(accreditation_id, safe='')}")

    def status_list(self, uri: str, issuer: Did | None = None) -> StatusEvidence:
        """Return evidence of the latest publication of a status list; name its issuer."""
        query = {"uri": uri} if issuer is None else {"uri": uri, "issuer": str(issuer)}
        return self._evidence(f"/status-lists?{urlencode(query)}")

    def resolve(self, did: Did) -> DidDocument:
        """Return the current document of a DID that lives there, after verifying its whole log.

        Raises `NotFoundError`, `DeactivatedError`, `ProofError` or `UnavailableError`.
        """
        resolution = resolve_log(did, self.did_log(did), witness_proofs=self.did_witness(did))
        if resolution.state.deactivated:
            raise DeactivatedError("the DID has been deactivated")
        return resolution.document

    def did_log(self, did: Did) -> tuple[JsonObject, ...]:
        """Return the lines of the log of a DID that lives there, not verified."""
        return self.did_log_at(self._path_of(log_url(did)).removesuffix("/did.jsonl"))

    def did_log_at(self, path: str) -> tuple[JsonObject, ...]:
        """Return the lines of the log of whichever DID lives at `path`, such as `/dids/clinic`."""
        return parse_log(self._get(f"{path}/did.jsonl").body)

    def did_witness(self, did: Did) -> JsonValue:
        """Return what witnesses say of a DID that lives there, not verified."""
        return strict_json.parse(self._get(self._path_of(witness_url(did))).body)

    def _path_of(self, url: str) -> str:
        # The registry may be reached by another name than its DIDs have; a wrong log is noticed.
        return urlsplit(url).path.removeprefix(urlsplit(self._base_url).path)

    def _evidence(self, path: str) -> LogEvidence:
        return LogEvidence.from_json(self._get(path).json())

    def _get(self, path: str, **query: str) -> HttpAnswer:
        url = f"{self._base_url}{path}" + (f"?{urlencode(query)}" if query else "")
        return self._http.get(url, max_bytes=_MAX_ANSWER).require_ok()


def _receipt(body: JsonObject) -> SubmitReceipt:
    if body.get("state") == "queued":
        # Whether it is the replica's own word, who knows its key can tell.
        kept = UnavailableError("a replica keeps the entry until the log can be reached")
        signed = body.get("receipt")
        kept.receipt = signed if isinstance(signed, str) else None
        raise kept
    state, witnesses = _standing(body)
    return SubmitReceipt(
        index=as_integer(body.get("index"), at="/index"),
        leaf=base64url_decode(as_text(body.get("leaf"), at="/leaf"), at="/leaf"),
        size=as_integer(body.get("size"), at="/size"),
        state=state,
        witnesses=witnesses,
    )


def _standing(body: JsonObject) -> tuple[ReceiptState, tuple[str, ...]]:
    named = as_array(body.get("witnesses"), at="/witnesses")
    witnesses = tuple(as_text(name, at="/witnesses") for name in named)
    try:
        return ReceiptState(as_text(body.get("state"), at="/state")), witnesses
    except ValueError:
        raise MalformedError("not a state of a receipt", at="/state") from None


def _outcome(body: JsonObject) -> Outcome:
    try:
        return error_from_problem(body) if "type" in body else _receipt(body)
    except UnavailableError as error:
        return error


def _path(body: JsonObject) -> tuple[bytes, ...]:
    nodes = as_array(body.get("path"), at="/path")
    return tuple(base64url_decode(as_text(node, at="/path"), at="/path") for node in nodes)


def _text(answer: HttpAnswer) -> str:
    try:
        return answer.body.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedError("the registry's answer is not UTF-8") from None
