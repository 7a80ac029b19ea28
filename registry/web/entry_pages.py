"""Entries: many in order, and one with its proof."""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

from registry.service.explorer import PAGE, EntryPage, ProvedEntry, ShownEntry
from registry.web.frame import code, facts, moment, note, page
from registry.web.html import Content, Html, el
from registry.web.words import MEMBERS, TYPES, about, kind_of, status_of
from ssi_core.encoding import base64url_encode
from ssi_core.json_types import JsonValue

_MOMENTS: Final = frozenset({"ts", "nbf", "exp", "since"})


def entries_page(shown: EntryPage, *, origin: str) -> str:
    """Return a page of the list."""
    last = shown.start + len(shown.entries)
    return page(
        "Entries",
        note(f"{shown.size} in all, in the order in which the log took them."),
        entry_table(shown.entries, at=shown.at) if shown.entries else note("There are none here."),
        el("p", _turns(shown.start, last, shown.size), class_="pages"),
        origin=origin,
    )


def entry_table(entries: Sequence[ShownEntry], *, at: int) -> Html:
    """Return entries as a table, each with a link to its own page."""
    return el(
        "table",
        el("tr", el("th", "Entry"), el("th", "What"), el("th", "About"), el("th", "Now")),
        [_row(shown, at) for shown in entries],
    )


def entry_page(proved: ProvedEntry, *, origin: str, at: int) -> str:
    """Return the page about one entry, as it is at the moment `at`."""
    shown = proved.shown
    return page(
        f"Entry {shown.index}",
        note(TYPES.get(kind_of(shown), "an entry").capitalize(), "."),
        facts(
            ("Type", code(kind_of(shown))),
            ("Now", status_of(shown, at=at) or "it begins nothing that could end"),
            ("Its history", _history(proved)) if len(proved.history) > 1 else None,
            ("Leaf hash", code(base64url_encode(proved.leaf))),
            ("State", _receipt(proved)),
        ),
        el("h2", "What it says"),
        _members(proved),
        el("h2", "Its proof"),
        note(
            f"With these {len(proved.path)} hashes, lowest first, the leaf hash leads to the root "
            f"of the tree of {proved.size} entries."
        ),
        el("ol", [el("li", code(base64url_encode(node))) for node in proved.path]),
        facts(("Root", code(base64url_encode(proved.root)))),
        el("p", el("a", "Check it yourself", href=f"../verify?index={shown.index}")),
        el("p", _turns(shown.index, shown.index + 1, proved.size, one=True), class_="pages"),
        origin=origin,
        up="../",
    )


def _row(shown: ShownEntry, at: int) -> Html:
    link = el("a", str(shown.index), href=f"./entries/{shown.index}")
    subject = "" if shown.members is None else about(shown.members)
    return el(
        "tr",
        el("td", link),
        el("td", kind_of(shown)),
        el("td", code(subject)),
        el("td", status_of(shown, at=at)),
    )


def _turns(start: int, end: int, size: int, *, one: bool = False) -> list[Html]:
    step = 1 if one else PAGE
    before, after = max(start - step, 0), end
    address = "./{}" if one else "./entries?start={}"
    back = el("a", "Earlier", href=address.format(before), rel="prev") if start else None
    on = el("a", "Later", href=address.format(after), rel="next") if end < size else None
    return [link for link in (back, on) if link is not None]


def _history(proved: ProvedEntry) -> Content:
    places = sorted({*proved.history, proved.shown.index})
    return [el("span", el("a", f"entry {each}", href=f"./{each}"), " ") for each in places]


def _receipt(proved: ProvedEntry) -> str:
    return f"published: in the tree of {proved.size} entries, whose checkpoint is signed"


def _members(proved: ProvedEntry) -> Content:
    if proved.raw is None or proved.shown.members is None:
        return note("Its bytes were dropped. The leaf hash stays, so that every proof still holds.")
    return [
        _object(proved.shown.members),
        el("h2", "As it is"),
        el("pre", proved.raw.decode()),
        el("p", el("a", "The same as a file", href=f"../../entries/{proved.shown.index}")),
    ]


def _object(members: Mapping[str, JsonValue]) -> Html:
    return facts(*((_name(name), _value(name, value)) for name, value in members.items()))


def _name(name: str) -> Content:
    said = MEMBERS.get(name)
    return name if said is None else [f"{name} ", el("small", said)]


def _value(name: str, value: JsonValue) -> Content:
    if isinstance(value, Mapping):
        return _object(value)
    if isinstance(value, int) and not isinstance(value, bool) and name in _MOMENTS:
        return [moment(value), f" ({value})"]
    if isinstance(value, str) and value.startswith("did:") and "#" not in value:
        return el("a", code(value), href=f"../did?did={quote(value, safe='')}")
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [el("div", _value(name, item)) for item in value]
    return code(_plain(value))


def _plain(value: JsonValue) -> str:
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)
