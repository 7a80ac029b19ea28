"""Proofs verified in several threads, which use as many cores: libsodium lets the others run."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, final

from registry.model.envelope import Proof
from registry.model.state import verify_each
from registry.model.strict_keys import require_the_rule
from ssi_core.errors import SsiError

# Below this, waking another thread takes longer than it saves.
_WORTH_SHARING: Final = 32


@final
class ProofThreads:
    """Shares the proofs of large batches between `count` threads, the asking one among them."""

    def __init__(self, count: int) -> None:
        """Raise `UnavailableError` if the installed libsodium has another rule than the log."""
        require_the_rule()
        self._count = max(1, count)
        self._helpers = ThreadPoolExecutor(self._count, "proofs")

    def verify(self, proofs: Sequence[Proof]) -> list[SsiError | None]:
        """Return, for each proof, nothing if it holds, and why not if it does not."""
        if self._count == 1 or len(proofs) < _WORTH_SHARING:
            return verify_each(proofs)
        size = -(-len(proofs) // self._count)
        parts = [proofs[start : start + size] for start in range(0, len(proofs), size)]
        others = [self._helpers.submit(verify_each, part) for part in parts[1:]]
        found = verify_each(parts[0])
        for other in others:
            found += other.result()
        return found

    def close(self) -> None:
        """End the threads."""
        self._helpers.shutdown()
