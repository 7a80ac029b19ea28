"""Another JSON-LD processor and another RDFC-1.0 find the same N-Quads in what is signed."""

import pytest

from ssi_core.rdf.rdfc_1_0 import canonicalize
from tests.support.interop import JSON_LD


@pytest.mark.spec("RDFC-1.0", "4")
@pytest.mark.parametrize(
    "name", ["alumni", "windsurfing", "diagnosis", "immunization", "laboratory_result", "panel"]
)
def test_the_canonical_form_is_the_peers(node, documents, name):
    document = {"issuer": "did:example:issuer", **documents[name]}

    ours = canonicalize(JSON_LD.to_quads(document)).n_quads.decode()

    assert ours == node.call("rdf.canonize", document=document)
    assert ours == node.call("rdf.canonizeQuads", quads=ours)
    assert ours.count("\n") > 5
