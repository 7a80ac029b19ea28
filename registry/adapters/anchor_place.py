"""Where a registry anchors its log, and with which key."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from registry.adapters.evm_anchor import EvmAnchor
from registry.adapters.evm_chain import EvmChain
from registry.ports import LogStore
from registry.service.anchoring import EVERY, Anchoring
from ssi_core.adapters import logging
from ssi_core.adapters.keystore import KeyStore
from ssi_core.errors import SsiError

ANCHOR_KEY: Final = "anchor"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorPlace:
    """A `LogAnchor` contract, a node to reach it through, and how often to carry the log there."""

    rpc: str
    contract: str
    every: timedelta = EVERY

    @contextmanager
    def opened(self, store: LogStore, *, keystore: KeyStore, origin: str) -> Iterator[Anchoring]:
        """Anchor the log in `store` until the end; the account is the key store's."""
        chain = EvmChain.at(self.rpc, secret=keystore.secret(ANCHOR_KEY))
        anchor = EvmAnchor(chain, contract=self.contract, origin=origin)
        running = Anchoring(anchor, store=store, every=self.every, trouble=_tell)
        with closing(running):
            yield running


def _tell(error: SsiError) -> None:
    logging.event("not anchored", code=error.code, reason=error.reason)
