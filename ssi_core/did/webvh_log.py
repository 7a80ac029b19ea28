"""The log of a did:webvh 1.0 DID, verified entry by entry.

https://identity.foundation/didwebvh/v1.0/#read-resolve
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from ssi_core.did.document import DidDocument
from ssi_core.did.syntax import Did
from ssi_core.did.web_location import WebLocation
from ssi_core.did.webvh_entry import LogEntry, key_hash
from ssi_core.did.webvh_parameters import WebvhParameters, WitnessRule
from ssi_core.errors import ConflictError, DeactivatedError, MalformedError, ProofError
from ssi_core.json_types import JsonObject
from ssi_core.strict_json import as_array

# "Resolvers SHOULD use a tolerance of no more than 5 minutes."
_TOLERANCE: Final = timedelta(minutes=5)
_SCID: Final = re.compile(r"[1-9A-HJ-NP-Za-km-z]{46}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebvhState:
    """A DID after some of its log entries, every one of them verified. Only entries make one.

    `document` is the entry's own `state`. `approval` is the witness rule that the newest entry has
    to satisfy: witnesses keep their word in a file beside the log, so it cannot be checked here.
    """

    did: Did
    scid: str
    version_number: int
    version_id: str
    version_time: datetime
    created: datetime
    parameters: WebvhParameters
    document: DidDocument
    approval: WitnessRule | None

    @classmethod
    def first(cls, line: JsonObject) -> Self:
        """Return the DID that a first log entry creates.

        Raises `MalformedError` or `ProofError`, and `ConflictError` for a later entry.
        """
        entry = LogEntry.parse(line)
        if entry.number != 1:
            raise ConflictError("the first version has number 1", at="/versionId")
        scid, parameters = WebvhParameters.first(entry.parameters)
        document = _document(entry.state, scid)
        entry.require_scid(scid)
        entry.require_hash(predecessor=scid)
        entry.require_proof_by(parameters.update_keys)
        return cls(
            did=document.did,
            scid=scid,
            version_number=1,
            version_id=entry.version_id,
            version_time=entry.time,
            created=entry.time,
            parameters=parameters,
            document=document,
            approval=parameters.witness,
        )

    def then(self, line: JsonObject) -> Self:
        """Return the DID after one more log entry.

        Raises `MalformedError` or `ProofError`, `ConflictError` if the entry is not for the next
        version, `DeactivatedError` if there can be none.
        """
        if self.deactivated:
            raise DeactivatedError("a deactivated DID has no further version")
        entry = LogEntry.parse(line)
        if entry.number != self.version_number + 1:
            raise ConflictError("the entry is not for the next version", at="/versionId")
        if entry.time <= self.version_time:
            raise ProofError("the entry is not later than the one before", at="/versionTime")
        parameters = self.parameters.then(entry.parameters)
        document = self._next_document(entry.state, parameters)
        entry.require_hash(predecessor=self.version_id)
        entry.require_proof_by(self._authorised(parameters))
        return type(self)(
            did=document.did,
            scid=self.scid,
            version_number=entry.number,
            version_id=entry.version_id,
            version_time=entry.time,
            created=self.created,
            parameters=parameters,
            document=document,
            # New witnesses take over after the entry that names them, unless there were none.
            approval=self.parameters.witness or parameters.witness,
        )

    @property
    def update_keys(self) -> tuple[str, ...]:
        """The multikeys in force: they authorise the next entry unless it is pre-rotated."""
        return self.parameters.update_keys

    @property
    def next_key_hashes(self) -> tuple[str, ...]:
        """The hashes of keys that may authorise the next entry; empty without pre-rotation."""
        return self.parameters.next_key_hashes

    @property
    def witness(self) -> WitnessRule | None:
        """The witness rule for the next entry."""
        return self.parameters.witness

    @property
    def portable(self) -> bool:
        """Whether the DID may move to another host or path."""
        return self.parameters.portable

    @property
    def deactivated(self) -> bool:
        """Whether the DID has ended."""
        return self.parameters.deactivated

    def require_not_from_the_future(self, at: datetime) -> None:
        """Return if the newest entry is of `at` or before, give or take five minutes."""
        if self.version_time > at + _TOLERANCE:
            raise ProofError("the entry is from the future", at="/versionTime")

    def _authorised(self, parameters: WebvhParameters) -> Collection[str]:
        """Return the keys of which one must sign the entry that brings `parameters`."""
        if not self.next_key_hashes:
            return self.update_keys
        if not {key_hash(key) for key in parameters.update_keys} <= set(self.next_key_hashes):
            raise ProofError("a key was not announced by pre-rotation", at="/parameters/updateKeys")
        return parameters.update_keys

    def _next_document(self, state: JsonObject, parameters: WebvhParameters) -> DidDocument:
        if state.get("id") == self.document.source.get("id"):
            return DidDocument(self.did, state)
        document = _document(state, self.scid)
        if not parameters.portable:
            raise ProofError("the DID is not portable", at="/state/id")
        names = as_array(state.get("alsoKnownAs", []), at="/state/alsoKnownAs")
        if str(self.did) not in names:
            raise ProofError("a moved DID is also known as what it was", at="/state/alsoKnownAs")
        return document


def check_next(state: WebvhState | None, line: JsonObject) -> WebvhState:
    """Return the state after `line`: the first entry of a DID if `state` is `None`."""
    return WebvhState.first(line) if state is None else state.then(line)


def replay(log: Iterable[JsonObject]) -> WebvhState:
    """Return the state after all of `log`; the first entry that does not hold raises."""
    state: WebvhState | None = None
    for line in log:
        state = check_next(state, line)
    if state is None:
        raise MalformedError("a log has at least one entry")
    return state


def place_of(did: Did, *, at: str = "/id") -> tuple[str, WebLocation]:
    """Return the SCID of a did:webvh and the place where its log is published."""
    scid, _, place = did.method_specific_id.partition(":")
    if did.method != "webvh" or _SCID.fullmatch(scid) is None:
        raise MalformedError("not a did:webvh", at=at)
    return scid, WebLocation.parse(place, at=at)


def _document(state: JsonObject, scid: str) -> DidDocument:
    document = DidDocument.parse(state)
    if place_of(document.did, at="/state/id")[0] != scid:
        raise ProofError("the document has another SCID", at="/state/id")
    return document
