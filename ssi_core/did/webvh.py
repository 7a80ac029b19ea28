"""The did:webvh 1.0 method: a DID with a verifiable history, published on the web.

https://identity.foundation/didwebvh/v1.0/. Its parts are in the files beside this one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, final

from ssi_core import strict_json
from ssi_core.did.document import DidDocument
from ssi_core.did.resolution import Resolution, finished
from ssi_core.did.resolution_options import ResolutionOptions
from ssi_core.did.syntax import Did
from ssi_core.did.web_location import WebLocation
from ssi_core.did.webvh_controller import create, update
from ssi_core.did.webvh_entry import key_hash
from ssi_core.did.webvh_log import WebvhState, check_next, place_of, replay
from ssi_core.did.webvh_parameters import WitnessRule
from ssi_core.did.webvh_witness import first_without_approval, witness_proof
from ssi_core.errors import (
    ConflictError,
    DeactivatedError,
    MalformedError,
    NotFoundError,
    ProofError,
    SsiError,
)
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import to_rfc3339
from ssi_core.strict_json import as_array

__all__ = [
    "WebvhResolution",
    "WebvhState",
    "WitnessRule",
    "check_next",
    "create",
    "key_hash",
    "log_url",
    "names_witnesses",
    "parse_log",
    "replay",
    "resolve_log",
    "resolve_with",
    "update",
    "witness_proof",
    "witness_url",
]

_LINKED_VP_CONTEXT: Final = "https://identity.foundation/linked-vp/contexts/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
@final
class WebvhResolution:
    """One version of a DID document, with the DID document metadata of did:webvh.

    A deactivated DID resolves too: the metadata's `deactivated` says so, and callers refuse it.
    """

    document: DidDocument
    metadata: JsonObject
    state: WebvhState


def log_url(did: Did) -> str:
    """Return where the log of `did` is: https, or http if the host is `localhost`."""
    return place_of(did)[1].document_url("did.jsonl")


def witness_url(did: Did) -> str:
    """Return where the witness proofs of `did` are, beside its log."""
    return place_of(did)[1].document_url("did-witness.json")


def parse_log(body: bytes) -> tuple[JsonObject, ...]:
    """Read a log in its published form: one JSON object on each line."""
    lines = body.removesuffix(b"\n").split(b"\n")
    return tuple(strict_json.parse_object(line) for line in lines)


def names_witnesses(lines: Iterable[JsonObject]) -> bool:
    """Say whether a log, verified or not, needs `did-witness.json` beside it."""
    parameters = (line.get("parameters") for line in lines)
    return any(isinstance(given, Mapping) and given.get("witness") for given in parameters)


def resolve_log(
    did: Did,
    lines: Iterable[JsonObject],
    *,
    witness_proofs: JsonValue | None,
    at: datetime | None = None,
    version_id: str | None = None,
    version_number: int | None = None,
    version_time: datetime | None = None,
) -> WebvhResolution:
    """Verify a whole log and return the version asked for, the newest if none is.

    `witness_proofs` is the content of `did-witness.json`, `None` if there is no such file. Without
    `at` there is no clock, and entries from the future are not noticed. An earlier version that
    was asked for is returned even if later entries do not hold, as did:webvh wants it.

    Raises `MalformedError` or `ProofError` for a log that does not hold or is another DID's, and
    `NotFoundError` if it does not have the version.
    """
    wanted = (version_id, version_number, version_time)
    if sum(selector is not None for selector in wanted) > 1:
        raise MalformedError("a version is named in one way")
    states, failure = _verified(lines, witness_proofs, at)
    if not any(state.did == did for state in states):
        raise failure or ProofError("the log is of another DID", at="/state/id")
    chosen = _version(states, version_id, version_number, version_time)
    if failure is not None and _may_have_been_replaced(chosen, states, wanted):
        raise failure
    if chosen is None:
        raise NotFoundError("the DID has no such version")
    return WebvhResolution(
        document=_with_implicit_services(chosen.document),
        metadata=_metadata(chosen, newest=states[-1]),
        state=chosen,
    )


def resolve_with(
    did: Did,
    lines: Iterable[JsonObject],
    options: ResolutionOptions,
    *,
    witness_proofs: JsonValue | None,
    at: datetime,
) -> Resolution:
    """Return what `resolve_log` does, as DID resolution has it.

    A DID that has ended keeps its document to itself, unless a version is asked for by name.
    """
    found = resolve_log(
        did,
        lines,
        witness_proofs=witness_proofs,
        at=at,
        version_id=options.version_id,
        version_number=options.version_number,
        version_time=options.version_time,
    )
    hidden = found.state.deactivated and not options.names_version
    return finished(
        Resolution(document=None if hidden else found.document, metadata=found.metadata), options
    )


def _verified(
    lines: Iterable[JsonObject], witness_proofs: JsonValue | None, at: datetime | None
) -> tuple[Sequence[WebvhState], SsiError | None]:
    """Return the states up to the first entry that does not hold, and why it does not."""
    states: list[WebvhState] = []
    failure: SsiError | None = None
    try:
        for line in lines:
            state = check_next(states[-1] if states else None, line)
            if at is not None:
                state.require_not_from_the_future(at)
            states.append(state)
    except (ConflictError, DeactivatedError) as error:
        failure = ProofError(error.reason, at=error.at)
    except SsiError as error:
        failure = error
    unapproved = first_without_approval(states, witness_proofs)
    if unapproved is not None:
        return states[:unapproved], ProofError("witness proofs are missing")
    return states, failure


def _version(
    states: Sequence[WebvhState],
    version_id: str | None,
    version_number: int | None,
    version_time: datetime | None,
) -> WebvhState | None:
    if version_id is not None:
        return next((state for state in states if state.version_id == version_id), None)
    if version_number is not None:
        return next((state for state in states if state.version_number == version_number), None)
    if version_time is not None:
        return next((s for s in reversed(states) if s.version_time <= version_time), None)
    return states[-1]


def _may_have_been_replaced(
    chosen: WebvhState | None, states: Sequence[WebvhState], wanted: tuple[object, ...]
) -> bool:
    """Say whether entries that do not hold could have changed the answer."""
    _, _, version_time = wanted
    asked_by_name = any(selector is not None for selector in wanted[:2])
    if chosen is None:
        return asked_by_name
    return not asked_by_name and (version_time is None or chosen is states[-1])


def _metadata(chosen: WebvhState, *, newest: WebvhState) -> JsonObject:
    """Return the DID document metadata, with the members and spellings of the published results."""
    parameters = newest.parameters
    metadata: dict[str, JsonValue] = {
        "versionId": chosen.version_id,
        "versionNumber": chosen.version_number,
        "versionTime": to_rfc3339(chosen.version_time, fractions=True),
        "created": to_rfc3339(newest.created, fractions=True),
        "updated": to_rfc3339(newest.version_time, fractions=True),
        "scid": newest.scid,
        "portable": parameters.portable,
        "deactivated": parameters.deactivated,
        "witness": {} if parameters.witness is None else parameters.witness.to_json(),
        "watchers": list(parameters.watchers),
    }
    if parameters.ttl is not None:
        metadata["ttl"] = str(parameters.ttl)
    return metadata


def _with_implicit_services(document: DidDocument) -> DidDocument:
    """Return `document` with the services `#files` and `#whois`, unless it has its own."""
    did, place = document.did, place_of(document.did)[1]
    given = as_array(document.source.get("service", []), at="/state/service")
    taken = [service.get("id") for service in given if isinstance(service, Mapping)]
    added = [
        service
        for service in _implicit_services(did, place)
        if service["id"] not in taken and str(service["id"]).removeprefix(str(did)) not in taken
    ]
    return DidDocument(did, {**document.source, "service": [*given, *added]})


def _implicit_services(did: Did, place: WebLocation) -> tuple[JsonObject, ...]:
    files = {"id": f"{did}#files", "type": "relativeRef", "serviceEndpoint": place.url("")}
    whois = {
        "@context": _LINKED_VP_CONTEXT,
        "id": f"{did}#whois",
        "type": "LinkedVerifiablePresentation",
        "serviceEndpoint": place.url("whois.vp"),
    }
    return files, whois
