"""Hands a log over to the next one, and has that take the DIDs that live in it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Final

from registry.client.registry_client import LogDescription, RegistryClient
from registry.client.source import HttpSource
from registry.model import entry
from registry.model.envelope import Entry, EntryType
from registry.model.log_entries import Handover
from registry.model.signed_note import VerifierKey
from ssi_core.errors import ConflictError, RejectedError, SsiError
from ssi_core.keys import Ed25519PublicKey, Signer
from ssi_core.strict_json import as_object

_PAGE: Final = 1_000
# The largest entries there are, and a body that every registry takes.
_BATCH: Final = 50
_DID_OP: Final = f'"t":"{EntryType.DID_OP}"'.encode()


def hand_over(
    old: RegistryClient, *, following: LogDescription, signer: Signer, at: datetime
) -> int:
    """Say in the log at `old` that `following` goes on; return the index of the entry that does.

    `signer` is the log's own key. Raises `RejectedError` where the DIDs that live here would not
    resolve, since the next registry has another address or witnesses with another key;
    `ConflictError` if the log went on in another, and `ProofError` if its policy asks for more
    signatures than this one.
    """
    here = old.log()
    if (here.did_host, here.did_witness) != (following.did_host, following.did_witness):
        raise RejectedError("DIDs would not resolve there: it has another address, or witness")
    key = VerifierKey.parse(following.vkey).public_key
    if not isinstance(key, Ed25519PublicKey):
        raise RejectedError("the next log does not sign with a plain Ed25519 key")
    raw = entry.log_handover(
        log=here.origin,
        signer=signer,
        next_origin=following.origin,
        next_key=key.multikey,
        at=at,
    )
    try:
        return old.submit(raw).index
    except ConflictError as error:
        return _before(old, error, origin=following.origin, key=key.multikey)


def carry_dids(old: HttpSource, following: RegistryClient) -> int:
    """Have the next log take every version of every DID in the old one; return how many it has.

    Doing it again changes nothing. Raises `RejectedError` that says how many it would not have.
    """
    origin, taken = following.log().origin, 0
    refused: list[SsiError] = []
    for batch in _batches(_versions(old, origin)):
        outcomes = following.submit_all(batch)
        refused += [outcome for outcome in outcomes if isinstance(outcome, SsiError)]
        taken += len(batch)
    if refused:
        reason = f"versions of DIDs that the next log refused: {len(refused)}; {refused[0].reason}"
        raise RejectedError(reason)
    return taken


def _before(old: RegistryClient, error: ConflictError, *, origin: str, key: str) -> int:
    """Return where the log was handed over before, if to the same log."""
    if error.winner is not None:
        there = Entry.parse(old.entry(error.winner))
        if there.type is EntryType.LOG_HANDOVER:
            said = Handover.parse(there)
            if (said.next_origin, said.next_key) == (origin, key):
                return error.winner
    raise error


def _versions(old: HttpSource, origin: str) -> Iterator[bytes]:
    start = 0
    while page := old.run(start, limit=_PAGE):
        start += len(page)
        for raw in page:
            if isinstance(raw, bytes) and _DID_OP in raw:
                found = Entry.parse(raw)
                if found.type is EntryType.DID_OP:
                    line = as_object(found.members.get("line"), at="/line")
                    yield entry.did_op(log=origin, line=line)


def _batches(raws: Iterator[bytes]) -> Iterator[Sequence[bytes]]:
    while batch := list(islice(raws, _BATCH)):
        yield batch
