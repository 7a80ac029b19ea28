"""All that is built to stall or to fill us: what makes each, and returns what reads it."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from ssi_core.rdf.n_quads import Quad
from ssi_core.rdf.rdfc_1_0 import canonicalize
from tests.poison import datasets, documents, envelopes, proof_values, tokens
from tests.poison.documents import Prepare


def cases(vectors: Path) -> Mapping[str, Prepare]:
    """Return every case by its name."""
    return dict(_all(vectors))


def _all(vectors: Path) -> Iterator[tuple[str, Prepare]]:
    for name, make in datasets.datasets(vectors):
        yield f"dataset: {name}", partial(_canonicalizing, make)
    yield from documents.documents()
    yield from documents.members()
    yield from tokens.sd_jwts()
    yield from tokens.texts()
    yield from proof_values.proof_values()
    yield from proof_values.anoncreds()
    yield from tokens.status_lists()
    yield from envelopes.envelopes()
    yield from envelopes.bitstrings()


def _canonicalizing(make: Callable[[], list[Quad]]) -> Callable[[], object]:
    return partial(canonicalize, make())
