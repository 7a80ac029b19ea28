"""Builders of what a log says of itself: snapshots, policies, its handover; and broken glass."""

from collections.abc import Sequence
from datetime import datetime

from registry.model import profile
from registry.model.entry_parts import (
    head,
    multikey,
    nonce_text,
    own_method,
    signed_by_itself,
    with_id,
)
from registry.model.entry_proof import proof_of
from registry.model.envelope import Entry, EntryType
from registry.model.log_entries import ENDINGS, Member
from ssi_core.encoding import base64url_encode
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import Signer
from ssi_core.period import to_timestamp
from ssi_core.strict_json import as_array


def state_snapshot(
    *, log: str, signer: Signer, sequence: int, size: int, root: bytes, at: datetime
) -> bytes:
    """Return a signed `state.snapshot` for index `size`; `signer` is the log's own key.

    `sequence` counts the snapshots before, `root` is that of the status map of all entries before.
    """
    members: dict[str, JsonValue] = {
        **head(EntryType.STATE_SNAPSHOT, log),
        "seq": sequence,
        "size": size,
        "root": base64url_encode(root),
        "ts": to_timestamp(at),
    }
    return signed_by_itself(members, signer)


def log_policy(
    *,
    log: str,
    signer: Signer,
    keys: Sequence[str],
    members: Sequence[Member],
    quorum: int,
    previous: bytes | None,
    at: datetime,
    nonce: bytes | None = None,
) -> bytes:
    """Return a `log.policy` with its first signature; `countersigned` adds the others'.

    `keys` are Multikeys of the log itself. `previous` is the policy it follows, none for the first,
    which the log's own key signs.
    """
    body: dict[str, JsonValue] = {
        **head(EntryType.LOG_POLICY, log),
        "seq": 0,
        "prev": None,
        "keys": sorted(keys),
        "members": [each.to_json() for each in sorted(members, key=lambda each: each.name)],
        "quorum": quorum,
        "n": nonce_text(nonce),
        "ts": to_timestamp(at),
    }
    if previous is None:
        return _with_proofs(with_id(body), [signer])
    last = Entry.parse(previous)
    sequence = last.members.get("seq")
    body["seq"] = sequence + 1 if isinstance(sequence, int) else None
    return _with_proofs({**body, "prev": last.digest, "id": last.members.get("id")}, [signer])


def log_handover(
    *,
    log: str,
    signer: Signer,
    next_origin: str,
    next_key: str,
    at: datetime,
    allows: Sequence[EntryType] = tuple(sorted(ENDINGS)),
    nonce: bytes | None = None,
) -> bytes:
    """Return a `log.handover` with its first signature; `countersigned` adds the others'."""
    body: dict[str, JsonValue] = {
        **head(EntryType.LOG_HANDOVER, log),
        "next": {"origin": next_origin, "key": next_key},
        "allows": sorted(allows),
        "n": nonce_text(nonce),
        "ts": to_timestamp(at),
    }
    return _with_proofs(body, [signer])


def countersigned(raw: bytes, signer: Signer) -> bytes:
    """Return a `log.policy` or `log.handover` with one more signature."""
    members = dict(Entry.parse(raw).members)
    before = as_array(members.pop("proof", None), at="/proof")
    return profile.render({**members, "proof": [*before, _own_proof(members, signer)]})


def access_breakglass(
    *, log: str, signer: Signer, body: JsonObject, nonce: bytes | None = None
) -> bytes:
    """Return a signed `access.breakglass`; `signer` is an Ed25519 key for this one entry.

    `body` is what `consent_contracts.break_glass_log.log_body` made: `t`, `c` and `ts`.
    """
    if body.keys() != {"t", "c", "ts"} or body["t"] != EntryType.ACCESS_BREAKGLASS:
        raise MalformedError("not the body of a broken glass", at="/t")
    members: dict[str, JsonValue] = {
        **head(EntryType.ACCESS_BREAKGLASS, log),
        "ctl": multikey(signer),
        "c": body["c"],
        "ts": body["ts"],
        "n": nonce_text(nonce),
    }
    return signed_by_itself(with_id(members), signer)


def _with_proofs(members: JsonObject, signers: Sequence[Signer]) -> bytes:
    return profile.render({**members, "proof": [_own_proof(members, each) for each in signers]})


def _own_proof(members: JsonObject, signer: Signer) -> JsonObject:
    return proof_of(members, own_method(signer), signer)
