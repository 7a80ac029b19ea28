"""Give the blank nodes of a document names for a while, so that its parts can be told apart.

vc-di-ecdsa section 3.4 names them in the expanded document and compacts that again, which loses
arrays of one element and whatever compaction writes otherwise. Here the compact document itself
is given an `@id` wherever an object has none, and that this changes nothing else is checked.
"""

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeAlias, final

from ssi_core.errors import MalformedError, WorkLimitError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.proof.json_pointers import Path, Selection
from ssi_core.rdf.n_quads import RDF, Quad, iri, is_blank
from ssi_core.strict_json import as_object

ToQuads: TypeAlias = Callable[[JsonObject], Sequence[Quad]]

_FIRST: Final = iri(f"{RDF}first")
_REST: Final = iri(f"{RDF}rest")
# What the labels of nodes that had a name, and of the cells of lists, begin with.
_NAMED: Final = "_:n"
_LISTED: Final = "_:l"
# Objects with one of these are no nodes, and have no name.
_NAMELESS: Final = frozenset({"@value", "@list", "@set"})
# How much may be tried out when not every object turns out to be a node: tries times quads.
_MAX_WORK: Final = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Skolemized:
    """A document whose chosen objects have names, and what it states."""

    document: JsonObject
    # In these, the names are blank node labels again, the same ones in every part.
    quads: tuple[Quad, ...]
    # What a name begins with, and nothing else in the document does.
    scheme: str

    def quads_of(self, part: JsonObject, *, to_quads: ToQuads) -> tuple[Quad, ...]:
        """Return what a part of `document` states; refuse one that the whole does not state."""
        found = _deskolemize(to_quads(part), self.scheme)
        # A node without a name is labelled by where it comes in the part, which says nothing.
        nameless = any(map(_is_nameless, (term for quad in found for term in quad)))
        if nameless or not set(found) <= set(self.quads):
            raise MalformedError("a pointer leads into something that only makes sense whole")
        return found


def skolemize(document: JsonObject, selection: Selection, *, to_quads: ToQuads) -> Skolemized:
    """Name every object of `document` that `selection` touches."""
    # First of all, since it refuses what is too deep or too large.
    naming = _Naming(document, to_quads)
    paths = [path for path, item in selection.objects_in(document) if _is_unnamed(item)]
    found = naming.attempt(paths)
    if found is None:
        # A language map, a JSON literal and the like look just like nodes.
        if len(paths) * len(naming.shape) > _MAX_WORK:
            raise WorkLimitError("too many objects are no nodes")
        found = naming.attempt([path for path in paths if naming.attempt([path])])
    if found is None:
        raise MalformedError("the objects of the document cannot be told apart")
    return found


@final
class _Naming:
    """Ways to name objects of one document."""

    def __init__(self, document: JsonObject, to_quads: ToQuads) -> None:
        self._document = document
        self._to_quads = to_quads
        self._scheme = f"urn:bnid:{secrets.token_hex(16)}:"
        self.shape = _shape(to_quads(document))

    def attempt(self, paths: Collection[Path]) -> Skolemized | None:
        """Name the objects at `paths`; nothing, if that changes what the document states."""
        names = {path: f"{self._scheme}{number}" for number, path in enumerate(paths)}
        named = as_object(_named(self._document, names, ()), at="")
        try:
            quads = self._to_quads(named)
        except MalformedError:
            return None
        if _shape(quads, self._scheme) != self.shape:
            return None
        found = _deskolemize(quads, self._scheme)
        return Skolemized(document=named, quads=found, scheme=self._scheme)


def _is_nameless(term: str) -> bool:
    return is_blank(term) and not term.startswith((_NAMED, _LISTED))


def _is_unnamed(item: JsonObject) -> bool:
    for keyword in ("id", "@id"):
        name = item.get(keyword)
        if isinstance(name, str) and name.startswith("_:"):
            raise MalformedError("a blank node identifier cannot be disclosed selectively")
    return "id" not in item and "@id" not in item and not _NAMELESS & item.keys()


def _named(value: JsonValue, names: Mapping[Path, str], path: Path) -> JsonValue:
    if isinstance(value, Mapping):
        members = {name: _named(item, names, (*path, name)) for name, item in value.items()}
        return {"@id": names[path], **members} if path in names else members
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_named(item, names, (*path, index)) for index, item in enumerate(value)]
    return value


def _shape(quads: Iterable[Quad], scheme: str = "_:") -> Sequence[str]:
    """Return the statements with every blank node, named for a while or not, made the same."""
    begin = f"<{scheme}"

    def mask(term: str) -> str:
        return "_:" if is_blank(term) or term.startswith(begin) else term

    return sorted(str(Quad(mask(s), p, mask(o), mask(g))) for s, p, o, g in quads)


def _deskolemize(quads: Iterable[Quad], scheme: str) -> tuple[Quad, ...]:
    """Return the quads with blank node labels for names, and lists named by what they hold."""
    begin = f"<{scheme}"

    def label(term: str) -> str:
        return f"{_NAMED}{term[len(begin) : -1]}" if term.startswith(begin) else term

    labelled = [Quad(label(s), p, label(o), label(g)) for s, p, o, g in quads]
    cells = _list_cells(labelled)
    return tuple(
        Quad(cells.get(s, s), p, cells.get(o, o), cells.get(g, g)) for s, p, o, g in labelled
    )


def _list_cells(quads: Sequence[Quad]) -> Mapping[str, str]:
    """Return a label for each cell of each list that depends on where it is and what it holds.

    So a part that has a whole list states what the document states, and one that has some of its
    elements does not. A list within a list stays unnamed.
    """
    first = {quad.subject: quad.object for quad in quads if quad.predicate == _FIRST}
    rest = {quad.subject: quad.object for quad in quads if quad.predicate == _REST}
    labels: dict[str, str] = {}
    heads: dict[str, int] = {}
    for subject, predicate, head, graph in quads if first else ():
        if head not in first or predicate in (_FIRST, _REST):
            continue
        cells = [head]
        while (following := rest.get(cells[-1])) in first:
            cells.append(following)
        held = [subject, predicate, graph, *(first[cell] for cell in cells)]
        digest = sha256("\n".join(held).encode()).hexdigest()
        copy = heads[digest] = heads.get(digest, -1) + 1
        labels |= {cell: f"{_LISTED}{digest}.{copy}.{index}" for index, cell in enumerate(cells)}
    return labels
