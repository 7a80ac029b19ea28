"""Pinned contexts: their bytes, their digests, and nothing from anywhere else."""

from hashlib import sha256

import pytest

from ssi_core.errors import ContextError, MalformedError
from ssi_core.rdf.contexts import Contexts, PinnedContext

URL, TEXT = "https://c.example/v1", b'{"@context": {"name": "urn:name"}}'
PINNED = PinnedContext(url=URL, digest=sha256(TEXT).hexdigest(), text=TEXT)


def test_a_context_is_what_was_pinned():
    contexts = Contexts([PINNED])

    assert URL in contexts
    assert contexts.urls() == {URL}
    assert contexts.text(URL) == TEXT
    assert contexts.digest(URL) == sha256(TEXT).hexdigest()
    assert contexts.document(URL) == {"@context": {"name": "urn:name"}}


def test_other_bytes_than_those_pinned_are_refused():
    with pytest.raises(ContextError, match="pinned"):
        PinnedContext(url=URL, digest=PINNED.digest, text=TEXT + b" ")


@pytest.mark.parametrize("url", ["", "https://c.example/v2", "https://c.example/v1#", "urn:x"])
def test_an_unknown_context_is_refused(url):
    contexts = Contexts([PINNED])

    for ask in (contexts.text, contexts.digest, contexts.document):
        with pytest.raises(ContextError, match="not known"):
            ask(url)
    with pytest.raises(ContextError, match="not known"):
        contexts.load(url, {})


def test_a_loader_answers_with_what_never_changes():
    contexts = Contexts([PINNED])

    answer = contexts.load(URL, {})

    assert answer["tag"] == "static"
    assert answer["document"] is contexts.load(URL, {})["document"]
    assert (answer["documentUrl"], answer["contextUrl"]) == (URL, None)


def test_more_contexts_make_another_set_and_replace_none():
    contexts = Contexts([PINNED])
    other = PinnedContext.trusting("https://d.example", b'{"@context": {}}')
    impostor = PinnedContext.trusting(URL, b'{"@context": {"name": "urn:evil"}}')

    more = contexts.with_more([other, impostor])

    assert more.urls() == {URL, "https://d.example"}
    assert more.text(URL) == TEXT
    assert contexts.urls() == {URL}


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"@context": {}, "@context": {}}', b"\xff"])
def test_what_is_no_context_document_is_malformed(text):
    with pytest.raises(MalformedError):
        Contexts([PinnedContext.trusting(URL, text)])
