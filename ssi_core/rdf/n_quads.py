"""RDF quads, each term already in the canonical N-Quads form of RDFC-1.0 section 5.

https://www.w3.org/TR/rdf-canon/#canonical-quads
"""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from ssi_core.errors import MalformedError

XSD: Final = "http://www.w3.org/2001/XMLSchema#"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XSD_STRING: Final = XSD + "string"
_ESCAPES: Final = {
    **{code: f"\\u{code:04X}" for code in (*range(0x20), 0x7F)},
    0x08: "\\b",
    0x09: "\\t",
    0x0A: "\\n",
    0x0C: "\\f",
    0x0D: "\\r",
    0x22: '\\"',
    0x5C: "\\\\",
}
_TO_ESCAPE: Final = re.compile(r'[\x00-\x1f"\\\x7f]')
_ABSOLUTE_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*")
_LANGUAGE_TAG: Final = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*", re.ASCII)


class Quad(NamedTuple):
    """One statement; `graph` is empty in the default graph.

    Terms are text as N-Quads writes it, so `<` begins an IRI, `_:` a blank node, `"` a literal.
    """

    subject: str
    predicate: str
    object: str
    graph: str = ""

    def __str__(self) -> str:
        return statement(*self)


def statement(subject: str, predicate: str, target: str, graph: str) -> str:
    """Return the line that states a quad of these terms."""
    if graph:
        return f"{subject} {predicate} {target} {graph} .\n"
    return f"{subject} {predicate} {target} .\n"


def is_blank(term: str) -> bool:
    """Say whether `term` is a blank node."""
    return term[:2] == "_:"


def iri(text: str, *, at: str | None = None) -> str:
    """Return the term of an absolute IRI; raise `MalformedError` for anything else."""
    if _ABSOLUTE_IRI.fullmatch(text) is None:
        raise MalformedError("an identifier is not an absolute IRI", at=at)
    return f"<{text}>"


def literal(text: str, *, datatype: str = _XSD_STRING) -> str:
    """Return the term of a literal without a language."""
    quoted = f'"{_escape(text)}"'
    return quoted if datatype == _XSD_STRING else f"{quoted}^^{iri(datatype)}"


def language_literal(text: str, *, language: str) -> str:
    """Return the term of a language-tagged string; the tag must be well-formed (BCP 47)."""
    return f'"{_escape(text)}"@{require_language(language)}'


def require_language(tag: str) -> str:
    """Return `tag` if it has the shape of a language tag."""
    if _LANGUAGE_TAG.fullmatch(tag) is None:
        raise MalformedError("a language tag is not well-formed")
    return tag


def render(quads: Iterable[Quad]) -> str:
    """Write the quads as N-Quads, each once, in code point order."""
    return "".join(sorted({str(quad) for quad in quads}))


def _escape(text: str) -> str:
    return text.translate(_ESCAPES) if _TO_ESCAPE.search(text) else text
