import pytest

from ssi_core.errors import AlgorithmError, MalformedError
from ssi_core.keys import Ed25519PublicKey, P256PublicKey
from wallet.keys import new_holder_key, parse_key, render_key


@pytest.mark.parametrize("accepted", [(), ("ES256",), ("EdDSA", "ES256"), ("ES512", "ES256")])
def test_p256_is_made_wherever_it_is_accepted(accepted: tuple[str, ...]):
    assert isinstance(new_holder_key(accepted).public_key, P256PublicKey)


@pytest.mark.parametrize("accepted", ["EdDSA", "Ed25519"])
def test_ed25519_is_made_where_nothing_else_of_ours_is_accepted(accepted: str):
    assert isinstance(new_holder_key([accepted]).public_key, Ed25519PublicKey)


def test_an_issuer_that_accepts_none_of_our_keys_is_refused():
    with pytest.raises(AlgorithmError):
        new_holder_key(["ES512", "RS256"])


def test_no_key_is_made_twice():
    assert len({new_holder_key(()).public_key for _ in range(8)}) == 8


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
def test_a_kept_key_signs_as_before(algorithm: str):
    key = new_holder_key([algorithm])

    again = parse_key(render_key(key), at="/key")

    key.public_key.verify(again.sign(b"data"), b"data")


def test_a_key_of_an_unknown_kind_is_refused():
    with pytest.raises(MalformedError):
        parse_key({"alg": "none", "secret": "AAAA"}, at="/key")
