"""Cut off and back: what a role keeps while the registry is away, and does on its return."""

from registry.client.edge.item import (
    Item,
    ItemState,
    Refused,
    Sent,
    Settled,
    Waiting,
    require_refused,
)
from registry.client.edge.kept_dids import KeptDids, KeptDocument
from registry.client.edge.kept_evidence import EvidenceCache, KeptEvidence, MemoryEvidenceStore
from registry.client.edge.memory_outbox import MemoryOutboxStore
from registry.client.edge.outbox import Outbox
from registry.client.edge.presence import Pace, Presence, Reach
from registry.client.edge.reading import EdgeLog
from registry.client.edge.sending import Report, send_waiting
from registry.client.edge.sentinel import AlwaysTry, Sentinel, Watch
from registry.client.edge.sql_kept import SqlEvidenceStore, SqlStaleUseStore
from registry.client.edge.sql_outbox import DATABASE, SqlOutboxStore
from registry.client.edge.stale_uses import MemoryStaleUseStore, Reliance, StaleUse, StaleUses

__all__ = [
    "DATABASE",
    "AlwaysTry",
    "EdgeLog",
    "EvidenceCache",
    "Item",
    "ItemState",
    "KeptDids",
    "KeptDocument",
    "KeptEvidence",
    "MemoryEvidenceStore",
    "MemoryOutboxStore",
    "MemoryStaleUseStore",
    "Outbox",
    "Pace",
    "Presence",
    "Reach",
    "Refused",
    "Reliance",
    "Report",
    "Sent",
    "Sentinel",
    "Settled",
    "SqlEvidenceStore",
    "SqlOutboxStore",
    "SqlStaleUseStore",
    "StaleUse",
    "StaleUses",
    "Waiting",
    "Watch",
    "require_refused",
    "send_waiting",
]
