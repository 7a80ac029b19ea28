"""Credentials as the wallet keeps them: one credential, and its copies that verifiers get."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from ssi_core import claim_path
from ssi_core.claim_path import ClaimPath
from ssi_core.errors import NotFoundError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import PrivateKey
from ssi_core.period import to_timestamp
from wallet.body import Body
from wallet.keys import parse_key, render_key
from wallet.vault import Change, Destroy, Keep, Record, Vault

CREDENTIAL: Final = "credential"
COPY: Final = "copy"
_OF_CREDENTIAL: Final = "credential"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a claim is called before people; `path` is a claims path (OpenID4VP section 7)."""

    path: ClaimPath
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCredential:
    """One credential that an issuer gave, whatever the number of its copies."""

    id: str
    vct: str
    issuer: str
    issuer_name: str
    title: str
    labels: tuple[Label, ...]
    received_at: datetime
    record: Record | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One copy with the key it is bound to, and the verifiers that have seen it."""

    id: str
    credential_id: str
    text: str
    key: PrivateKey
    seen_by: tuple[str, ...] = ()
    record: Record | None = None


def held_credentials(vault: Vault) -> tuple[HeldCredential, ...]:
    """Return every credential, oldest first."""
    return tuple(_credential(record) for record in vault.find(CREDENTIAL))


def held_credential(vault: Vault, credential_id: str) -> HeldCredential:
    """Return one credential; raise `NotFoundError` if the wallet has it no more."""
    return _credential(vault.load(CREDENTIAL, credential_id))


def copies_of(vault: Vault, credential_id: str) -> tuple[Copy, ...]:
    """Return the copies of a credential; raise `NotFoundError` if there are none."""
    copies = tuple(_copy(found) for found in vault.find(COPY, credential=credential_id))
    if not copies:
        raise NotFoundError("the wallet has no such credential", at="/credential")
    return copies


def copy_for(copies: Sequence[Copy], verifier: str) -> Copy:
    """Return the copy that `verifier` has seen before, or a fresh one, or the least seen."""
    known = [copy for copy in copies if verifier in copy.seen_by]
    return known[0] if known else min(copies, key=lambda copy: len(copy.seen_by))


def links_verifiers(copy: Copy, verifier: str) -> bool:
    """Say whether `copy` was seen by another, so that the two could tell it is one person."""
    return any(other != verifier for other in copy.seen_by)


def remember_seen(copy: Copy, verifier: str) -> Copy:
    """Return the copy as it is after `verifier` has seen it."""
    if verifier in copy.seen_by:
        return copy
    return replace(copy, seen_by=(*copy.seen_by, verifier))


def keep_credential(credential: HeldCredential) -> Keep:
    """Return the change that stores `credential`."""
    body = {
        "vct": credential.vct,
        "issuer": credential.issuer,
        "issuer_name": credential.issuer_name,
        "title": credential.title,
        "labels": render_labels(credential.labels),
        "received_at": to_timestamp(credential.received_at),
    }
    return Keep(replace(credential.record or Record(kind=CREDENTIAL, id=credential.id), body=body))


def keep_copy(copy: Copy) -> Keep:
    """Return the change that stores `copy`."""
    body: JsonObject = {
        "credential": copy.credential_id,
        "text": copy.text,
        "key": render_key(copy.key),
        "seen_by": list(copy.seen_by),
    }
    new = Record(kind=COPY, id=copy.id, tags={_OF_CREDENTIAL: copy.credential_id})
    return Keep(replace(copy.record or new, body=body))


def destroy_credential(vault: Vault, credential_id: str) -> tuple[Change, ...]:
    """Return the changes that destroy a credential, its copies and their keys."""
    held_credential(vault, credential_id)
    copies = (Destroy(COPY, copy.id) for copy in copies_of(vault, credential_id))
    return (*copies, Destroy(CREDENTIAL, credential_id))


def render_labels(labels: Sequence[Label]) -> JsonValue:
    """Return labels as JSON."""
    return [{"path": claim_path.render(label.path), "text": label.text} for label in labels]


def parse_label(members: JsonObject) -> Label:
    """Read one of the labels that `render_labels` wrote."""
    return Label(path=claim_path.parse(members.get("path")), text=Body(members).text("text"))


def _credential(record: Record) -> HeldCredential:
    body = Body(record.body)
    return HeldCredential(
        id=record.id,
        vct=body.text("vct"),
        issuer=body.text("issuer"),
        issuer_name=body.text("issuer_name"),
        title=body.text("title"),
        labels=body.each("labels", parse_label),
        received_at=body.moment("received_at"),
        record=record,
    )


def _copy(record: Record) -> Copy:
    body = Body(record.body)
    return Copy(
        id=record.id,
        credential_id=body.text("credential"),
        text=body.text("text"),
        key=parse_key(body.object("key"), at="/key"),
        seen_by=body.texts("seen_by"),
        record=record,
    )
