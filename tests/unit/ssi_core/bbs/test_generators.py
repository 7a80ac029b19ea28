"""Generators: the published ones, always the same, and never more than allowed."""

import pytest

from ssi_core.bbs.ciphersuite import BLS12_381_SHA_256, BLS12_381_SHAKE_256
from ssi_core.bbs.generators import MAX_MESSAGES, create_generators
from ssi_core.errors import MalformedError

pytestmark = pytest.mark.spec("draft-irtf-cfrg-bbs-signatures-09", "Generators Calculation")


def test_the_first_ones_are_those_of_the_draft():
    sha = create_generators(BLS12_381_SHA_256, 1)
    shake = create_generators(BLS12_381_SHAKE_256, 1)

    assert sha.q1.to_compressed_bytes().hex() == (
        "a9ec65b70a7fbe40c874c9eb041c2cb0a7af36ccec1bea48fa2ba4c2eb67ef7f"
        "9ecb17ed27d38d27cdeddff44c8137be"
    )
    assert shake.q1.to_compressed_bytes().hex() == (
        "a9d40131066399fd41af51d883f4473b0dcd7d028d3d34ef17f3241d204e2850"
        "7d7ecae032afa1d5490849b7678ec1f8"
    )
    assert shake.messages[0].to_compressed_bytes().hex() == (
        "903c7ca0b7e78a2017d0baf74103bd00ca8ff9bf429f834f071c75ffe6bfdec6"
        "d6dca15417e4ac08ca4ae1e78b7adc0e"
    )


@pytest.mark.parametrize("count", [0, 14, 15, 16, 17, 40])
def test_a_longer_list_begins_with_the_shorter_one(count):
    shorter = create_generators(BLS12_381_SHA_256, count)
    longer = create_generators(BLS12_381_SHA_256, 64)

    assert len(shorter.messages) == count
    assert shorter.q1 == longer.q1
    assert list(shorter.messages) == list(longer.messages[:count])


@pytest.mark.parametrize("count", [-1, MAX_MESSAGES + 1])
def test_a_count_out_of_bounds_is_refused(count):
    with pytest.raises(MalformedError):
        create_generators(BLS12_381_SHA_256, count)


def test_the_domain_depends_on_key_header_and_count():
    two, three = (create_generators(BLS12_381_SHA_256, count) for count in (2, 3))
    key = bytes(96)

    domains = [
        two.domain(key, b"header"),
        two.domain(key, b"other"),
        two.domain(b"\x01" * 96, b"header"),
        three.domain(key, b"header"),
    ]

    assert len({domain.to_be_bytes() for domain in domains}) == len(domains)
