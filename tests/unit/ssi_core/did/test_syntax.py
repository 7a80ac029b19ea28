"""DID and DID URL syntax, by the grammar of DID Core section 3."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.did.syntax import Did, DidUrl
from ssi_core.errors import MalformedError, SsiError

pytestmark = pytest.mark.spec("DID Core", "3")


@pytest.mark.parametrize(
    ("text", "method", "method_specific_id"),
    [
        ("did:example:123456789abcdefghi", "example", "123456789abcdefghi"),
        ("did:web:example.com%3A3000:user:alice", "web", "example.com%3A3000:user:alice"),
        ("did:a1::x", "a1", ":x"),
        ("did:x:A-Z._", "x", "A-Z._"),
    ],
)
def test_a_did_is_read_and_written(text: str, method: str, method_specific_id: str):
    did = Did.parse(text)

    assert (did.method, did.method_specific_id) == (method, method_specific_id)
    assert str(did) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "did",
        "did:",
        "did:example",
        "did:example:",
        "did::x",
        "did:example:x:",
        "DID:example:x",
        "did:Example:x",
        "did:ex-ample:x",
        "did:example:x/path",
        "did:example:x?query",
        "did:example:x#key",
        "did:example:x y",
        "did:example:x\n",
        "did:example:%",
        "did:example:%4",
        "did:example:%zz",
        "did:example:\u00e9",
        "did:example:\u0661",
        "did:example:\ud800",
        " did:example:x",
        "did:example:" + "x" * 4096,
    ],
)
def test_what_the_grammar_does_not_produce_is_malformed(text: str):
    with pytest.raises(MalformedError, match="/iss"):
        Did.parse(text, at="/iss")


@pytest.mark.parametrize(
    ("text", "path", "query", "fragment"),
    [
        ("did:example:x", "", None, None),
        ("did:example:x#", "", None, ""),
        ("did:example:x#key-1", "", None, "key-1"),
        ("did:example:x/a/b;c", "/a/b;c", None, None),
        ("did:example:x?versionId=1-Qm&a=b", "", "versionId=1-Qm&a=b", None),
        ("did:example:x/p%20q?a=/?b#c/?d", "/p%20q", "a=/?b", "c/?d"),
    ],
)
def test_a_did_url_is_read_and_written(
    text: str, path: str, query: str | None, fragment: str | None
):
    url = DidUrl.parse(text)

    assert url == DidUrl(Did("example", "x"), path, query, fragment)
    assert str(url) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "#key-1",
        "/path",
        "did:example",
        "did:example:#key",
        "did:example:x#a#b",
        "did:example:x#a b",
        "did:example:x#a\n",
        "did:example:x/\u00e9",
        "did:example:x?%",
        "did:example:x/<>",
        "https://example.com/",
        "did:example:x#" + "x" * 4096,
    ],
)
def test_what_is_not_a_did_url_is_malformed(text: str):
    with pytest.raises(MalformedError):
        DidUrl.parse(text)


def test_dids_have_an_order_so_that_sets_of_them_can_be_written():
    assert sorted([Did.parse("did:web:b"), Did.parse("did:key:z"), Did.parse("did:web:a")]) == [
        Did.parse("did:key:z"),
        Did.parse("did:web:a"),
        Did.parse("did:web:b"),
    ]


@given(st.text() | st.text(st.sampled_from("did:exampl/?#%41 \n")).map("did:x:".__add__))
def test_junk_is_refused_or_read_whole(text: str):
    for kind in (Did, DidUrl):
        try:
            found = kind.parse(text)
        except SsiError:
            continue
        assert str(found) == text


# DID Core section 3.1: the characters of a method-specific id, one by one.
IDCHARS = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:")


def _has_the_form_of_an_id(text: str) -> bool:
    rest = text
    while rest:
        if rest[0] == "%" and len(rest) > 2 and set(rest[1:3]) <= set("0123456789abcdefABCDEF"):
            rest = rest[3:]
        elif rest[0] in IDCHARS:
            rest = rest[1:]
        else:
            return False
    return text != "" and not text.endswith(":")


@given(st.text("aZ9.-_:%4Fg/#\u0661 ", max_size=8))
def test_an_id_is_read_character_by_character(text: str):
    try:
        found = Did.parse(f"did:example:{text}").method_specific_id
    except MalformedError:
        found = None

    assert found == (text if _has_the_form_of_an_id(text) else None)


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        ("", ()),
        ("?", ()),
        ("?a=b&c=d", (("a", "b"), ("c", "d"))),
        ("?a=b&a=b", (("a", "b"), ("a", "b"))),
        ("?relativeRef=%2Fx%3Fy%3D1&z", (("relativeRef", "/x?y=1"), ("z", ""))),
        ("?versionTime=2026-01-01T00:00:00+00:00", (("versionTime", "2026-01-01T00:00:00+00:00"),)),
        ("?a=b=c&&", (("a", "b=c"),)),
    ],
)
def test_parameters_are_decoded_once_and_kept_in_order(query: str, parameters: object):
    assert DidUrl.parse(f"did:web:a.example{query}").parameters == parameters
