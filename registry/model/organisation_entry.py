"""Builders of what organisations say in the log: accreditations and publications."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from registry.model.accreditations import Role
from registry.model.entry_parts import head, nonce_text, signed, suspended, with_id
from registry.model.envelope import Entry, EntryType
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonValue
from ssi_core.keys import Signer
from ssi_core.period import Period, to_timestamp


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
    members: dict[str, JsonValue] = {
        **head(EntryType.ACCREDIT_GRANT, log),
        "seq": 0,
        "prev": None,
        "iss": str(issuer),
        "sub": str(subject),
        "role": str(role),
        "types": sorted(set(types)),
        "by": parent,
        "nbf": to_timestamp(period.start or at),
        "exp": to_timestamp(period.end),
        "n": nonce_text(nonce),
        "ts": to_timestamp(at),
    }
    return signed(with_id(members), key_id, signer)


def accredit_revoke(
    *,
    log: str,
    accreditation_id: str,
    issuer: Did,
    key_id: str,
    signer: Signer,
    at: datetime,
    compromised_since: datetime | None = None,
) -> bytes:
    """Return a signed `accredit.revoke`, by who accredited or stands above that in the chain.

    With `compromised_since` what was issued before that moment stays good.
    """
    members = _about(EntryType.ACCREDIT_REVOKE, log, accreditation_id, issuer=issuer, at=at)
    if compromised_since is not None:
        members["compromised_since"] = to_timestamp(compromised_since)
    return signed(members, key_id, signer)


def accredit_suspend(
    *,
    log: str,
    accreditation_id: str,
    issuer: Did,
    key_id: str,
    signer: Signer,
    at: datetime,
    nonce: bytes | None = None,
) -> bytes:
    """Return a signed `accredit.suspend`, by who may also revoke."""
    members = _about(EntryType.ACCREDIT_SUSPEND, log, accreditation_id, issuer=issuer, at=at)
    return signed({**members, "n": nonce_text(nonce)}, key_id, signer)


def accredit_resume(
    *, suspension: bytes, issuer: Did, key_id: str, signer: Signer, at: datetime
) -> bytes:
    """Return a signed `accredit.resume`; `suspension` is the `accredit.suspend` that is over."""
    log, accreditation_id, digest = suspended(suspension)
    members = _about(EntryType.ACCREDIT_RESUME, log, accreditation_id, issuer=issuer, at=at)
    return signed({**members, "prev": digest}, key_id, signer)


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
    members: dict[str, JsonValue] = {
        **head(EntryType.STATUS_PUBLISH, log),
        "seq": 0,
        "prev": None,
        "iss": str(issuer),
        "uri": uri,
        "dig": digest,
        "ttl": ttl // timedelta(seconds=1),
        "n": nonce_text(nonce),
        "ts": to_timestamp(at),
    }
    if previous is None:
        return signed(with_id(members), key_id, signer)
    last = Entry.parse(previous)
    sequence = last.members.get("seq")
    members["seq"] = sequence + 1 if isinstance(sequence, int) else None
    members["prev"] = last.digest
    return signed({**members, "id": last.members.get("id")}, key_id, signer)


def _about(
    kind: EntryType, log: str, accreditation_id: str, *, issuer: Did, at: datetime
) -> dict[str, JsonValue]:
    return {
        **head(kind, log),
        "id": accreditation_id,
        "iss": str(issuer),
        "ts": to_timestamp(at),
    }
