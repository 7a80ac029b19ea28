"""RDFC-1.0: what does not change a canonical form, and what is too much work."""

import time
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.errors import MalformedError, WorkLimitError
from ssi_core.rdf.n_quads import Quad
from ssi_core.rdf.rdfc_1_0 import canonicalize

pytestmark = pytest.mark.spec("RDFC-1.0", "4")

P, Q = "<urn:p>", "<urn:q>"


def clique(size: int) -> list[Quad]:
    nodes = [f"_:n{index}" for index in range(size)]
    return [Quad(a, P, b) for a in nodes for b in nodes if a != b]


def tree(*widths: int) -> list[Quad]:
    """A tree of look-alikes: so many children at each level."""
    level, quads = ["_:root"], []
    for width in widths:
        children = [(parent, f"{parent}x{index}") for parent in level for index in range(width)]
        quads += [Quad(parent, P, child) for parent, child in children]
        level = [child for _, child in children]
    return quads


def relabelled(quad: Quad, labels: Mapping[str, str]) -> Quad:
    subject, predicate, target, graph = (labels.get(term, term) for term in quad)
    return Quad(subject, predicate, target, graph)


def test_without_blank_nodes_the_form_is_the_sorted_statements():
    quads = [Quad("<urn:b>", P, '"x"'), Quad("<urn:a>", P, '"x"'), Quad("<urn:a>", P, '"x"')]

    canonical = canonicalize(quads)

    assert canonical.lines == ('<urn:a> <urn:p> "x" .\n', '<urn:b> <urn:p> "x" .\n')
    assert canonical.labels == {}
    assert canonical.n_quads == b'<urn:a> <urn:p> "x" .\n<urn:b> <urn:p> "x" .\n'


def test_nothing_has_an_empty_form():
    assert canonicalize([]).n_quads == b""


def test_labels_say_what_became_of_each_blank_node():
    canonical = canonicalize([Quad("_:x", P, "_:y"), Quad("_:y", Q, '"leaf"')])

    assert set(canonical.labels) == {"_:x", "_:y"}
    assert set(canonical.labels.values()) == {"_:c14n0", "_:c14n1"}
    assert str(Quad(canonical.labels["_:x"], P, canonical.labels["_:y"])) in canonical.lines


NODES = st.sampled_from([f"_:n{index}" for index in range(5)])
TERMS = NODES | st.sampled_from(["<urn:a>", "<urn:b>"])
QUADS = st.lists(
    st.builds(
        Quad,
        TERMS,
        st.sampled_from([P, Q]),
        TERMS | st.sampled_from(['"x"', '"y"@en']),
        st.just("") | NODES,
    ),
    max_size=12,
)


@given(QUADS, st.permutations(range(5)), st.randoms(use_true_random=False))
def test_neither_names_of_blank_nodes_nor_order_matter(quads, names, randomness):
    new = {f"_:n{old}": f"_:m{name}" for old, name in enumerate(names)}
    renamed = [relabelled(quad, new) for quad in quads]
    randomness.shuffle(renamed)

    assert canonicalize(renamed).n_quads == canonicalize(quads).n_quads


@given(QUADS)
def test_a_canonical_form_is_its_own(quads):
    canonical = canonicalize(quads)
    again = [relabelled(quad, canonical.labels) for quad in quads]

    assert canonicalize(again).n_quads == canonical.n_quads
    assert canonical.lines == tuple(sorted({str(quad) for quad in again}))


def test_one_label_more_or_less_is_seen():
    joined = [Quad("_:a", P, "_:b"), Quad("_:a", Q, "_:b")]
    apart = [Quad("_:a", P, "_:b"), Quad("_:a", Q, "_:c")]

    assert canonicalize(joined).n_quads != canonicalize(apart).n_quads


@pytest.mark.parametrize(
    "poison",
    [clique(10), clique(16), clique(80), tree(2, 9), tree(3, 7), tree(2, 2000), tree(2, 4, 4, 4)],
    ids=["K10", "K16", "K80", "2x9", "3x7", "2x2000", "2x4x4x4"],
)
def test_poison_is_refused_before_it_stalls_us(poison):
    start = time.process_time()

    with pytest.raises(WorkLimitError):
        canonicalize(poison)

    # Half a second when nothing else runs; tests/poison measures it apart.
    assert time.process_time() - start < 3


@pytest.mark.parametrize(
    "honest",
    [tree(1, 5000), tree(50, 1), tree(30, 3), tree(2, 6), tree(300, 2), clique(5)],
    ids=["1x5000", "50x1", "30x3", "2x6", "300x2", "K5"],
)
def test_look_alikes_as_records_have_them_pass(honest):
    assert len(canonicalize(honest).lines) == len(honest)


def in_graph(graph: str, statements: int) -> list[Quad]:
    """A node with so many statements in a graph, all of them like those in another graph."""
    return [
        Quad(f"{graph}x", f"<urn:p{number}>", '"same"', graph) for number in range(statements)
    ] + [Quad("<urn:root>", P, graph)]


@pytest.mark.spec("RDFC-1.0", "4.8")
def test_any_number_of_statements_in_graphs_alike_is_no_poison():
    quads = [quad for number in range(20) for quad in in_graph(f"_:g{number}", 50)]

    canonical = canonicalize(quads, max_steps=20_000)

    assert len(canonical.labels) == 40


def test_a_node_in_two_graphs_alike_a_thousand_times_is_refused_and_not_a_crash():
    quads = [
        Quad("_:node", f"<urn:p{number}>", '"same"', graph)
        for number in range(1_000)
        for graph in ("_:one", "_:two")
    ]
    twice = [
        Quad(quad.subject + "2", quad.predicate, quad.object, quad.graph + "2") for quad in quads
    ]

    with pytest.raises(WorkLimitError):
        canonicalize([*quads, *twice])


def test_a_chain_longer_than_the_stack_allows_is_refused_and_not_a_crash():
    chain = [Quad(f"_:n{index}", P, f"_:n{index + 1}") for index in range(20_000)]

    with pytest.raises(WorkLimitError):
        canonicalize([*chain, *(Quad(f"_:m{i}", P, f"_:m{i + 1}") for i in range(20_000))])


def test_the_limit_is_the_callers():
    with pytest.raises(WorkLimitError):
        canonicalize(clique(4), max_steps=10)
    assert canonicalize(clique(4), max_steps=10_000).lines


def test_half_a_character_has_no_canonical_form():
    with pytest.raises(MalformedError, match="surrogate"):
        canonicalize([Quad("<urn:a>", P, '"\ud800"')])
    with pytest.raises(MalformedError, match="surrogate"):
        canonicalize([Quad("_:a", P, '"\ud800"')])
