"""The two ciphersuites against published facts, and what their hashes refuse."""

import pytest

from ssi_core.bbs.ciphersuite import (
    BLS12_381_SHA_256,
    BLS12_381_SHAKE_256,
    expand_message_xmd,
    expand_message_xof,
)
from ssi_core.bbs.points import EXPAND_BYTES
from ssi_core.errors import MalformedError

SUITES = [BLS12_381_SHA_256, BLS12_381_SHAKE_256]
BOTH = pytest.mark.parametrize("suite", SUITES, ids=["SHA-256", "SHAKE-256"])


@pytest.mark.spec("RFC 9380", "5.3.1")
def test_expand_message_xmd_gives_the_answers_of_appendix_k_1():
    dst = b"QUUX-V01-CS02-with-expander-SHA256-128"

    assert expand_message_xmd(b"", dst, 32).hex() == (
        "68a985b87eb6b46952128911f2a4412bbc302a9d759667f87f7a21d803f07235"
    )
    assert expand_message_xmd(b"abc", dst, 32).hex() == (
        "d8ccab23b5985ccea865c6c97b6e5b8350e794e603b4b97902f53a8a0d605615"
    )


@pytest.mark.parametrize("expand", [expand_message_xmd, expand_message_xof])
def test_a_domain_separation_tag_of_256_octets_is_refused(expand):
    assert len(expand(b"", bytes(255), EXPAND_BYTES)) == EXPAND_BYTES
    with pytest.raises(MalformedError):
        expand(b"", bytes(256), EXPAND_BYTES)


@BOTH
@pytest.mark.spec("draft-irtf-cfrg-bbs-signatures-09", "Ciphersuites")
def test_p1_is_the_generator_that_the_draft_derives_it_as(suite):
    api = suite.ciphersuite_id + b"H2G_HM2S_"

    seed = suite.expand_message(
        api + b"BP_MESSAGE_GENERATOR_SEED", api + b"SIG_GENERATOR_SEED_", EXPAND_BYTES
    )
    state = suite.expand_message(
        seed + (1).to_bytes(8, "big"), api + b"SIG_GENERATOR_SEED_", EXPAND_BYTES
    )

    p1 = suite.hash_to_curve_g1(state, api + b"SIG_GENERATOR_DST_")
    assert p1.to_compressed_bytes() == suite.p1


@pytest.mark.spec("draft-irtf-cfrg-bbs-signatures-09", "Test Vectors")
def test_octets_hash_to_the_published_scalar_with_shake_256():
    suite = BLS12_381_SHAKE_256
    message = bytes.fromhex("9872ad089e452c7b6e283dfac2a80d58e8d0ff71cc4d5e310a1debdda4a45f02")

    scalar = suite.hash_to_scalar(message, suite.api_id + b"H2S_")

    assert scalar.to_be_bytes().hex() == (
        "0500031f786fde5326aa9370dd7ffe9535ec7a52cf2b8f432cad5d9acfb73cd3"
    )
