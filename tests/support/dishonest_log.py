"""What an operator with the log's key can do to a log, when no rule is asked."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from registry.adapters.sql import SqlLogStore
from registry.model import checkpoint
from registry.model.checkpoint import Checkpoint
from registry.model.merkle import EMPTY_ROOT, CompactRange, leaf_hash
from registry.ports import Batch, Head, NewEntry
from ssi_core.adapters.database import open_database
from ssi_core.adapters.keystore import KeyStore
from tests.support.registry import ORIGIN


def copied_keys(folder: Path, to: Path) -> Path:
    """A folder with the same keys, and no log yet."""
    to.mkdir()
    for path in folder.glob("registry.keys*"):
        shutil.copy(path, to)
    return to


def write_log(folder: Path, raws: Sequence[bytes]) -> None:
    """Write a log of these entries, in tree and signature as good as any, whatever they say."""
    signer = KeyStore.unlock(folder / "registry.keys").load_ed25519("log")
    assert signer is not None
    edge = CompactRange()
    entries = [NewEntry(leaf_hash(raw), raw, b"".join(edge.push(leaf_hash(raw)))) for raw in raws]
    heads = [
        Head(
            origin=ORIGIN,
            size=size,
            root=root,
            note=checkpoint.sign(Checkpoint(ORIGIN, size, root), signer=signer),
        )
        for size, root in ((0, EMPTY_ROOT), (edge.size, edge.root()))
    ]
    engine = open_database(f"sqlite:///{folder / 'registry.db'}")
    store = SqlLogStore(engine)
    store.create(heads[0])
    store.append(Batch(after=heads[0], head=heads[1], entries=entries))
    engine.dispose()
