"""RDF datasets that are built to stall a canonicalizer."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

from ssi_core.rdf import n_quads_reader
from ssi_core.rdf.n_quads import Quad

P = "<urn:p>"


def clique(size: int) -> list[Quad]:
    nodes = [f"_:n{index}" for index in range(size)]
    return [Quad(a, P, b) for a in nodes for b in nodes if a != b]


def tree(*widths: int) -> list[Quad]:
    level, quads = ["_:root"], []
    for width in widths:
        children = [(parent, f"{parent}x{index}") for parent in level for index in range(width)]
        quads += [Quad(parent, P, child) for parent, child in children]
        level = [child for _, child in children]
    return quads


def forest(trees: int, *widths: int) -> list[Quad]:
    return [
        Quad(f"_:t{number}{quad.subject[2:]}", P, f"_:t{number}{quad.object[2:]}")
        for number in range(trees)
        for quad in tree(*widths)
    ]


def ring(size: int) -> list[Quad]:
    nodes = [f"_:n{index}" for index in range(size)]
    return [Quad(a, P, b) for a, b in pairwise([*nodes, nodes[0]])]


def grid(size: int) -> list[Quad]:
    """A torus: every node is like every other."""
    return [
        quad
        for x in range(size)
        for y in range(size)
        for quad in (
            Quad(f"_:n{x}y{y}", P, f"_:n{(x + 1) % size}y{y}"),
            Quad(f"_:n{x}y{y}", P, f"_:n{x}y{(y + 1) % size}"),
        )
    ]


def datasets(vectors: Path) -> Iterator[tuple[str, Callable[[], list[Quad]]]]:
    yield "2 parents x 9 children", lambda: tree(2, 9)
    yield "complete graph K9", lambda: clique(9)
    yield "complete graph K16", lambda: clique(16)
    yield "complete graph K80", lambda: clique(80)
    yield "tree 50x20", lambda: forest(50, 20)
    yield "tree 2x4x4x4", lambda: tree(2, 4, 4, 4)
    yield "ring of 3000", lambda: ring(3000)
    yield "torus 12x12", lambda: grid(12)
    published = vectors / "rdf-canon" / "rdfc10" / "test074-in.nq"
    yield "rdf-canon 074", lambda: list(n_quads_reader.parse(published.read_text("utf-8")))
