from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import JSONResponse

from registry.api.evidence_text import EvidenceText
from registry.model.log_evidence import LogEvidence
from registry.model.proof import EntryProof
from registry.model.status_map import EMPTY_CHUNK
from registry.model.status_proof import ChunkProof

HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=4).map(tuple)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
RAW = WORDS.map(str.encode)
CHUNKS = st.sampled_from([EMPTY_CHUNK, b"\x55" + EMPTY_CHUNK[1:]])
EVIDENCE = st.builds(
    LogEvidence,
    st.lists(st.builds(EntryProof, RAW, st.integers(0, 2**40), HASHES), max_size=3).map(tuple),
    WORDS,
    st.lists(st.builds(ChunkProof, st.integers(0, 99), CHUNKS, HASHES), max_size=2).map(tuple),
    st.lists(RAW, max_size=2).map(tuple),
)


@given(st.lists(EVIDENCE, min_size=1, max_size=3))
def test_the_text_of_evidence_is_that_of_its_json_whatever_was_rendered_before(several):
    text = EvidenceText()

    rendered = [text.render(evidence) for evidence in (*several, *several)]

    assert rendered == [JSONResponse(each.to_json()).body for each in (*several, *several)]
