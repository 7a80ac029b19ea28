"""How far an entry has come on its way to being undeniable."""

from enum import StrEnum


class ReceiptState(StrEnum):
    """Each state includes those before it; *queued* is the only one that is no promise.

    *Sequenced*: it has an index, durably. *Published*: a checkpoint that the log signed has it.
    *Witnessed*: enough other parties have cosigned such a checkpoint. *Anchored*: one is held by a
    chain.
    """

    QUEUED = "queued"
    SEQUENCED = "sequenced"
    PUBLISHED = "published"
    WITNESSED = "witnessed"
    ANCHORED = "anchored"
