"""What an entry does to a log: a pure function of the entries before it, the same for everybody.

`check` is what can be said of an entry alone, `validate` what its place in the log adds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, final

from registry.model import plain_grants
from registry.model.contents import Content, content_of, own_proofs
from registry.model.envelope import Entry, Proof
from registry.model.records import StateChange
from registry.model.transitions import change_of
from registry.model.view import StateView
from ssi_core.errors import ProofError, SsiError

VerifyProofs: TypeAlias = Callable[[Sequence[Proof]], Sequence[SsiError | None]]
"""Say of each proof why it does not hold, if so; the did:key that it names must have made it."""


@dataclass(frozen=True, slots=True)
@final
class CheckedEntry:
    """An entry for this log that keeps every rule that needs no other entry. Made by `check`.

    Proofs by keys in the entry itself held; those of organisations need keys that the log holds.
    """

    entry: Entry
    content: Content


def check(entry: Entry, *, log: str) -> CheckedEntry:
    """Return the entry if it is whole and for `log`, and its own keys have signed it."""
    checked = _whole(entry, log=log)
    for proof in own_proofs(checked.content):
        proof.require_own()
    return checked


def check_all(
    raws: Sequence[bytes], *, log: str, verify: VerifyProofs
) -> list[CheckedEntry | SsiError]:
    """Return each entry as `check` does, or why not; `verify` is asked about all proofs at once."""
    plain = plain_grants.read_all(raws, log=log)
    read = [
        _read(raw, log=log) if found is None else CheckedEntry(*found)
        for raw, found in zip(raws, plain, strict=True)
    ]
    proofs = [_own_proofs(item) for item in read]
    failures = iter(verify([proof for some in proofs for proof in some]))
    return [
        _first([next(failures) for _ in some]) or item
        for item, some in zip(read, proofs, strict=True)
    ]


def verify_each(proofs: Sequence[Proof]) -> list[SsiError | None]:
    """Say of each proof why it does not hold, if so, one after another."""
    return [proof.failure() for proof in proofs]


def validate(checked: CheckedEntry, view: StateView) -> StateChange:
    """Return what the entry changes if it comes next; raise the rule that it breaks if not."""
    view.log().require_open(checked.entry.type)
    return change_of(checked.entry, checked.content, view)


def _read(raw: bytes, *, log: str) -> CheckedEntry | SsiError:
    try:
        return _whole(Entry.parse(raw), log=log)
    except SsiError as error:
        return error


def _whole(entry: Entry, *, log: str) -> CheckedEntry:
    if entry.log != log:
        raise ProofError("the entry is for another log", at="/log")
    return CheckedEntry(entry, content_of(entry))


def _own_proofs(item: CheckedEntry | SsiError) -> tuple[Proof, ...]:
    return own_proofs(item.content) if isinstance(item, CheckedEntry) else ()


def _first(failures: Sequence[SsiError | None]) -> SsiError | None:
    return next((failure for failure in failures if failure is not None), None)
