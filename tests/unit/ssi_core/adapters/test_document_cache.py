"""Documents kept for a while: never past their time, and never more than fit."""

from datetime import timedelta

import pytest

from ssi_core.adapters.document_cache import DocumentCache
from ssi_core.did.document import DidDocument
from ssi_core.did.syntax import Did
from tests.support.registry import AT

LATER = AT + timedelta(seconds=60)


def document(number: int, *, padding: int = 0) -> DidDocument:
    return DidDocument.parse({"id": f"did:web:{number}.example", "x": "." * padding})


def keep(cache: DocumentCache, *documents: DidDocument) -> None:
    for one in documents:
        cache.keep(one.did, one, until=LATER)


def test_a_document_is_kept_until_its_time():
    cache, one = DocumentCache(), document(1)
    keep(cache, one)

    assert cache.find(one.did, at=AT) is one
    assert cache.find(one.did, at=LATER) is None
    assert cache.find(Did.parse("did:web:2.example"), at=AT) is None


def test_the_one_kept_longest_ago_makes_room():
    cache = DocumentCache(max_documents=2)
    keep(cache, document(1), document(2), document(1), document(3))

    assert [cache.find(document(n).did, at=AT) is not None for n in (1, 2, 3)] == [
        True,
        False,
        True,
    ]


def test_large_documents_push_out_others_and_not_the_memory():
    cache = DocumentCache(max_characters=10_000)
    keep(cache, *(document(number, padding=500) for number in range(100)))

    found = [cache.find(document(number).did, at=AT) for number in range(100)]

    assert [one is not None for one in found] == [number >= 100 - 18 for number in range(100)]


def test_a_document_that_would_fill_the_cache_is_not_kept():
    cache, huge = DocumentCache(max_characters=10_000), document(1, padding=5_000)
    keep(cache, document(2), huge)

    assert cache.find(huge.did, at=AT) is None
    assert cache.find(document(2).did, at=AT) is not None


@pytest.mark.parametrize("padding", [0, 400])
def test_what_is_replaced_is_not_counted_twice(padding: int):
    cache = DocumentCache(max_characters=10_000)
    keep(cache, *(document(1, padding=padding) for _ in range(1000)), document(2))

    assert cache.find(document(1).did, at=AT) is not None
    assert cache.find(document(2).did, at=AT) is not None
