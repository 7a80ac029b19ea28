"""N-Quads terms in canonical form, and the reader that takes any form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.errors import MalformedError, SsiError
from ssi_core.rdf import n_quads_reader
from ssi_core.rdf.n_quads import Quad, iri, is_blank, language_literal, literal, render

pytestmark = pytest.mark.spec("RDFC-1.0", "5")

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def test_a_quad_is_written_as_one_line():
    default = Quad("<urn:s>", "<urn:p>", '"o"')
    named = Quad("_:b0", "<urn:p>", "_:b1", "_:g")

    assert str(default) == '<urn:s> <urn:p> "o" .\n'
    assert str(named) == "_:b0 <urn:p> _:b1 _:g .\n"


def test_a_dataset_is_written_sorted_and_each_quad_once():
    a, b = Quad("<urn:a>", "<urn:p>", '"o"'), Quad("<urn:b>", "<urn:p>", '"o"')

    assert render([b, a, b]) == str(a) + str(b)


def test_only_blank_nodes_are_blank():
    assert is_blank("_:b0")
    assert not any(map(is_blank, ("<urn:a>", '"_:b0"', "")))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("", '""'),
        ("\t\b\n\r\f", '"\\t\\b\\n\\r\\f"'),
        ('"\\', '"\\"\\\\"'),
        ("\x00\x0b\x1f\x7f", '"\\u0000\\u000B\\u001F\\u007F"'),
        ("é\u2028\U0001f600\x80'", '"é\u2028\U0001f600\x80\'"'),
    ],
)
def test_text_is_escaped_only_where_it_must_be(text, written):
    assert literal(text) == written


def test_a_datatype_is_written_unless_it_is_string():
    assert literal("5", datatype="urn:d") == '"5"^^<urn:d>'
    assert literal("5", datatype="http://www.w3.org/2001/XMLSchema#string") == '"5"'
    assert language_literal("x", language="de-AT") == '"x"@de-AT'


@pytest.mark.parametrize(
    "text",
    ["", "rel", "/rel", "#frag", ":x", "1a:x", "_:b0", "https ://x", "a:b c", "a:<", 'a:"', "a:\n",
     "a:{", "a:|", "a:^", "a:`", "a:\\", "ä:x"],
)  # fmt: skip
def test_what_is_no_absolute_iri_is_refused(text):
    with pytest.raises(MalformedError):
        iri(text)


@pytest.mark.parametrize("tag", ["", "-", "de-", "de_AT", "not a tag", "abcdefghi", "dé"])
def test_what_is_no_language_tag_is_refused(tag):
    with pytest.raises(MalformedError):
        language_literal("x", language=tag)


def test_the_reader_takes_comments_escapes_and_loose_spacing():
    dense = '<urn:s><urn:\\u0070>"a\\u0041\\U0001F600\\t"@en<urn:g>. # more'
    text = f"# a comment\n\n{dense}\r\n_:a <urn:p> _:b .\n"

    assert n_quads_reader.parse(text) == (
        Quad("<urn:s>", "<urn:p>", '"aA\U0001f600\\t"@en', "<urn:g>"),
        Quad("_:a", "<urn:p>", "_:b"),
    )


def test_the_reader_keeps_a_quad_once():
    line = '<urn:s> <urn:p> "o"^^<http://www.w3.org/2001/XMLSchema#string> .\n'

    assert n_quads_reader.parse(line * 2) == (Quad("<urn:s>", "<urn:p>", '"o"'),)


@pytest.mark.parametrize(
    "line",
    ["x", "<urn:s> <urn:p> .", '"s" <urn:p> "o" .', '<urn:s> _:p "o" .', '<urn:s> <urn:p> "o"',
     '<urn:s> <urn:p> "o" "g" .', '<urn:s> <urn:p> "\\x" .', '<urn:s> <urn:p> "\\uD800" .',
     '<urn:s> <urn:p> "\\U00110000" .', '<s> <urn:p> "o" .', '<urn:s> <urn:p> "o"@a_b .'],
)  # fmt: skip
def test_what_is_no_statement_is_refused(line):
    with pytest.raises(MalformedError):
        n_quads_reader.parse(line)


@given(TEXT)
def test_every_text_survives_writing_and_reading(text):
    quad = Quad("<urn:s>", "<urn:p>", literal(text))

    assert n_quads_reader.parse(str(quad)) == (quad,)


@given(st.text())
def test_junk_raises_only_our_own_errors(text):
    for parse in (n_quads_reader.parse, iri):
        try:
            parse(text)
        except SsiError:
            continue
