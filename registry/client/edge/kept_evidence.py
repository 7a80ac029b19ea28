"""The last evidence that held, about each thing: what a role decides on while it is cut off."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from threading import Lock
from typing import Final, Protocol, Self, final

from registry.model.checkpoint import Checkpoint
from registry.model.log_evidence import LogEvidence
from registry.model.signed_note import SignedNote
from ssi_core import strict_json
from ssi_core.did.syntax import Did

NO_TREE: Final = -1
"""The size of a row that no checkpoint is behind: its time is our own, and no witness's."""


@dataclass(frozen=True, slots=True)
class KeptEvidence(LogEvidence):
    """Evidence from when the log could last be asked: it has to be verified like any other."""

    @classmethod
    def of(cls, evidence: LogEvidence) -> Self:
        """Mark evidence as kept."""
        return cls(**{each.name: getattr(evidence, each.name) for each in fields(evidence)})


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRow:
    """Evidence as a store has it: its text, the size of its tree, and when witnesses saw that.

    A row of `NO_TREE` has the time at which we were told instead.
    """

    key: str
    text: str
    size: int
    known_at: datetime

    def takes_the_place_of(self, size: int, known_at: datetime) -> bool:
        """Say whether this row is to be kept, and not one of that size and time."""
        return self.size == NO_TREE or (size <= self.size and known_at <= self.known_at)


class EvidenceStore(Protocol):
    """Where kept evidence lies. Durable once a call returns; threads may share it."""

    def load(self, key: str) -> KeptRow | None:
        """Return what is kept under a key."""
        ...

    def keep(self, row: KeptRow) -> None:
        """Keep a row, unless what is kept under its key is of a larger tree or a later time.

        Of rows without a tree the last one stays: nobody but our clock says which is later.
        """
        ...

    def newest(self) -> datetime | None:
        """Return the latest `known_at` of all rows that have a tree."""
        ...

    def forget(self, *, before: datetime) -> None:
        """Remove rows of before that moment."""
        ...


@final
class EvidenceCache:
    """Keeps evidence that was verified; newer evidence takes the place of older."""

    def __init__(self, store: EvidenceStore) -> None:
        self._store = store

    def keep(self, key: str, evidence: LogEvidence, *, known_at: datetime) -> None:
        """Keep evidence that has just been verified, and was known to be so at `known_at`."""
        if isinstance(evidence, KeptEvidence):
            return
        text = strict_json.render(evidence.to_json())
        row = KeptRow(key=key, text=text, size=size_of(evidence), known_at=known_at)
        self._store.keep(row)

    def keep_text(self, key: str, text: str, *, known_at: datetime) -> None:
        """Keep something verified that no checkpoint is behind, and that we had at `known_at`."""
        self._store.keep(KeptRow(key=key, text=text, size=NO_TREE, known_at=known_at))

    def find_text(self, key: str) -> KeptRow | None:
        """Return what `keep_text` kept last."""
        return self._store.load(key)

    def find(self, key: str) -> KeptEvidence | None:
        """Return what was last good; nothing if there never was any."""
        found = self._store.load(key)
        if found is None:
            return None
        body = strict_json.parse_object(found.text, max_bytes=len(found.text.encode()))
        return KeptEvidence.of(LogEvidence.from_json(body))

    def newest(self) -> datetime | None:
        """Return the latest time that a witness of verified evidence has put its name to."""
        return self._store.newest()

    def forget(self, *, before: datetime) -> None:
        """Remove what is too old to be of use to anybody."""
        self._store.forget(before=before)


@final
class MemoryEvidenceStore:
    """Implements `EvidenceStore`, gone with the process."""

    def __init__(self) -> None:
        self._rows: dict[str, KeptRow] = {}
        self._lock = Lock()

    def load(self, key: str) -> KeptRow | None:
        """Return what is kept under a key."""
        return self._rows.get(key)

    def keep(self, row: KeptRow) -> None:
        """Keep a row, unless what is kept under its key is of a larger tree or a later time."""
        with self._lock:
            there = self._rows.get(row.key)
            if there is None or row.takes_the_place_of(there.size, there.known_at):
                self._rows[row.key] = row

    def newest(self) -> datetime | None:
        """Return the latest `known_at` of all rows that have a tree."""
        with self._lock:
            rows = [row for row in self._rows.values() if row.size != NO_TREE]
            return max((row.known_at for row in rows), default=None)

    def forget(self, *, before: datetime) -> None:
        """Remove rows of before that moment."""
        with self._lock:
            self._rows = {k: row for k, row in self._rows.items() if row.known_at >= before}


def size_of(evidence: LogEvidence) -> int:
    """Return the size of the tree that verified evidence is about."""
    return Checkpoint.parse(SignedNote.parse(evidence.checkpoint).text).size


def grant_key(grant_id: str) -> str:
    """Return the key for evidence of a grant."""
    return _key("grant", grant_id)


def accreditation_key(subject: Did, role: str, type_: str, roots: Collection[Did]) -> str:
    """Return the key for evidence of an accreditation below some of `roots`."""
    return _key("accreditation", str(subject), str(role), type_, *sorted(map(str, roots)))


def did_key(did: Did) -> str:
    """Return the key for the log of a DID."""
    return _key("did", str(did))


def status_list_key(uri: str, issuer: Did) -> str:
    """Return the key for evidence of a status list's publication."""
    return _key("status", uri, str(issuer))


def _key(*parts: str) -> str:
    return strict_json.render(list(parts))
