"""Digests of related resources: of which forms, and what they have to fit."""

import hashlib
from base64 import b64encode
from typing import Any

import pytest

from ssi_core.credential.related_resource import RelatedResource, parse_all
from ssi_core.encoding import base64url_encode
from ssi_core.errors import MalformedError, ProofError

pytestmark = pytest.mark.spec("vc-data-model-2.0", "5.3")

URL = "https://example.org/resource"
CONTENT = b"what the issuer saw"
MULTIHASH = {"sha256": b"\x12\x20", "sha384": b"\x20\x30", "sha512": b"\x13\x40"}
MULTIHASH |= {"sha3_256": b"\x16\x20", "sha3_384": b"\x15\x30", "sha3_512": b"\x14\x40"}


def sri(algorithm: str, content: bytes = CONTENT) -> str:
    return f"{algorithm}-{b64encode(hashlib.new(algorithm, content).digest()).decode()}"


def multibase(algorithm: str, header: bytes, content: bytes = CONTENT) -> str:
    return "u" + base64url_encode(header + hashlib.new(algorithm, content).digest())


def resource(**members: Any) -> RelatedResource:
    return RelatedResource.parse({"id": URL, **members}, at="/relatedResource")


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_subresource_integrity_digests_fit_what_was_seen_and_nothing_else(algorithm: str) -> None:
    parsed = resource(digestSRI=sri(algorithm))

    parsed.check([b"another version", CONTENT])

    with pytest.raises(ProofError):
        parsed.check([b"another version"])
    with pytest.raises(ProofError):
        parsed.check([])


@pytest.mark.parametrize("algorithm", MULTIHASH)
def test_multihashes_fit_what_was_seen_and_nothing_else(algorithm: str) -> None:
    parsed = resource(digestMultibase=multibase(algorithm, MULTIHASH[algorithm]))

    parsed.check([CONTENT])

    with pytest.raises(ProofError):
        parsed.check([CONTENT + b" "])


@pytest.mark.parametrize("algorithm", ["sha256", "sha384"])
def test_a_digest_without_a_multihash_header_is_known_by_its_length(algorithm: str) -> None:
    resource(digestMultibase=multibase(algorithm, b"")).check([CONTENT])


def test_where_both_forms_are_given_both_have_to_fit() -> None:
    parsed = resource(
        digestSRI=sri("sha256"), digestMultibase=multibase("sha256", b"\x12\x20", b"another")
    )

    with pytest.raises(ProofError):
        parsed.check([CONTENT])


def test_a_weak_digest_does_not_count_beside_a_strong_one() -> None:
    parsed = resource(digestSRI=f"{sri('sha256')} {sri('sha512', b'another')}")

    with pytest.raises(ProofError):
        parsed.check([CONTENT])


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"mediaType": "text/plain"},
        {"digestSRI": ""},
        {"digestSRI": "md5-AAAA"},
        {"digestSRI": "sha256-!!!!"},
        {"digestSRI": "sha256-AA=A"},
        {"digestSRI": []},
        {"digestSRI": 7},
        {"digestMultibase": ""},
        {"digestMultibase": "u"},
        {"digestMultibase": "uAAAA"},
        {"digestMultibase": "q123"},
        {"digestMultibase": None},
        {"digestSRI": sri("sha256"), "mediaType": "nonsense"},
        {"digestSRI": sri("sha256"), "id": "not a url"},
    ],
)
def test_a_resource_without_a_digest_that_can_be_read_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        resource(**members)


@pytest.mark.parametrize("value", [None, 7, "text", [], [7], {}])
def test_related_resources_are_objects(value: Any) -> None:
    with pytest.raises(MalformedError):
        parse_all({"relatedResource": value})


def test_a_resource_is_named_once() -> None:
    one = {"id": URL, "digestSRI": sri("sha256")}

    assert len(parse_all({"relatedResource": [one, {**one, "id": f"{URL}/2"}]})) == 2
    assert parse_all({}) == ()
    with pytest.raises(MalformedError) as refused:
        parse_all({"relatedResource": [one, one]})

    assert refused.value.at == "/relatedResource"
