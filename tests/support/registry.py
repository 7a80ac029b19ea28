"""Entries, organisations and a log small enough to hold in the hand, for the registry's tests."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from registry.model import checkpoint, entry
from registry.model.checkpoint import Checkpoint
from registry.model.contents import content_of
from registry.model.envelope import Entry, EntryType
from registry.model.evidence import EntryProof, LogEvidence, LogPolicy
from registry.model.log_entries import Member
from registry.model.merkle import CompactRange, leaf_hash
from registry.model.signed_note import SignatureType
from registry.model.state import CheckedEntry, validate
from registry.model.status_map import chunk_count
from registry.model.status_proof import ChunkProof
from registry.model.stored_nodes import inclusion_path
from registry.model.view import EmptyView, Overlay
from ssi_core.did import webvh
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_encode
from ssi_core.errors import SsiError
from ssi_core.json_types import JsonObject
from ssi_core.keys import Ed25519Signer
from ssi_core.period import Period

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
YEAR = timedelta(days=365)
ORIGIN = "registry.example/2026"
DIAGNOSIS = "urn:consentry:diagnosis:1"
LAB = "urn:consentry:laboratory-result:1"


def signer(name: str) -> Ed25519Signer:
    """A key that is the same every time, and nobody else's."""
    return Ed25519Signer(sha256(name.encode()).digest())


LOG_SIGNER, WITNESS_SIGNER = signer("log"), signer("witness")
POLICY = LogPolicy(
    origin=ORIGIN,
    log_vkey=str(checkpoint.verifier_key(ORIGIN, LOG_SIGNER, SignatureType.ED25519)),
    witness_vkeys=(
        str(checkpoint.verifier_key("w.example", WITNESS_SIGNER, SignatureType.COSIGNATURE_V1)),
    ),
    max_checkpoint_age=timedelta(minutes=5),
)


@dataclass(frozen=True)
class Grant:
    """A grant's entry with every key that may end it."""

    raw: bytes
    id: str
    key: Ed25519Signer
    next_key: Ed25519Signer
    revocation_key: Ed25519Signer

    def suspended(
        self, key: Ed25519Signer | None = None, *, nonce: bytes = b"", log: str = ORIGIN
    ) -> bytes:
        """The entry that suspends it; another nonce makes another entry."""
        return entry.consent_suspend(
            log=log,
            grant_id=self.id,
            signer=key or self.key,
            at=AT,
            nonce=sha256(nonce).digest(),
        )

    def resumed(self, suspension: bytes, key: Ed25519Signer | None = None) -> bytes:
        """The entry after which it counts again."""
        return entry.consent_resume(suspension=suspension, signer=key or self.key, at=AT)

    def superseded(self, new: "Grant", key: Ed25519Signer | None = None) -> bytes:
        """The entry that puts `new` in its place."""
        return entry.consent_supersede(grant_id=self.id, new=new.raw, signer=key or self.key, at=AT)

    def redacted(
        self,
        index: int,
        key: Ed25519Signer | None = None,
        *,
        old: str | None = None,
        log: str = ORIGIN,
    ) -> bytes:
        """The entry that drops its bytes, which stand at `index`."""
        return entry.consent_redact(
            log=log,
            grant_id=self.id,
            index=index,
            signer=key or self.key,
            at=AT,
            superseded=old,
        )

    def revoked(self, key: Ed25519Signer | None = None, *, log: str = ORIGIN) -> bytes:
        """The entry that ends it, signed with `key` or the grant's own."""
        return entry.consent_revoke(log=log, grant_id=self.id, signer=key or self.key, at=AT)


def handed_in(raws: Sequence[bytes | None]) -> list[bytes]:
    """The entries of a log that somebody handed in: all but its own snapshots."""
    return [raw for raw in raws if raw is not None and b'"t":"state.snapshot"' not in raw]


def commitments(name: str = "") -> dict[str, str]:
    """Five digests that commit to nothing."""
    fields = ("sub", "rcp", "pur", "scp", "trm")
    return {f: base64url_encode(sha256(f"{name} {f}".encode()).digest()) for f in fields}


def grant(name: str = "grant", *, log: str = ORIGIN, start: datetime = AT) -> Grant:
    """A grant of thirty days; another name is another grant."""
    keys = [signer(f"{name} {use}") for use in ("key", "next", "revocation")]
    raw = entry.consent_grant(
        log=log,
        signer=keys[0],
        next_key_hash=entry.key_hash(keys[1].public_key),
        revocation_key_hash=entry.key_hash(keys[2].public_key),
        commitments=commitments(name),
        not_before=start,
        expires=start + timedelta(days=30),
        max_staleness=timedelta(hours=1),
        at=AT,
        nonce=sha256(name.encode()).digest(),
    )
    return Grant(raw, entry.entry_id(raw) or "", *keys)


