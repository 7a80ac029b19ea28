"""What the source's witness says of the DIDs in its log, kept for when it cannot be asked."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, final

from ssi_core.did.syntax import Did
from ssi_core.errors import SsiError, UnavailableError
from ssi_core.json_types import JsonValue


class ApprovalMemory(Protocol):
    """Where the files `did-witness.json` are kept."""

    def approval(self, did: Did) -> JsonValue:
        """Return the file of `did`, null if there is none."""
        ...

    def keep_approval(self, did: Did, file: JsonValue) -> None:
        """Keep the file of `did` in place of the one before."""
        ...


@final
class HeardApproval:
    """Says what the source's witness said, and asks again for a version that is not approved."""

    def __init__(
        self, did: Did, memory: ApprovalMemory, *, ask: Callable[[Did], JsonValue]
    ) -> None:
        self._did = did
        self._memory = memory
        self._ask = ask

    @property
    def did(self) -> Did:
        """The did:key of the witness."""
        return self._did

    def of(self, did: Did, version_id: str, *, at: datetime) -> JsonValue:
        """Return `did-witness.json` of `did`; readers verify it against the log themselves."""
        del at
        kept = self._memory.approval(did)
        if _names(kept, version_id):
            return kept
        try:
            file = self._ask(did)
        except SsiError:
            file = None
        if not _names(file, version_id):
            raise UnavailableError("the source's witness has not been heard about this version")
        self._memory.keep_approval(did, file)
        return file


def _names(file: JsonValue, version_id: str) -> bool:
    items = file if isinstance(file, Sequence) and not isinstance(file, str) else ()
    return any(isinstance(item, Mapping) and item.get("versionId") == version_id for item in items)
