"""Cut off and back: what a role keeps while the registry is away, and does on its return."""

from registry.client.edge.item import Item, ItemState, Refused, Sent, Settled, Waiting
from registry.client.edge.memory_outbox import MemoryOutboxStore
from registry.client.edge.outbox import Outbox
from registry.client.edge.sending import Report, send_waiting
from registry.client.edge.sql_outbox import DATABASE, SqlOutboxStore

__all__ = [
    "DATABASE",
    "Item",
    "ItemState",
    "MemoryOutboxStore",
    "Outbox",
    "Refused",
    "Report",
    "Sent",
    "Settled",
    "SqlOutboxStore",
    "Waiting",
    "send_waiting",
]