@dataclass(frozen=True)
class Organisation:
    """A did:webvh with the first line of its log, and the key that it signs entries with."""

    name: str
    did: Did
    line: JsonObject
    key: Ed25519Signer
    log: str

    @property
    def key_id(self) -> str:
        """The verification method of `key`."""
        return f"{self.did}#log"

    @property
    def op(self) -> bytes:
        """The entry that brings the DID into the log."""
        return entry.did_op(log=self.log, line=self.line)

    def accredits(
        self,
        subject: Did,
        *,
        role: str = "issue",
        types: Sequence[str] = (DIAGNOSIS,),
        parent: bytes | None = None,
        period: Period | None = None,
        key_id: str | None = None,
    ) -> bytes:
        """An accreditation, below the one in the entry `parent`."""
        return entry.accredit_grant(
            log=self.log,
            issuer=self.did,
            key_id=key_id or self.key_id,
            signer=self.key,
            subject=subject,
            role=role,
            types=types,
            period=period or Period(AT, AT + YEAR),
            parent=None if parent is None else entry.entry_id(parent),
            at=AT,
        )

    def ends(
        self, accreditation: bytes, *, since: datetime | None = None, at: datetime = AT
    ) -> bytes:
        """The entry that ends an accreditation, because of a compromise if `since` says so."""
        return entry.accredit_revoke(
            log=self.log,
            accreditation_id=entry.entry_id(accreditation) or "",
            issuer=self.did,
            key_id=self.key_id,
            signer=self.key,
            at=at,
            compromised_since=since,
        )

    def suspends(self, accreditation: bytes, *, nonce: int = 0, at: datetime = AT) -> bytes:
        """The entry that suspends an accreditation."""
        return entry.accredit_suspend(
            log=self.log,
            accreditation_id=entry.entry_id(accreditation) or "",
            issuer=self.did,
            key_id=self.key_id,
            signer=self.key,
            at=at,
            nonce=sha256(f"{self.name} {nonce}".encode()).digest(),
        )

    def resumes(self, suspension: bytes, *, at: datetime = AT) -> bytes:
        """The entry after which an accreditation counts again."""
        return entry.accredit_resume(
            suspension=suspension, issuer=self.did, key_id=self.key_id, signer=self.key, at=at
        )

    def publishes(
        self,
        uri: str = "https://clinic.example/status/1",
        digest: str | None = None,
        *,
        previous: bytes | None = None,
    ) -> bytes:
        """A publication of a status list."""
        return entry.status_publish(
            log=self.log,
            issuer=self.did,
            key_id=self.key_id,
            signer=self.key,
            uri=uri,
            digest=digest or base64url_encode(bytes(32)),
            ttl=timedelta(minutes=5),
            previous=previous,
            at=AT,
        )

    def updates(self, *, deactivate: bool = False, document: JsonObject | None = None) -> bytes:
        """The second line of its DID's log."""
        line = webvh.update(
            [self.line],
            document=document,
            update_key=signer(f"{self.name} update 1"),
            next_key_hashes=None
            if deactivate
            else [webvh.key_hash(signer(f"{self.name} update 2").public_key.multikey)],
            at=AT + timedelta(seconds=1),
            deactivate=deactivate,
        )
        return entry.did_op(log=self.log, line=line)


def organisation(
    name: str,
    *,
    host: str = "localhost%3A8100",
    log: str = ORIGIN,
    path: str | None = None,
    at: datetime = AT,
) -> Organisation:
    """An organisation with a DID of its own."""
    key = signer(f"{name} log")
    line = webvh.create(
        location=f"{host}:dids:{path or name}",
        document=lambda did: {
            "@context": ["https://www.w3.org/ns/did/v1"],
            "id": str(did),
            "verificationMethod": [
                {
                    "id": f"{did}#log",
                    "type": "Multikey",
                    "controller": str(did),
                    "publicKeyMultibase": key.public_key.multikey,
                }
            ],
            "assertionMethod": [f"{did}#log"],
        },
        update_key=signer(f"{name} update 0"),
        next_key_hashes=[webvh.key_hash(signer(f"{name} update 1").public_key.multikey)],
        at=at,
    )
    return Organisation(name, webvh.replay([line]).did, line, key, log)


