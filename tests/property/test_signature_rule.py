"""The log's rule for signatures against a slow oracle, and against the other library we have."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.model.strict_keys import require_the_rule, strict_key, verify_strictly
from ssi_core.errors import AlgorithmError, MalformedError, ProofError
from ssi_core.keys import Ed25519PublicKey, Ed25519Signer
from tests.support import ed25519_oracle as oracle

SCALARS = st.integers(1, oracle.L - 1)
SMALL = st.integers(0, 7)
DATA = st.binary(max_size=80)


def accepts(key: bytes, signature: bytes, data: bytes) -> bool:
    """What the log says."""
    try:
        verify_strictly(strict_key(Ed25519PublicKey(key)).raw, signature, data)
    except (ProofError, AlgorithmError):
        return False
    return True


def other_accepts(key: bytes, signature: bytes, data: bytes) -> bool:
    """What the library says that everything else here is verified with."""
    try:
        Ed25519PublicKey(key).verify(signature, data)
    except ProofError:
        return False
    return True


@given(seed=st.binary(min_size=32, max_size=32), data=DATA)
def test_both_libraries_take_what_an_honest_signer_makes(seed, data):
    signer = Ed25519Signer(seed)
    made = (signer.public_key.raw, signer.sign(data), data)

    assert [ask(*made) for ask in (accepts, other_accepts, oracle.holds)] == [True] * 3


@given(seed=st.binary(min_size=32, max_size=32), data=DATA, bit=st.integers(0, 96 * 8 - 1))
def test_both_libraries_refuse_what_was_changed(seed, data, bit):
    signer = Ed25519Signer(seed)
    made = int.from_bytes(signer.public_key.raw + signer.sign(data), "little") ^ 1 << bit
    changed = made.to_bytes(96, "little")

    assert not accepts(changed[:32], changed[32:], data)
    assert not other_accepts(changed[:32], changed[32:], data)


@given(secret=SCALARS, nonce=SCALARS, data=DATA, parts=st.tuples(SMALL, SMALL))
def test_what_a_forger_makes_is_judged_as_the_rule_says(secret, nonce, data, parts):
    made = (*oracle.forge(secret, nonce, data, key=parts[0], r=parts[1]), data)

    assert accepts(*made) is oracle.holds(*made)
    # Of points like these both libraries say the same, or replicas could not use either.
    assert other_accepts(*made) is oracle.holds(*made)


@given(key=SMALL, r=SMALL, s=st.integers(0, 8), data=DATA)
def test_points_of_small_order_are_refused(key, r, s, data):
    commitment = (s * oracle.BASE + oracle.torsion(r)).raw
    weak = (oracle.torsion(key).raw, commitment + s.to_bytes(32, "little"), data)
    assert not accepts(*weak)

    secret = int.from_bytes(sha256(data).digest(), "little") % oracle.L
    public, small = (secret * oracle.BASE).raw, oracle.torsion(r).raw
    s = oracle.challenge(small, public, data) * secret % oracle.L
    made = (public, small + s.to_bytes(32, "little"), data)
    assert [accepts(*made), oracle.holds(*made)] == [False, False]


def test_here_the_two_libraries_differ_and_the_rule_says_which_is_right():
    identity = oracle.ZERO.raw
    public = (7 * oracle.BASE).raw
    s = oracle.challenge(identity, public, b"x") * 7 % oracle.L
    made = (public, identity + s.to_bytes(32, "little"), b"x")
    weak = (identity, oracle.BASE.raw + (1).to_bytes(32, "little"), b"anything at all")

    assert [other_accepts(*made), other_accepts(*weak)] == [True, True]
    assert [accepts(*made), accepts(*weak)] == [False, False]


@pytest.mark.parametrize("y", [0, 1, 3, 18])
def test_points_that_are_not_in_canonical_form_are_refused(y):
    spelled = (oracle.P + y).to_bytes(32, "little")
    sound = Ed25519Signer(bytes(32))
    signature = sound.sign(b"x")

    assert not accepts(spelled, signature, b"x")
    assert not accepts(sound.public_key.raw, spelled + signature[32:], b"x")


@given(secret=SCALARS, nonce=SCALARS, data=DATA)
def test_s_has_one_spelling(secret, nonce, data):
    public, signature = oracle.forge(secret, nonce, data)
    s = int.from_bytes(signature[32:], "little") + oracle.L
    spelled = signature[:32] + s.to_bytes(32, "little")

    assert accepts(public, signature, data)
    assert not accepts(public, spelled, data)


@pytest.mark.parametrize("length", [0, 63, 65])
def test_a_signature_has_its_length(length):
    with pytest.raises(MalformedError):
        verify_strictly(Ed25519Signer(bytes(32)).public_key.raw, bytes(length), b"x")


def test_the_installed_libsodium_has_the_rule():
    require_the_rule()
