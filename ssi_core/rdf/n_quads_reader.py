"""Read N-Quads (https://www.w3.org/TR/n-quads/) into quads whose terms are canonical."""

import re
from collections.abc import Sequence
from typing import Final

from ssi_core.errors import MalformedError
from ssi_core.rdf.n_quads import Quad, iri, language_literal, literal

_IRI: Final = r"<((?:[^\x00-\x20<>\"{}|^`\\]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*)>"
_BLANK: Final = r"(_:[\w:](?:[\w:.\-\u00b7]*[\w:\-\u00b7])?)"
_STRING: Final = r'"((?:[^"\\\n\r]|\\.)*)"'
_LITERAL: Final = rf"{_STRING}(?:\^\^{_IRI}|@([A-Za-z]+(?:-[A-Za-z0-9]+)*))?"
_LINE: Final = re.compile(
    rf"[ \t]*(?:{_IRI}|{_BLANK})[ \t]*{_IRI}[ \t]*(?:{_IRI}|{_BLANK}|{_LITERAL})"
    rf"[ \t]*(?:{_IRI}|{_BLANK})?[ \t]*\.[ \t]*(?:#.*)?"
)
_NOTHING: Final = re.compile(r"[ \t]*(?:#.*)?")
_LINE_END: Final = re.compile(r"[\r\n]+")
_ESCAPED: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_CHARACTERS: Final = {
    "t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\",
}  # fmt: skip


def parse(text: str) -> tuple[Quad, ...]:
    """Return the quads of an N-Quads document in its order, each once."""
    lines = (line for line in _LINE_END.split(text) if not _NOTHING.fullmatch(line))
    return tuple(dict.fromkeys(map(parse_line, lines)))


def parse_line(line: str) -> Quad:
    """Return the quad that one line without its line end states."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise MalformedError("a line is not an N-Quads statement")
    groups = match.groups()
    subject, predicate, graph = groups[:2], groups[2], groups[8:10]
    return Quad(
        _resource(*subject),
        _iri(predicate or ""),
        _object(groups[3], groups[4], groups[5:8]),
        "" if graph == (None, None) else _resource(*graph),
    )


def _object(target: str | None, blank: str | None, value: Sequence[str | None]) -> str:
    text, datatype, tag = value
    if text is None:
        return _resource(target, blank)
    if tag is not None:
        return language_literal(_unescape(text), language=tag)
    if datatype is not None:
        return literal(_unescape(text), datatype=_unescape(datatype))
    return literal(_unescape(text))


def _resource(target: str | None, blank: str | None) -> str:
    return _iri(target or "") if blank is None else blank


def _iri(text: str) -> str:
    return iri(_unescape(text))


def _unescape(text: str) -> str:
    return _ESCAPED.sub(_character, text) if "\\" in text else text


def _character(match: re.Match[str]) -> str:
    short, long, letter = match.groups()
    code = short or long
    if code is None:
        if letter not in _CHARACTERS:
            raise MalformedError("an N-Quads escape stands for nothing")
        return _CHARACTERS[letter]
    number = int(code, 16)
    if number > 0x10FFFF or 0xD800 <= number < 0xE000:  # noqa: PLR2004 - the bounds of Unicode
        raise MalformedError("an N-Quads escape stands for no character")
    return chr(number)
