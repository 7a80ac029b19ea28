"""The last checkpoint of a log that is to be dropped, cosigned, after which nobody writes to it."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from registry.adapters.replica_files import FileReplicaMemory
from registry.app import RegistrySettings, open_oversight, open_registry
from registry.cli.options import revealed
from registry.model.log_evidence import LogPolicy
from registry.model.signed_note import SignedNote
from registry.ports import LogStore
from registry.service.dropping import head_of
from registry.service.registry import Registry
from registry.service.replica.source import Belief
from ssi_core.adapters.clock import SystemClock
from ssi_core.errors import LogProofError, UnavailableError

_PATIENCE_SECONDS: Final = 20.0
_PAUSE_SECONDS: Final = 0.2
# No DID is taken in, so it does not matter where they would live.
_NOWHERE: Final = "http://localhost"


@dataclass(frozen=True, slots=True)
class LastCheckpoint:
    """A checkpoint, and when it was: not later than those say who cosigned it.

    So a clock that runs ahead does not make anything expire that others see in force.
    """

    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OwnLog:
    """A log of this registry's own, which it can sign for."""

    settings: RegistrySettings

    def look(self, store: LogStore) -> LastCheckpoint:
        """Return what the log signed last; nobody is asked."""
        return LastCheckpoint(head_of(store).note, SystemClock().now())

    def seal(self, store: LogStore) -> LastCheckpoint:
        """Become the log's writer, and return its last checkpoint with enough cosignatures.

        Witnesses and anchor are asked as they are at every start: raises `LogProofError` if one of
        them has seen another log, and `UnavailableError` if they do not answer.
        """
        del store
        given = self.settings
        with (
            open_oversight(witnesses=given.witnesses, policy=given.policy) as oversight,
            open_registry(
                data_dir=given.data_dir,
                public_url=_NOWHERE,
                database=given.database,
                passphrase=revealed(given.passphrase),
                workers=0,
                oversight=oversight,
                anchor=given.anchored_at(),
            ) as registry,
        ):
            return _cosigned(registry)


@dataclass(frozen=True, slots=True)
class ReplicasLog:
    """Another's log, as a replica holds it: what was said of it last is known."""

    settings: RegistrySettings
    belief: Belief

    def look(self, store: LogStore) -> LastCheckpoint:
        """Return the newest checkpoint that the replica verified."""
        signed = head_of(store).note
        newest = FileReplicaMemory(self.settings.data_dir).newest()
        heard = signed if newest is None else newest[0]
        note = heard if _text(heard) == _text(signed) else signed
        now = SystemClock().now()
        return LastCheckpoint(note, min(now, self.belief.trust.read(note, at=now).at))

    def seal(self, store: LogStore) -> LastCheckpoint:
        """Fence out whoever follows into this store, and return the same."""
        store.claim()
        return self.look(store)


def _cosigned(registry: Registry) -> LastCheckpoint:
    policy = LogPolicy.of(registry.policy, max_checkpoint_age=timedelta.max)
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            registry.require_writable()
            return _enough(registry.reader.checkpoint(), policy)
        except UnavailableError:
            if time.monotonic() > end:
                raise
        time.sleep(_PAUSE_SECONDS)


def _enough(note: str, policy: LogPolicy) -> LastCheckpoint:
    now = SystemClock().now()
    try:
        seen = policy.verify(note, at=now)
    except LogProofError:
        raise UnavailableError("too few witnesses have cosigned the last checkpoint") from None
    return LastCheckpoint(note, min(now, seen.cosigned_at))


def _text(note: str) -> str:
    return SignedNote.parse(note).text
