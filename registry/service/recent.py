"""The records that a writer has written lately, so that it need not read them again."""

from collections.abc import Iterable
from itertools import islice
from typing import Final, final

from registry.model.records import Record
from registry.service.rows import key_of

# A thousand entries a second for some seconds: what was written a moment ago is often asked for.
_MOST: Final = 8_192


@final
class Recent:
    """The newest state of some records, by kind and key. Only the log's one writer can have it."""

    def __init__(self) -> None:
        self._records: dict[tuple[str, str], Record] = {}

    def find(self, kind: str, key: str) -> Record | None:
        """Return the record as the log has it now, if it is remembered."""
        return self._records.get((kind, key))

    def keep(self, records: Iterable[Record]) -> None:
        """Remember these as they are now, and forget the oldest."""
        self._records.update((key_of(record), record) for record in records)
        surplus = len(self._records) - _MOST
        for key in list(islice(self._records, max(surplus, 0))):
            del self._records[key]
