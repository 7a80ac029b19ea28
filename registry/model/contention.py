"""Which statements contend for one place, of which the log takes the first, and who makes them."""

from collections.abc import Mapping
from typing import Final

from registry.model.envelope import Entry, EntryType
from ssi_core.did.syntax import Did, DidUrl
from ssi_core.json_types import JsonValue
from ssi_core.strict_json import as_object, as_text

# Two publications of one list under one number, and two policies of one log, contradict.
_PLACES: Final[Mapping[EntryType, tuple[str, ...]]] = {
    EntryType.STATUS_PUBLISH: ("iss", "uri", "seq"),
    EntryType.LOG_POLICY: ("log", "seq"),
}


def place_of(entry: Entry) -> tuple[JsonValue, ...] | None:
    """Return what only one entry of the log can be; nothing if the entry claims no such place.

    Of a DID's versions the first claims none: its content is its name.
    """
    if entry.type is EntryType.DID_OP:
        number = _version(entry)
        return None if number == "1" else (entry.type.value, str(_did(entry)), number)
    members = _PLACES.get(entry.type)
    if members is None:
        return None
    return (entry.type.value, *(entry.members.get(name) for name in members))


def signers_of(entry: Entry) -> frozenset[Did]:
    """Return who has signed the entry, by what it says itself: unverified."""
    if entry.type is EntryType.DID_OP:
        return frozenset({_did(entry)})
    several = isinstance(entry.members.get("proof"), list | tuple)
    proofs = entry.proofs() if several else (entry.proof(),)
    at = "/proof/verificationMethod"
    return frozenset(DidUrl.parse(proof.verification_method, at=at).did for proof in proofs)


def contradicted_by(entry: Entry, other: Entry) -> tuple[Did, ...]:
    """Return who has signed both, in order of their names, if both claim one place."""
    place = place_of(entry)
    if place is None or place != place_of(other) or entry.leaf == other.leaf:
        return ()
    return tuple(sorted(signers_of(entry) & signers_of(other), key=str))


def _did(entry: Entry) -> Did:
    state = as_object(_line(entry).get("state"), at="/line/state")
    return Did.parse(as_text(state.get("id"), at="/line/state/id"), at="/line/state/id")


def _version(entry: Entry) -> str:
    at = "/line/versionId"
    return as_text(_line(entry).get("versionId"), at=at).partition("-")[0]


def _line(entry: Entry) -> Mapping[str, JsonValue]:
    return as_object(entry.members.get("line"), at="/line")
