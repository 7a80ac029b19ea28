"""A registry, read as the source of a replica: in compact runs of entries."""

from typing import Final, final
from urllib.parse import urlencode

from registry.client.registry_client import RegistryClient
from registry.model import transfer
from registry.model.dropped_log import DroppedLog
from registry.model.receipt_state import ReceiptState
from registry.model.transfer import Shown
from ssi_core.adapters.http import HttpClient

# A thousand of the largest entries, each with its line's end.
_MAX_RUN: Final = 1_000 * 16_385


@final
class HttpSource:
    """The log of one registry, or of another replica. Threads may share it."""

    def __init__(self, http: HttpClient, base_url: str) -> None:
        self._http = http
        self._client = RegistryClient(http, base_url)

    @property
    def client(self) -> RegistryClient:
        """The registry's whole API."""
        return self._client

    def checkpoint(self) -> str:
        """Return the log's newest checkpoint, as a note."""
        return self._client.checkpoint()

    def witnessed(self) -> str:
        """Return the newest checkpoint that enough witnesses have cosigned, as a note."""
        return self._client.checkpoint(state=ReceiptState.WITNESSED)

    def handover(self) -> DroppedLog:
        """Return where the log went, if it was dropped."""
        return self._client.handover()

    def run(self, start: int, *, limit: int) -> list[Shown]:
        """Return up to `limit` entries in order, from index `start` on; none beyond the end."""
        url = f"{self._client.base_url}/entries?{urlencode({'start': start, 'limit': limit})}"
        answer = self._http.get(url, accept=transfer.NDJSON, max_bytes=_MAX_RUN)
        return transfer.parse(answer.require_ok().body)

    def inclusion(self, index: int, *, size: int) -> tuple[bytes, ...]:
        """Return the path of entry `index` in the tree of `size`."""
        return self._client.inclusion(index, size=size)

    def consistency(self, old_size: int, new_size: int) -> tuple[bytes, ...]:
        """Return the proof that the tree of `new_size` begins with that of `old_size`."""
        return self._client.consistency(old_size, new_size)
