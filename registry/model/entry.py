"""Entries, ready to be signed and sent: one builder for each type.

Every builder returns the exact bytes to submit. Keep them before sending: the same bytes sent twice
are one entry, while an entry built twice has another nonce.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from registry.model import profile
from registry.model.accreditations import Role
from registry.model.entry_parts import (
    NONCE_BYTES,
    head,
    multikey,
    nonce_text,
    signed_by_itself,
    suspended,
    with_id,
)
from registry.model.envelope import Entry, EntryType, key_hash
from registry.model.grants import HOUR
from registry.model.log_entry import (
    access_breakglass,
    countersigned,
    log_handover,
    log_policy,
    state_snapshot,
)
from registry.model.organisation_entry import (
    accredit_grant,
    accredit_resume,
    accredit_revoke,
    accredit_suspend,
    status_publish,
)
from ssi_core.encoding import multibase_encode, sha256_multihash
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import Signer
from ssi_core.period import to_timestamp

__all__ = [
    "Entry",
    "EntryType",
    "Role",
    "access_breakglass",
    "accredit_grant",
    "accredit_resume",
    "accredit_revoke",
    "accredit_suspend",
    "consent_grant",
    "consent_redact",
    "consent_resume",
    "consent_revoke",
    "consent_supersede",
    "consent_suspend",
    "countersigned",
    "did_op",
    "entry_id",
    "key_hash",
    "log_handover",
    "log_policy",
    "state_snapshot",
    "status_publish",
]


def consent_grant(
    *,
    log: str,
    signer: Signer,
    next_key_hash: str,
    commitments: Mapping[str, str],
    not_before: datetime,
    expires: datetime,
    max_staleness: timedelta,
    at: datetime,
    revocation_key_hash: str | None = None,
    nonce: bytes | None = None,
) -> bytes:
    """Return a signed `consent.grant`; `signer` is the Ed25519 key of this one grant.

    `commitments` maps sub, rcp, pur, scp and trm to SHA-256 digests in base64url; hashes of keys
    come from `key_hash`. Times are widened to whole hours. Without a revocation key a random hash
    stands in its place, so that nobody can tell.
    """
    no_key = multibase_encode(sha256_multihash(secrets.token_bytes(NONCE_BYTES)))
    members: dict[str, JsonValue] = {
        **head(EntryType.CONSENT_GRANT, log),
        "seq": 0,
        "prev": None,
        "ctl": multikey(signer),
        "nk": next_key_hash,
        "rk": revocation_key_hash or no_key,
        "nbf": to_timestamp(not_before) // HOUR * HOUR,
        "exp": -(-to_timestamp(expires) // HOUR) * HOUR,
        "ms": max_staleness // timedelta(seconds=1),
        "c": dict(commitments),
        "n": nonce_text(nonce),
        "ts": to_timestamp(at),
    }
    return signed_by_itself(with_id(members), signer)


def consent_revoke(*, log: str, grant_id: str, signer: Signer, at: datetime) -> bytes:
    """Return a signed `consent.revoke`; `signer` is the grant's own key, its next or its rk."""
    return signed_by_itself(_about(EntryType.CONSENT_REVOKE, log, grant_id, at), signer)


def consent_supersede(*, grant_id: str, new: bytes, signer: Signer, at: datetime) -> bytes:
    """Return a signed `consent.supersede`: the grant in the entry `new` takes the other's place.

    `signer` is a key that may end the old grant; `new` is a whole `consent.grant`, not handed in
    by itself.
    """
    inner = Entry.parse(new)
    members = _about(EntryType.CONSENT_SUPERSEDE, inner.log, grant_id, at)
    return signed_by_itself({**members, "new": inner.members}, signer)


def consent_suspend(
    *, log: str, grant_id: str, signer: Signer, at: datetime, nonce: bytes | None = None
) -> bytes:
    """Return a signed `consent.suspend`; `signer` is the grant's own key."""
    members = _about(EntryType.CONSENT_SUSPEND, log, grant_id, at)
    return signed_by_itself({**members, "n": nonce_text(nonce)}, signer)


def consent_resume(*, suspension: bytes, signer: Signer, at: datetime) -> bytes:
    """Return a signed `consent.resume`; `suspension` is the `consent.suspend` that is over."""
    log, grant_id, digest = suspended(suspension)
    members = _about(EntryType.CONSENT_RESUME, log, grant_id, at)
    return signed_by_itself({**members, "prev": digest}, signer)


def consent_redact(
    *,
    log: str,
    grant_id: str,
    index: int,
    signer: Signer,
    at: datetime,
    superseded: str | None = None,
) -> bytes:
    """Return a signed `consent.redact` of a grant that is over, by a key that may end it.

    `index` is where the grant stands, `superseded` the id of the grant whose place it took.
    """
    members = _about(EntryType.CONSENT_REDACT, log, grant_id, at)
    return signed_by_itself({**members, "index": index, "old": superseded}, signer)


def did_op(*, log: str, line: JsonObject) -> bytes:
    """Return a `did.op` around one line of a did:webvh log, which carries its own proof."""
    return profile.render({**head(EntryType.DID_OP, log), "line": line})


def entry_id(raw: bytes) -> str | None:
    """Return the id that an entry names: its own if it begins a history, none for a `did.op`."""
    found = Entry.parse(raw).members.get("id")
    return found if isinstance(found, str) else None


def _about(kind: EntryType, log: str, grant_id: str, at: datetime) -> dict[str, JsonValue]:
    return {**head(kind, log), "id": grant_id, "ts": to_timestamp(at)}
