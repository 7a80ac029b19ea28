"""Organisations: who accredits whom for what, and how an identifier came to be what it is."""

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from registry.model.accreditation_records import AccreditationRecord
from registry.model.status_map import Status
from registry.service.explorer import MAX_ACCREDITATIONS, Accreditations, ShownEntry
from registry.web.frame import badge, code, facts, moment, note, page
from registry.web.html import Content, Html, el
from registry.web.words import status_of
from ssi_core.did.syntax import Did
from ssi_core.json_types import JsonObject, JsonValue


def accreditations_page(found: Accreditations, *, origin: str) -> str:
    """Return the tree of accreditations."""
    crowded = note(
        f"There are more than {MAX_ACCREDITATIONS:,}; these are the first by name. "
        "Ask for a DID to see its own."
    )
    return page(
        "Accreditations",
        note(
            "Who may issue, ask for, or accredit which types of credentials, says whom. A root "
            "accredits itself, and anybody may do that: which root to believe is yours to say."
        ),
        None if found.is_all else crowded,
        _tree(found) if found.records else note("There are none so far."),
        origin=origin,
    )


def did_page(did: Did, lines: Sequence[ShownEntry], found: Accreditations, *, origin: str) -> str:
    """Return the history of a DID, and its accreditations."""
    return page(
        "An organisation",
        el("p", code(str(did)), class_="did"),
        el("h2", "History of the identifier"),
        el("ol", [_version(shown, found.at) for shown in lines])
        if lines
        else note("Its identifier is kept elsewhere, or the log has never heard of it."),
        el("h2", "What it is accredited for"),
        _tree(found) if found.records else note("Nothing in this log."),
        origin=origin,
    )


def _tree(found: Accreditations) -> Html:
    known = {record.id for record in found.records}
    below: dict[str | None, list[AccreditationRecord]] = {}
    for record in found.records:
        parent = record.chain[-2] if len(record.chain) > 1 else None
        below.setdefault(parent if parent in known else None, []).append(record)
    return _branch(below, None, found.at)


def _branch(
    below: dict[str | None, list[AccreditationRecord]], parent: str | None, at: int
) -> Html:
    # As deep as a chain may be, which the log bounds.
    return el(
        "ul",
        [
            el(
                "li",
                _accreditation(record, at),
                _accreditor(record) if parent is None else None,
                _branch(below, record.id, at) if record.id in below else None,
            )
            for record in below[parent]
        ],
        class_="tree",
    )


def _accreditation(record: AccreditationRecord, at: int) -> Iterator[Content]:
    yield from (_link(str(record.subject)), el("br"), f"may {record.role} ")
    yield [[code(one), " "] for one in record.types]
    yield from (_standing(record, at), " until ", moment(record.expires), ", ")
    yield el("a", f"entry {record.granted}", href=f"./entries/{record.granted}")
    if record.changed is not None:
        yield from (", ", el("a", f"entry {record.changed}", href=f"./entries/{record.changed}"))


def _accreditor(record: AccreditationRecord) -> Iterator[Content]:
    # Below another it is clear from where it stands.
    if len(record.chain) > 1:
        yield from (el("br"), "says ", _link(str(record.accreditors[-1])))
    else:
        yield from (el("br"), "says itself: a root")


def _standing(record: AccreditationRecord, at: int) -> Html:
    if record.status is Status.SUSPENDED:
        return badge("suspended", "waiting")
    if record.status is not Status.IN_FORCE:
        return badge("ended", "bad")
    if at < record.not_before:
        return badge("begins later", "waiting")
    return badge("in force", "good") if at < record.expires else badge("expired", "plain")


def _version(shown: ShownEntry, at: int) -> Html:
    members = shown.members or {}
    line = _object(members.get("line"))
    parameters = _object(line.get("parameters"))
    ended = badge("deactivated", "bad") if parameters.get("deactivated") is True else None
    return el(
        "li",
        facts(
            ("Version", code(str(line.get("versionId", "")))),
            ("When", str(line.get("versionTime", ""))),
            ("Now", [status_of(shown, at=at), " ", ended]),
            ("Changed", code(", ".join(sorted(parameters))) if parameters else "the document"),
            ("Where", el("a", f"entry {shown.index}", href=f"./entries/{shown.index}")),
        ),
    )


def _object(value: JsonValue) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _link(did: str) -> Html:
    return el("a", code(did), href=f"./did?did={quote(did, safe='')}", class_="did")
