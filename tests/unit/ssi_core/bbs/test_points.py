"""The traps of the curve library, each of them shut."""

import pytest
from py_arkworks_bls12381 import G1Point, G2Point, Scalar

from ssi_core.bbs import points
from ssi_core.errors import MalformedError

ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
# On the curve, but not in the subgroup of order r: x = 4.
OUTSIDE_THE_SUBGROUP = b"\x80" + bytes(46) + b"\x04"


def test_points_and_scalars_survive_a_round_trip():
    g1, g2 = G1Point().to_compressed_bytes(), G2Point().to_compressed_bytes()
    scalar = (ORDER - 1).to_bytes(32, "big")

    assert points.decode_g1(g1).to_compressed_bytes() == g1
    assert points.decode_g2(g2).to_compressed_bytes() == g2
    assert points.decode_scalar(scalar).to_be_bytes() == scalar


@pytest.mark.parametrize(
    "data",
    [
        b"\xc0" + bytes(47),
        b"\xff" * 48,
        b"\xc0" + b"\x01" * 47,
        b"\xe0" + bytes(47),
        bytes(48),
        b"",
        G1Point().to_compressed_bytes() + b"\x00",
        OUTSIDE_THE_SUBGROUP,
    ],
    ids=[
        "identity",
        "identity in ones",
        "identity with stray bits",
        "identity with a sign",
        "no flag",
        "empty",
        "too long",
        "outside the subgroup",
    ],
)
def test_what_is_no_point_of_g1_in_its_one_spelling_is_refused(data):
    with pytest.raises(MalformedError):
        points.decode_g1(data)


def test_the_point_outside_the_subgroup_is_on_the_curve():
    point = G1Point.from_compressed_bytes_unchecked(OUTSIDE_THE_SUBGROUP)

    assert not point.is_in_subgroup()


@pytest.mark.parametrize(
    "data",
    [b"\xc0" + bytes(95), b"\xff" * 96, bytes(96), b"", G2Point().to_compressed_bytes()[:-1]],
    ids=["identity", "identity in ones", "no flag", "empty", "too short"],
)
def test_what_is_no_point_of_g2_in_its_one_spelling_is_refused(data):
    with pytest.raises(MalformedError):
        points.decode_g2(data)


@pytest.mark.parametrize(
    "data",
    [bytes(32), ORDER.to_bytes(32, "big"), b"\xff" * 32, b"\x01" * 31, b"\x01" * 33],
    ids=["zero", "the order", "above the order", "too short", "too long"],
)
def test_a_scalar_lies_between_zero_and_the_order(data):
    with pytest.raises(MalformedError):
        points.decode_scalar(data)


@pytest.mark.parametrize("summed", [points.sum_of_products, points.secret_sum_of_products])
def test_a_sum_of_products_needs_as_many_scalars_as_points(summed):
    g1 = G1Point()

    with pytest.raises(MalformedError):
        summed([g1, g1], [Scalar(1)])
    with pytest.raises(MalformedError):
        summed([g1], [Scalar(1), Scalar(2)])
    with pytest.raises(MalformedError):
        summed([], [])


@pytest.mark.parametrize("summed", [points.sum_of_products, points.secret_sum_of_products])
def test_a_sum_of_products_is_that(summed):
    g1, h1 = G1Point(), G1Point() * Scalar(7)

    assert summed([g1], [Scalar(5)]) == g1 * Scalar(5)
    assert summed([g1, h1], [Scalar(5), Scalar(3)]) == g1 * Scalar(26)


def test_blinded_operations_give_what_plain_ones_give():
    scalar = points.random_scalar()

    assert points.secret_inverse(scalar) == scalar.inverse()
    assert points.secret_multiple_of_base_point(scalar) == G2Point() * scalar


def test_zero_has_no_inverse():
    with pytest.raises(MalformedError):
        points.secret_inverse(Scalar(0))


def test_pairings_agree_only_for_the_same_exponent():
    g1, exponent = G1Point(), Scalar(11)

    assert points.pairings_agree(g1, G2Point() * exponent, g1 * exponent)
    assert not points.pairings_agree(g1, G2Point() * exponent, g1 * Scalar(12))
