"""The log as a whole: its name, its keys, its checkpoint and who has cosigned it when."""

from typing import Final

from registry.model.checkpoint import Checkpoint
from registry.model.signed_note import NoteSignature, SignedNote, VerifierKey
from registry.service.explorer import EntryPage
from registry.web.entry_pages import entry_table
from registry.web.frame import code, facts, moment, note, page
from registry.web.html import Content, Html, el

_TIME_BYTES: Final = 8
_COSIGNATURE_BYTES: Final = 72
_NEWEST: Final = 10


def log_page(cosigned: str, newest: EntryPage, *, log_key: VerifierKey) -> str:
    """Return the first page."""
    signed = SignedNote.parse(cosigned)
    head = Checkpoint.parse(signed.text)
    return page(
        "The log",
        note(
            "A public list to which entries are only ever added. Each is signed by whoever it "
            "belongs to; the log signs how many there are, and witnesses sign that nothing was "
            "changed. It holds commitments to consents, never who gave them or to what."
        ),
        facts(
            ("Name", code(head.origin)),
            ("Entries", str(head.size)),
            ("Root", code(_root(signed))),
            ("Key of the log", code(str(log_key))),
            ("Seen by", _witnesses(signed, log_key)),
        ),
        _search(),
        el("h2", "Newest entries"),
        entry_table(newest.entries[::-1][:_NEWEST], at=newest.at)
        if newest.entries
        else note("None so far."),
        el("p", el("a", "All entries", href="./entries?start=0")),
        origin=head.origin,
    )


def checkpoint_page(cosigned: str, *, log_key: VerifierKey) -> str:
    """Return the page about the newest checkpoint."""
    signed = SignedNote.parse(cosigned)
    head = Checkpoint.parse(signed.text)
    return page(
        "Checkpoint",
        note(
            "Who has this checkpoint can tell whether an entry is in the log, and whether a later "
            "checkpoint changed anything. Keep one, and compare it with what others were shown."
        ),
        facts(
            ("Entries", str(head.size)),
            ("Root", code(_root(signed))),
            ("Signed by", _signers(signed, log_key)),
        ),
        el("h2", "As it is"),
        el("pre", cosigned),
        el("p", el("a", "The same as a file", href="../checkpoint")),
        note(
            "The page has not verified the signatures: your own program does that, with keys that "
            "you got from somewhere else."
        ),
        origin=head.origin,
    )


def _root(signed: SignedNote) -> str:
    return signed.text.split("\n")[2]


def _signers(signed: SignedNote, log_key: VerifierKey) -> Html:
    return el(
        "table",
        el("tr", el("th", "Name"), el("th", "When it saw this")),
        [
            el("tr", el("td", code(line.name)), el("td", _when(line, log_key)))
            for line in signed.signatures
        ],
    )


def _witnesses(signed: SignedNote, log_key: VerifierKey) -> Content:
    lines = [line for line in signed.signatures if not line.is_by(log_key)]
    if not lines:
        return "no witness yet"
    return [el("div", code(line.name), ", ", _when(line, log_key)) for line in lines]


def _when(line: NoteSignature, log_key: VerifierKey) -> Content:
    if line.is_by(log_key):
        return "the log itself, which says no time"
    if len(line.signature) < _COSIGNATURE_BYTES:
        return "says no time"
    return moment(int.from_bytes(line.signature[:_TIME_BYTES]))


def _newest(newest: EntryPage) -> Html:
    if not newest.entries:
        return note("None so far.")
    return entry_table(newest.entries[::-1][:_NEWEST], at=newest.at)


def _search() -> Html:
    return el(
        "form",
        el("label", "Find an entry by its number, its id or its leaf hash, or a DID", for_="q"),
        el("input", id="q", name="q", type="search", maxlength="2048", autocomplete="off"),
        el("button", "Find", type="submit"),
        method="get",
        action="./find",
    )
