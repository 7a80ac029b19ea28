"""What is left of entries whose bytes were dropped, for whoever makes the log again."""

from collections.abc import Mapping, Sequence

from registry.model.grant_records import GrantRecord
from registry.model.merkle import HASH_BYTES
from registry.model.transfer import Gap
from registry.ports import LogSnapshot
from registry.service.rows import GRANT, body_of, gap_lookup
from ssi_core.errors import UnavailableError


def gaps(log: LogSnapshot, indexes: Sequence[int]) -> Mapping[int, Gap]:
    """Return what is left of each of these: its leaf hash, and the entry that had it dropped."""
    if not indexes:
        return {}
    nodes = log.nodes(indexes)
    by = {index: _redaction(log, index) for index in indexes}
    raws = log.entries(list(by.values()))
    if raws.keys() != set(by.values()):
        raise UnavailableError("the store lacks the entry that had another dropped")
    return {index: Gap(nodes[index][:HASH_BYTES], by[index], raws[by[index]]) for index in indexes}


def _redaction(log: LogSnapshot, index: int) -> int:
    """Return the index of the entry that had the one at `index` dropped."""
    for row in log.rows_by_lookup(GRANT, gap_lookup(index), limit=1):
        redacted = GrantRecord.from_json(row.key, body_of(row)).redacted
        if redacted is not None:
            return redacted
    raise UnavailableError("the store does not say why an entry was dropped")
