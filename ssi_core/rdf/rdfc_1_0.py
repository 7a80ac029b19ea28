"""RDF Dataset Canonicalization, RDFC-1.0, with a bound on its work.

https://www.w3.org/TR/rdf-canon/. Section numbers below are those of the Recommendation.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import permutations
from typing import Final, Protocol, TypeAlias

from ssi_core.errors import MalformedError, WorkLimitError
from ssi_core.rdf import work
from ssi_core.rdf.n_quads import Quad, is_blank, statement
from ssi_core.rdf.work import MAX_STEPS

# Labels copied in the time of a step.
_COPIED_PER_STEP: Final = 64
# Recursion costs stack, not only time.
_MAX_DEPTH: Final = 128
_CANONICAL: Final = "_:c14n"
_TEMPORARY: Final = "_:b"


class Hash(Protocol):
    """A hash that has been computed, as `hashlib` gives it."""

    def digest(self) -> bytes:
        """Return the hash value."""
        ...

    def hexdigest(self) -> str:
        """Return the hash value in hexadecimal."""
        ...


# `hashlib.sha256` or `hashlib.sha384` (section 4.1).
HashFunction: TypeAlias = Callable[[bytes], Hash]


@dataclass(frozen=True, slots=True, kw_only=True)
class CanonicalDataset:
    """A dataset in canonical form."""

    # N-Quads statements with their line ends, sorted, each once.
    lines: tuple[str, ...]
    # The canonical label of each blank node by the one that it came with: `_:x` to `_:c14n0`.
    labels: Mapping[str, str]

    @property
    def n_quads(self) -> bytes:
        """The serialized canonical form: what is hashed and signed."""
        return "".join(self.lines).encode()


def canonicalize(
    quads: Iterable[Quad],
    *,
    hash_function: HashFunction = sha256,
    max_steps: int = MAX_STEPS,
) -> CanonicalDataset:
    """Return the canonical form of a dataset, or refuse one that takes more than `max_steps`.

    A step is one comparison of a blank node with a neighbour, counted through all permutations
    that section 4.8 tries; a dataset without look-alikes takes none. Whole FHIR bundles need some
    100,000, single resources hundreds; all that are allowed take half a second. Where
    `work.bounded` is around several calls, they share one limit.
    """
    dataset = tuple(dict.fromkeys(quads))
    shared = work.left()
    canonicalization = _Canonicalization(dataset, hash_function, min(max_steps, shared.steps))
    try:
        labels = canonicalization.issue_all()
        # No two blank nodes get one label, so no two quads become one line.
        lines = tuple(sorted(_relabelled(dataset, labels)))
        "".join(lines).encode()
    except UnicodeEncodeError:
        raise MalformedError("text has a lone surrogate") from None
    finally:
        shared.steps -= canonicalization.steps
    return CanonicalDataset(lines=lines, labels=labels)


def _relabelled(dataset: Iterable[Quad], labels: Mapping[str, str]) -> Iterator[str]:
    label = labels.get
    for subject, predicate, target, graph in dataset:
        yield statement(
            label(subject, subject), predicate, label(target, target), label(graph, graph)
        )


class _Canonicalization:
    """The canonicalization state (section 4.2)."""

    def __init__(
        self, dataset: Sequence[Quad], hash_function: HashFunction, max_steps: int
    ) -> None:
        self._hash_function = hash_function
        self._max_steps = max_steps
        self.steps = 0
        self._quads_of: dict[str, list[Quad]] = {}
        for quad in dataset:
            subject, _, target, graph = quad
            if is_blank(subject):
                self._quads_of.setdefault(subject, []).append(quad)
            if is_blank(target) and target != subject:
                self._quads_of.setdefault(target, []).append(quad)
            if is_blank(graph) and graph not in (subject, target):
                self._quads_of.setdefault(graph, []).append(quad)
        self._first_degree: dict[str, str] = {}
        self._canonical: dict[str, str] = {}

    def issue_all(self) -> Mapping[str, str]:
        """Return a canonical label for every blank node (section 4.4.3, steps 3 to 5)."""
        nodes_of: dict[str, list[str]] = {}
        for node in self._quads_of:
            digest = self._first_degree[node] = self._hash_first_degree_quads(node)
            nodes_of.setdefault(digest, []).append(node)
        alike = []
        for _, nodes in sorted(nodes_of.items()):
            if len(nodes) == 1:
                self._issue(nodes[0])
            else:
                alike.append(nodes)
        for nodes in alike:
            results = [
                self._hash_n_degree_quads(node, {node: f"{_TEMPORARY}0"}, depth=0)
                for node in nodes
                if node not in self._canonical
            ]
            for _, issued in sorted(results, key=lambda result: result[0]):
                for node in issued:
                    self._issue(node)
        return self._canonical

    def _issue(self, node: str) -> None:
        if node not in self._canonical:
            self._canonical[node] = f"{_CANONICAL}{len(self._canonical)}"

    def _hash_first_degree_quads(self, node: str) -> str:
        """Hash what is said of `node` with every blank node unnamed (section 4.6.3)."""
        lines = [
            statement(_mask(s, node), p, _mask(o, node), _mask(g, node))
            for s, p, o, g in self._quads_of[node]
        ]
        return self._hash("".join(sorted(lines)))

    def _hash_related_blank_node(
        self, related: str, quad: Quad, issued: Mapping[str, str], position: str
    ) -> str:
        """Hash how `related` stands to a node by `quad` (section 4.7.3)."""
        label = self._canonical.get(related) or issued.get(related) or self._first_degree[related]
        predicate = "" if position == "g" else quad.predicate
        return self._hash(f"{position}{predicate}{label}")

    def _hash_n_degree_quads(
        self, node: str, issued: dict[str, str], *, depth: int
    ) -> tuple[str, dict[str, str]]:
        """Hash `node` by its whole neighbourhood; return also the labels given (section 4.8.3)."""
        if depth > _MAX_DEPTH:
            raise WorkLimitError("the dataset takes more work to canonicalize than allowed")
        data: list[str] = []
        for digest, related in sorted(self._related_by_hash(node, issued).items()):
            chosen_path, chosen_issued = "", issued
            for permutation in _orders(related):
                path, candidate = self._follow(permutation, issued, chosen_path, depth)
                if candidate is not None and (not chosen_path or path < chosen_path):
                    chosen_path, chosen_issued = path, candidate
            data += digest, chosen_path
            issued = chosen_issued
        return self._hash("".join(data)), issued

    def _related_by_hash(self, node: str, issued: Mapping[str, str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        quads = self._quads_of[node]
        self._spend(len(quads))
        for quad in quads:
            for position, term in (("s", quad.subject), ("o", quad.object), ("g", quad.graph)):
                if is_blank(term) and term != node:
                    digest = self._hash_related_blank_node(term, quad, issued, position)
                    found.setdefault(digest, []).append(term)
        return found

    def _follow(
        self, permutation: Sequence[str], issued: Mapping[str, str], chosen: str, depth: int
    ) -> tuple[str, dict[str, str] | None]:
        """Walk one order of the related nodes; no labels if it cannot beat the chosen path."""
        self._spend(len(permutation) + len(issued) // _COPIED_PER_STEP)
        copy = dict(issued)
        path, to_visit = "", []
        for related in permutation:
            if (canonical := self._canonical.get(related)) is not None:
                path += canonical
            else:
                if related not in copy:
                    to_visit.append(related)
                    copy[related] = f"{_TEMPORARY}{len(copy)}"
                path += copy[related]
            if _loses(path, chosen):
                return path, None
        for related in to_visit:
            digest, result = self._hash_n_degree_quads(related, copy, depth=depth + 1)
            path += f"{copy[related]}<{digest}>"
            copy = result
            if _loses(path, chosen):
                return path, None
        return path, copy

    def _hash(self, text: str) -> str:
        return self._hash_function(text.encode()).hexdigest()

    def _spend(self, steps: int) -> None:
        self.steps += steps
        if self.steps > self._max_steps:
            raise WorkLimitError("the dataset takes more work to canonicalize than allowed")


def _orders(nodes: Sequence[str]) -> Iterator[Sequence[str]]:
    """Return every order of `nodes` once.

    Section 4.8.3 lists a node once for each statement that relates it, in a named graph for every
    one there, and tries all permutations of the list. Those that read alike lead to the same path,
    so one of them will do: ten statements about a node are ten factorial otherwise.
    """
    if len(set(nodes)) == len(nodes):
        yield from permutations(nodes)
        return
    order = sorted(nodes)
    while True:
        yield tuple(order)
        # The next one in lexicographic order, by Narayana Pandita's rule.
        pivot = len(order) - 2
        while pivot >= 0 and order[pivot] >= order[pivot + 1]:
            pivot -= 1
        if pivot < 0:
            return
        successor = len(order) - 1
        while order[successor] <= order[pivot]:
            successor -= 1
        order[pivot], order[successor] = order[successor], order[pivot]
        order[pivot + 1 :] = reversed(order[pivot + 1 :])


def _mask(term: str, node: str) -> str:
    if term == node:
        return "_:a"
    return "_:z" if is_blank(term) else term


def _loses(path: str, chosen: str) -> bool:
    return bool(chosen) and len(path) >= len(chosen) and path > chosen
