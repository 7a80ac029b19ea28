"""Entries, ready to be signed and sent: one builder for each type.

Every builder returns the exact bytes to submit. Keep them before sending: the same bytes sent twice
are one entry, while an entry built twice has another nonce.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from registry.model import profile
from registry.model.accreditations import Role
from registry.model.envelope import (
    PURPOSE,
    VERSION,
    Entry,
    EntryType,
    inception_id,
    key_hash,
)
from registry.model.grants import HOUR
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_encode, multibase_encode, sha256_multihash
from ssi_core.errors import AlgorithmError, MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import Ed25519PublicKey, Signer
from ssi_core.period import Period, to_timestamp
from ssi_core.proof.data_integrity import add_proof

__all__ = [
    "Entry",
    "EntryType",
    "Role",
    "accredit_grant",
    "accredit_revoke",
    "consent_grant",
    "consent_revoke",
    "did_op",
    "entry_id",
    "key_hash",
    "status_publish",
]

_NONCE_BYTES: Final = 32


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

    `ts` is cut to the hour: how far a phone's clock is off would tell its entries from others'.
    """
    salt = secrets.token_bytes(_NONCE_BYTES) if nonce is None else nonce
    no_key = multibase_encode(sha256_multihash(secrets.token_bytes(_NONCE_BYTES)))
    multikey = _multikey(signer)
    members: dict[str, JsonValue] = {
        **_head(EntryType.CONSENT_GRANT, log),
        "seq": 0,
        "prev": None,
        "ctl": multikey,
        "nk": next_key_hash,
        "rk": revocation_key_hash or no_key,
        "nbf": to_timestamp(not_before) // HOUR * HOUR,
        "exp": -(-to_timestamp(expires) // HOUR) * HOUR,
        "ms": max_staleness // timedelta(seconds=1),
        "c": dict(commitments),
        "n": base64url_encode(salt),
        "ts": to_timestamp(at) // HOUR * HOUR,
    }
    return _signed(_with_id(members), f"did:key:{multikey}#{multikey}", signer)


def consent_revoke(*, log: str, grant_id: str, signer: Signer, at: datetime) -> bytes:
    """Return a signed `consent.revoke`; `signer` is the grant's own key, its next or its rk."""
    multikey = _multikey(signer)
    hour = to_timestamp(at) // HOUR * HOUR
    members = {**_head(EntryType.CONSENT_REVOKE, log), "id": grant_id, "ts": hour}
    return _signed(members, f"did:key:{multikey}#{multikey}", signer)


def accredit_grant(  # noqa: PLR0913 - the members of the entry, each by its name
    *,
    log: str,
    issuer: Did,
    key_id: str,
    signer: Signer,
    subject: Did,
    role: Role | str,
    types: Sequence[str],
    period: Period,
    parent: str | None,
    at: datetime,
    nonce: bytes | None = None,
) -> bytes:
    """Return a signed `accredit.grant`; `parent` is the id of the issuer's own, none for a root.

    `key_id` is the DID URL of an Ed25519 key under the issuer's `assertionMethod`. A period that is
    open at its start begins at `at`; one that is open at its end is refused.
    """
    if period.end is None:
        raise MalformedError("an accreditation has an end", at="/exp")
    salt = secrets.token_bytes(_NONCE_BYTES) if nonce is None else nonce
    members: dict[str, JsonValue] = {
        **_head(EntryType.ACCREDIT_GRANT, log),
        "seq": 0,
        "prev": None,
        "iss": str(issuer),
        "sub": str(subject),
        "role": str(role),
        "types": sorted(set(types)),
        "by": parent,
        "nbf": to_timestamp(period.start or at),
        "exp": to_timestamp(period.end),
        "n": base64url_encode(salt),
        "ts": to_timestamp(at),
    }
    return _signed(_with_id(members), key_id, signer)


def accredit_revoke(
    *, log: str, accreditation_id: str, issuer: Did, key_id: str, signer: Signer, at: datetime
) -> bytes:
    """Return a signed `accredit.revoke`, by who accredited or stands above that in the chain."""
    members: dict[str, JsonValue] = {
        **_head(EntryType.ACCREDIT_REVOKE, log),
        "id": accreditation_id,
        "iss": str(issuer),
        "ts": to_timestamp(at),
    }
    return _signed(members, key_id, signer)


def status_publish(
    *,
    log: str,
    issuer: Did,
    key_id: str,
    signer: Signer,
    uri: str,
    digest: str,
    ttl: timedelta,
    previous: bytes | None,
    at: datetime,
    nonce: bytes | None = None,
) -> bytes:
    """Return a signed `status.publish`; `previous` is the entry it follows, none for the first.

    `digest` is base64url SHA-256 of the JCS form of the list, as `ssi_core.status` computes it.
    """
    salt = secrets.token_bytes(_NONCE_BYTES) if nonce is None else nonce
    members: dict[str, JsonValue] = {
        **_head(EntryType.STATUS_PUBLISH, log),
        "seq": 0,
        "prev": None,
        "iss": str(issuer),
        "uri": uri,
        "dig": digest,
        "ttl": ttl // timedelta(seconds=1),
        "n": base64url_encode(salt),
        "ts": to_timestamp(at),
    }
    if previous is None:
        return _signed(_with_id(members), key_id, signer)
    last = Entry.parse(previous)
    sequence = last.members.get("seq")
    members["seq"] = sequence + 1 if isinstance(sequence, int) else None
    members["prev"] = last.digest
    return _signed({**members, "id": last.members.get("id")}, key_id, signer)


def did_op(*, log: str, line: JsonObject) -> bytes:
    """Return a `did.op` around one line of a did:webvh log, which carries its own proof."""
    return profile.render({**_head(EntryType.DID_OP, log), "line": line})


def entry_id(raw: bytes) -> str | None:
    """Return the id that an entry names: its own if it begins a history, none for a `did.op`."""
    found = Entry.parse(raw).members.get("id")
    return found if isinstance(found, str) else None


def _head(kind: EntryType, log: str) -> dict[str, JsonValue]:
    return {"v": VERSION, "t": kind.value, "log": log}


def _with_id(members: Mapping[str, JsonValue]) -> JsonObject:
    profile.require(dict(members))
    return {**members, "id": inception_id(members)}


def _signed(members: JsonObject, method: str, signer: Signer) -> bytes:
    secured = add_proof(
        members, signer=signer, verification_method=method, purpose=PURPOSE, created=None
    )
    return profile.render(secured)


def _multikey(signer: Signer) -> str:
    if not isinstance(signer.public_key, Ed25519PublicKey):
        raise AlgorithmError("consent entries are signed with Ed25519 keys")
    return signer.public_key.multikey
