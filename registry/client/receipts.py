"""Signed receipts of what is in no log: verified without asking anybody, and kept."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeAlias, final

from registry.client.organisation_log import SpokenRegistry
from registry.client.registry_client import Outcome, RegistryClient
from registry.model.conflict_receipt import (
    CONFLICT_TYPE,
    ConflictReceipt,
    Duplicity,
    duplicity_in,
    verify_conflict,
)
from registry.model.merkle import leaf_hash
from registry.model.queued_receipt import QUEUED_TYPE, QueuedReceipt, verify_queued
from registry.model.signed_message import verify_own
from registry.model.signed_note import VerifierKey
from ssi_core import jws
from ssi_core.adapters.files import make_folder, replace_file
from ssi_core.did.syntax import Did
from ssi_core.errors import (
    MalformedError,
    SsiError,
    TrustError,
)

Receipt: TypeAlias = ConflictReceipt | QueuedReceipt

_MAX_CHARACTERS: Final = 16_384


def verify_receipt(
    text: str, *, log_key: VerifierKey, replica: Did | None = None, entry: bytes | None = None
) -> Receipt:
    """Return the receipt if the log with that key signed it, or else `replica`, for that log.

    With `entry` it is about these bytes. Nobody is asked.
    """
    match jws.parse(text, max_characters=_MAX_CHARACTERS).header.get("typ"):
        case typ if typ == CONFLICT_TYPE:
            receipt: Receipt = verify_conflict(text, log_key=log_key)
        case typ if typ == QUEUED_TYPE and replica is not None:
            receipt = verify_queued(text, replica=replica, log=log_key.name)
        case typ if typ == QUEUED_TYPE:
            raise TrustError("which replica is believed has to be said", at="/iss")
        case _:
            raise MalformedError("not a receipt of a log or a replica", at="/header/typ")
    if entry is not None:
        receipt.require_of(entry)
    return receipt


def duplicity_shown(
    receipt: ConflictReceipt, *, refused: bytes, registry: RegistryClient
) -> Duplicity:
    """Return the proof of duplicity, with the entry that won as `registry` shows it.

    Whether that is the one does not rest on the registry: the receipt names its hash.
    """
    winner = registry.entry(receipt.winner.index)
    return duplicity_in(receipt, refused=refused, winner=winner)


@final
class KeptReceipts:
    """A folder of receipts, each as `<leaf hash>.receipt` beside the entry as `<leaf hash>.entry`.

    The newest one of an entry replaces the one before.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, error: SsiError, *, entry: bytes, log_key: VerifierKey) -> None:
        """Keep the receipt that came with `error` for `entry`, durably, if one came that holds."""
        if error.receipt is None:
            return
        try:
            verify_receipt(
                error.receipt, log_key=log_key, replica=_own_key(error.receipt), entry=entry
            )
        except SsiError:
            # It proves nothing, and what happened to the entry is an error already.
            return
        make_folder(self._folder)
        name = leaf_hash(entry).hex()
        replace_file(self._folder / f"{name}.entry", entry)
        replace_file(self._folder / f"{name}.receipt", error.receipt.encode())

    def all(self) -> Sequence[Path]:
        """Return the files of the receipts, by name."""
        return sorted(self._folder.glob("*.receipt"))


@final
class KeepingRegistry:
    """A registry that an organisation speaks through, which keeps receipts of what is not taken."""

    def __init__(self, registry: SpokenRegistry, receipts: KeptReceipts) -> None:
        self._registry = registry
        self._receipts = receipts
        self.log, self.did_log_at = registry.log, registry.did_log_at
        self.status_list = registry.status_list

    def submit(self, entry: bytes) -> object:
        """Hand in one entry; return once it is durable."""
        try:
            return self._registry.submit(entry)
        except SsiError as error:
            self._keep(error, entry)
            raise

    def submit_all(self, entries: Sequence[bytes]) -> Sequence[Outcome]:
        """Hand in entries in this order; return what became of each."""
        outcomes = self._registry.submit_all(entries)
        for entry, outcome in zip(entries, outcomes, strict=True):
            if isinstance(outcome, SsiError):
                self._keep(outcome, entry)
        return outcomes

    def _keep(self, error: SsiError, entry: bytes) -> None:
        if error.receipt is not None:
            log_key = VerifierKey.parse(self._registry.log().vkey, at="/vkey")
            self._receipts.keep(error, entry=entry, log_key=log_key)


def _own_key(text: str) -> Did | None:
    """Return who says that it keeps the entry: which replica that is, its operator can tell."""
    try:
        return verify_own(text, typ=QUEUED_TYPE)[0]
    except SsiError:
        return None
