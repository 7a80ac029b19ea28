"""What the controller of a did:webvh 1.0 DID does: create it, update it, end it.

https://identity.foundation/didwebvh/v1.0/#did-method-operations
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from ssi_core import strict_json
from ssi_core.did import key
from ssi_core.did.syntax import Did
from ssi_core.did.webvh_entry import SCID_PLACEHOLDER, entry_hash, scid_of
from ssi_core.did.webvh_log import WebvhState, replay
from ssi_core.did.webvh_parameters import METHOD, WitnessRule
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import Signer
from ssi_core.period import to_rfc3339
from ssi_core.proof.data_integrity import add_proof


def create(
    *,
    location: str,
    document: Callable[[Did], JsonObject],
    update_key: Signer,
    next_key_hashes: Sequence[str],
    at: datetime,
    witness: WitnessRule | None = None,
    portable: bool = False,
    parameters: JsonObject | None = None,
) -> JsonObject:
    """Return the first log entry of a new DID at `location` (`host%3Aport:path:segments`).

    `document` gets a stand-in for the DID, to be written wherever the DID goes, and returns the
    first DID document. Without `next_key_hashes` there is no pre-rotation. `parameters` holds what
    else there may be: `watchers`, `ttl`, further `updateKeys`.
    """
    stand_in = Did("webvh", f"{SCID_PLACEHOLDER}:{location}")
    given: dict[str, JsonValue] = {
        "method": METHOD,
        "scid": SCID_PLACEHOLDER,
        "updateKeys": [update_key.public_key.multikey],
        "nextKeyHashes": list(next_key_hashes),
        "portable": portable,
    }
    if witness is not None:
        given["witness"] = witness.to_json()
    preliminary: JsonObject = {
        "versionId": SCID_PLACEHOLDER,
        "versionTime": to_rfc3339(at),
        "parameters": {**given, **(parameters or {})},
        "state": document(stand_in),
    }
    scid = scid_of(preliminary)
    unsecured = strict_json.parse_object(
        strict_json.render(preliminary).replace(SCID_PLACEHOLDER, scid)
    )
    line = _signed(unsecured, number=1, predecessor=scid, update_key=update_key, at=at)
    WebvhState.first(line)
    return line


def update(
    log: Sequence[JsonObject] | WebvhState,
    *,
    document: JsonObject | None = None,
    update_key: Signer,
    update_keys: Sequence[str] | None = None,
    next_key_hashes: Sequence[str] | None = None,
    at: datetime,
    deactivate: bool = False,
    parameters: JsonObject | None = None,
) -> JsonObject:
    """Return the next log entry, signed by `update_key` and checked as a resolver would.

    `log` is the whole log so far, or the state that it leads to. `None` leaves `document` and keys
    as they are, but with pre-rotation `update_key`, announced before, becomes the one update key,
    and `next_key_hashes` is needed unless the DID ends. `parameters` holds what else changes:
    `witness`, `watchers`, `ttl`, `portable`.

    Raises what `WebvhState.then` raises, for instance `ProofError` for a key that may not sign.
    """
    state = log if isinstance(log, WebvhState) else replay(log)
    given = _changes(state, update_key, update_keys, next_key_hashes, deactivate=deactivate)
    unsecured: JsonObject = {
        "versionId": state.version_id,
        "versionTime": _time_after(state, at),
        "parameters": {**given, **(parameters or {})},
        "state": state.document.source if document is None else document,
    }
    number = state.version_number + 1
    line = _signed(
        unsecured, number=number, predecessor=state.version_id, update_key=update_key, at=at
    )
    state.then(line)
    return line


def _changes(
    state: WebvhState,
    update_key: Signer,
    update_keys: Sequence[str] | None,
    next_key_hashes: Sequence[str] | None,
    *,
    deactivate: bool,
) -> JsonObject:
    given: dict[str, JsonValue] = {}
    if update_keys is not None:
        given["updateKeys"] = list(update_keys)
    elif state.next_key_hashes:
        given["updateKeys"] = [update_key.public_key.multikey]
    elif deactivate:
        given["updateKeys"] = []
    if next_key_hashes is not None:
        given["nextKeyHashes"] = list(next_key_hashes)
    elif deactivate and state.next_key_hashes:
        given["nextKeyHashes"] = []
    if deactivate:
        given["deactivated"] = True
    return given


def _time_after(state: WebvhState, at: datetime) -> str:
    # Entries must be in strict order; two within one second are told apart by its fractions.
    whole = at.replace(microsecond=0)
    return to_rfc3339(at, fractions=whole <= state.version_time)


def _signed(
    unsecured: JsonObject, *, number: int, predecessor: str, update_key: Signer, at: datetime
) -> JsonObject:
    version_id = f"{number}-{entry_hash(unsecured, predecessor=predecessor)}"
    line = add_proof(
        {**unsecured, "versionId": version_id},
        signer=update_key,
        verification_method=key.method_id(key.did_for(update_key.public_key)),
        purpose="assertionMethod",
        created=at,
    )
    return {**line, "proof": [line["proof"]]}
