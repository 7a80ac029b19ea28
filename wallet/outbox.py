"""The journal of sharings, read as an outbox: which entries the log does not have yet.

The journal alone says what was decided; nothing is kept twice. An entry is waiting for as long as
the sharing that it belongs to has not seen the log prove it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import final

from registry.client.edge import Refused, Sent, Settled, Waiting
from registry.model.envelope import Entry
from ssi_core.json_types import JsonObject
from ssi_core.period import to_rfc3339
from wallet.sharing import Prepared, Sharing, Wanted
from wallet.sharing_record import open_sharings
from wallet.vault import Vault


@final
class JournalOutbox:
    """Grants and withdrawals that wait, in the order in which the person decided on them.

    What the registry says is remembered until `sent_to` is asked: the sharing takes its next step
    on proof only, and hands in the same bytes again if this process ends before.
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._sent: dict[bytes, int] = {}
        self._settled: set[bytes] = set()

    def waiting(self, limit: int) -> Sequence[Waiting]:
        """Return the oldest entries that have not been sent."""
        left = (each for each in self._entries() if each.leaf not in self._settled)
        return [each for each, _ in zip(left, range(limit), strict=False)]

    def settle(self, settled: Sequence[Settled]) -> None:
        """Remember where entries are; what was refused is handed in again, alone, for its error."""
        for each in settled:
            self._settled.add(each.leaf)
            if isinstance(each, Sent):
                self._sent[each.leaf] = each.index

    def begin(self) -> None:
        """Forget what was refused before: it may be taken now."""
        self._settled = set(self._sent)

    def sent_to(self, entry: bytes) -> int | None:
        """Return the index of an entry that was just sent; nothing if it was not."""
        return self._sent.pop(Waiting.of(entry).leaf, None)

    def _entries(self) -> Iterator[Waiting]:
        for found in open_sharings(self._vault):
            raw = unsent_entry(found)
            if raw is not None:
                yield Waiting.of(raw)


@dataclass(frozen=True, slots=True)
class NotSent:
    """An entry of ours that the log does not have: of what `type`, about which grant, and since.

    `refused` is what the log said of it just now, if it would not have it; it is handed in again
    all the same, for a grant that is taken back is never given up.
    """

    grant_id: str
    type: str
    since: datetime
    refused: Refused | None

    def to_json(self) -> JsonObject:
        """Return what is shown of it."""
        shown: JsonObject = {
            "grant": self.grant_id,
            "type": self.type,
            "since": to_rfc3339(self.since),
        }
        if self.refused is None:
            return shown
        return {**shown, "code": self.refused.code, "reason": self.refused.reason}


def not_sent(vault: Vault, refused: Iterable[Refused]) -> tuple[NotSent, ...]:
    """Return what waits, oldest first; `refused` is what the log has just said of some of it."""
    told = {each.leaf: each for each in refused}
    found: list[NotSent] = []
    for each in open_sharings(vault):
        raw = unsent_entry(each)
        if raw is not None and each.consented is not None:
            entry = Entry.parse(raw)
            grant_id, kind = each.consented.grant_id, entry.type.value
            found.append(NotSent(grant_id, kind, each.given_at, told.get(entry.leaf)))
    return tuple(found)


def unsent_entry(found: Sharing) -> bytes | None:
    """Return the entry of a sharing that the log was not seen to hold; nothing if it has none."""
    if isinstance(found.withdrawal, Wanted):
        return found.withdrawal.entry
    if isinstance(found.state, Prepared) and found.consented is not None:
        return found.consented.entry
    return None
