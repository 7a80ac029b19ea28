"""The log's place in a `LogAnchor` contract."""

from typing import Final, final

from registry.adapters.evm_chain import EvmChain
from registry.evm.artifacts import LOG_ANCHOR, load_artifact
from registry.ports import Anchored, SeenTree
from ssi_core.errors import ConflictError, LogProofError, RejectedError

_STATEMENT: Final = b"consentry log anchor 1"
_WORD_BYTES: Final = 32


@final
class EvmAnchor:
    """Anchors one log, whose statements `chain`'s account signs and carries.

    Members of the contract admit the log by its `log_id` and that account's address. Threads may
    share it.
    """

    def __init__(self, chain: EvmChain, *, contract: str, origin: str) -> None:
        self._chain = chain
        self._contract = chain.address_of(contract)
        self._artifact = load_artifact(LOG_ANCHOR)
        self.log_id = log_id(chain, origin)

    def seen(self) -> SeenTree | None:
        """Return the largest tree that the contract holds of this log; nothing before the first."""
        signer, size, root, frozen = self._chain.call(
            self._artifact, self._contract, "anchored", self.log_id
        )
        if frozen:
            raise LogProofError("the anchor is frozen: the log signed two roots for one size")
        if size and signer != self._chain.address:
            raise LogProofError("the anchor holds a log of that name with another key")
        return SeenTree(size, bytes(root)) if size else None

    def anchor(self, tree: SeenTree) -> Anchored:
        """Sign `tree`, and return once a block holds it; `ConflictError` if one holds more."""
        signed = (tree.root, *self._chain.sign(self.statement(tree)))
        try:
            transaction, _ = self._chain.transact(
                self._artifact, self._contract, "anchor", self.log_id, tree.size, signed
            )
        except RejectedError:
            held = self.seen()
            if held is not None and held.size >= tree.size:
                raise ConflictError("the anchor holds more") from None
            raise
        # Two roots for one size are no refusal: they freeze the log. So we look what became of it.
        self.seen()
        return Anchored(tree, transaction)

    def statement(self, tree: SeenTree) -> bytes:
        """Return the digest that the log signs of `tree`, the same for every chain and contract."""
        words = (
            self._chain.keccak(_STATEMENT),
            self.log_id,
            tree.size.to_bytes(_WORD_BYTES, "big"),
            tree.root,
        )
        return self._chain.keccak(b"".join(words))


def log_id(chain: EvmChain, origin: str) -> bytes:
    """Return the name that a contract knows the log of that origin by."""
    return chain.keccak(origin.encode())