class SmallLog:
    """A log that takes everything, honest or not, and proves what it has.

    What it shows ends with a snapshot of the state that its entries make, those left aside that
    had to be refused.
    """

    def __init__(self, entries: Sequence[bytes] = (), *, origin: str = ORIGIN) -> None:
        self.entries = list(entries)
        self._origin = origin

    def state(self) -> Overlay:
        """What the entries make true."""
        state = Overlay(EmptyView())
        for index, raw in enumerate(self.entries):
            state.move_to(index)
            with suppress(SsiError):
                found = Entry.parse(raw)
                state.apply(validate(CheckedEntry(found, content_of(found)), state))
        state.move_to(len(self.entries))
        return state

    def snapshot(self, *, signer: Ed25519Signer = LOG_SIGNER, **changes: Any) -> bytes:
        """The entry that comes last."""
        state, size = self.state(), len(self.entries)
        members: dict[str, Any] = {
            "sequence": state.log().snapshots,
            "size": size,
            "root": state.status_map().root(size),
            "at": AT,
        }
        return entry.state_snapshot(log=self._origin, signer=signer, **{**members, **changes})

    def checkpoint(self, *, at: datetime = AT, snapshot: bytes | None = None) -> str:
        """The cosigned checkpoint."""
        edge = CompactRange()
        for raw in self._closed(snapshot):
            edge.push(leaf_hash(raw))
        head = Checkpoint(self._origin, edge.size, edge.root())
        note = checkpoint.sign(head, signer=LOG_SIGNER)
        return checkpoint.cosign(note, name="w.example", signer=WITNESS_SIGNER, at=at)

    def evidence(
        self, *indexes: int, at: datetime = AT, snapshot: bytes | None = None
    ) -> LogEvidence:
        """Evidence of the entries at `indexes`, all if none is named, under a last entry."""
        closed = self._closed(snapshot)
        edge = CompactRange()
        nodes = [b"".join(edge.push(leaf_hash(raw))) for raw in closed]

        def proved(index: int) -> EntryProof:
            path = inclusion_path(
                index, len(closed), load=lambda places: {place: nodes[place] for place in places}
            )
            return EntryProof(closed[index], index, path)

        last = len(closed) - 1
        wanted = sorted({*(indexes or range(last)), last})
        chunks = self.state().status_map()
        statuses = tuple(
            ChunkProof(number, chunks.chunk(number), chunks.path(number, last))
            for number in range(chunk_count(last))
        )
        note = self.checkpoint(at=at, snapshot=snapshot)
        return LogEvidence(tuple(proved(index) for index in wanted), note, statuses)

    def _closed(self, snapshot: bytes | None) -> list[bytes]:
        return [*self.entries, snapshot or self.snapshot()]


def policy_entry(
    members: Sequence[str] = ("a", "b", "c"),
    quorum: int = 2,
    *,
    signers: Sequence[Ed25519Signer] = (LOG_SIGNER,),
    previous: bytes | None = None,
    keys: Sequence[Ed25519Signer] = (LOG_SIGNER,),
) -> bytes:
    """A policy of the log; members have the keys of their names."""
    raw = entry.log_policy(
        log=ORIGIN,
        signer=signers[0],
        keys=[key.public_key.multikey for key in keys],
        members=[Member(name, signer(name).public_key.multikey) for name in members],
        quorum=quorum,
        previous=previous,
        at=AT,
        nonce=bytes(32),
    )
    for other in signers[1:]:
        raw = entry.countersigned(raw, other)
    return raw


def handover_entry(
    *, signers: Sequence[Ed25519Signer] = (LOG_SIGNER,), allows: Sequence[EntryType] = ()
) -> bytes:
    """The end of the log in favour of another."""
    raw = entry.log_handover(
        log=ORIGIN,
        signer=signers[0],
        next_origin="registry.example/2027",
        next_key=signer("next log").public_key.multikey,
        at=AT,
        allows=allows,
        nonce=bytes(32),
    )
    for other in signers[1:]:
        raw = entry.countersigned(raw, other)
    return raw


def emergency_entry(name: str = "emergency") -> bytes:
    """A broken glass, under a key of its own; it commits to nothing."""
    digest = base64url_encode(sha256(name.encode()).digest())
    body: JsonObject = {
        "t": "access.breakglass",
        "c": dict.fromkeys(("sub", "rcp", "act", "pur", "scp", "rsn"), digest),
        "ts": int(AT.timestamp()) // 3600 * 3600,
    }
    return entry.access_breakglass(
        log=ORIGIN, signer=signer(name), body=body, nonce=sha256(name.encode()).digest()
    )


def every_type() -> dict[str, tuple[bytes, list[bytes]]]:
    """An entry of each type, with those that must come before it."""
    authority, clinic, given = organisation("authority"), organisation("clinic"), grant("given")
    root = authority.accredits(authority.did, role="accredit")
    stopped, paused = given.suspended(), authority.suspends(root)
    return {
        "consent.grant": (grant("new").raw, []),
        "consent.revoke": (given.revoked(), [given.raw]),
        "consent.supersede": (given.superseded(grant("newer")), [given.raw]),
        "consent.suspend": (stopped, [given.raw]),
        "consent.resume": (given.resumed(stopped), [given.raw, stopped]),
        "consent.redact": (given.redacted(0), [given.raw, given.revoked()]),
        "accredit.grant": (root, [authority.op]),
        "accredit.revoke": (authority.ends(root), [authority.op, root]),
        "accredit.suspend": (paused, [authority.op, root]),
        "accredit.resume": (authority.resumes(paused), [authority.op, root, paused]),
        "status.publish": (clinic.publishes(), [clinic.op]),
        "did.op": (clinic.op, []),
        "state.snapshot": (SmallLog([given.raw]).snapshot(), [given.raw]),
        "log.policy": (policy_entry(), [SmallLog().snapshot()]),
        "log.handover": (handover_entry(), [SmallLog().snapshot()]),
        "access.breakglass": (emergency_entry(), []),
    }
