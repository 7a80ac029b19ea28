"""Every way a signature can be written wrong, for every suite that has it alone."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from ssi_core.encoding import multibase_decode, multibase_encode
from ssi_core.errors import MalformedError, ProofError
from tests.support.secured_rows import PLAIN, Refusal, Row, refused_value, with_proof

AT = "/proof/proofValue"
ORDERS = {
    "P-256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "P-384": int(
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196A"
        "CCC52973",
        16,
    ),
}
ECDSA = [row for row in PLAIN if "ecdsa" in row.suite]


def malformed(reason: str) -> Refusal:
    return Refusal(MalformedError, AT, reason)


@pytest.mark.parametrize("row", PLAIN, ids=str)
@pytest.mark.parametrize("prefix", ["u", "m", "Z", "f", ""])
def test_base58btc_under_another_prefix_is_refused(row: Row, prefix: str) -> None:
    found = refused_value(row, lambda value: prefix + value[1:].lstrip("z"))

    assert found == malformed("multibase value is not base58btc")


@pytest.mark.parametrize("row", PLAIN, ids=str)
@pytest.mark.parametrize("character", ["0", "O", "I", "l", "=", " ", "é"])
def test_a_character_outside_of_base58btc_is_refused(row: Row, character: str) -> None:
    assert refused_value(row, lambda value: value[:-1] + character) == malformed("not base58btc")


@pytest.mark.parametrize("row", PLAIN, ids=str)
@pytest.mark.parametrize(
    "change",
    [
        lambda value: "z1" + value[1:],
        lambda value: multibase_encode(multibase_decode(value)[:-1]),
        lambda value: multibase_encode(multibase_decode(value) + b"\0"),
        lambda _: "z" + "1" * 10,
    ],
    ids=["leading zero", "a byte less", "a byte more", "zeros"],
)
def test_a_signature_of_another_length_is_refused(row: Row, change: Callable[[str], str]) -> None:
    kind = "an Ed25519 signature has 64 bytes" if row.kind == "Ed25519" else None

    assert refused_value(row, change) == malformed(kind or "an ECDSA signature is r || s")


@pytest.mark.parametrize("row", ECDSA, ids=str)
def test_a_signature_in_der_is_refused(row: Row) -> None:
    assert refused_value(row, in_der) == malformed("an ECDSA signature is r || s")


@pytest.mark.parametrize("row", ECDSA, ids=str)
@pytest.mark.parametrize("number", ["zero", "order", "largest"])
@pytest.mark.parametrize("place", [0, 1], ids=["r", "s"])
def test_a_number_that_no_signature_has_is_refused(row: Row, number: str, place: int) -> None:
    size = 32 if row.kind == "P-256" else 48
    value = {"zero": 0, "order": ORDERS[row.kind], "largest": 2 ** (8 * size) - 1}[number]

    def change(text: str) -> str:
        numbers = list(halves(text))
        numbers[place] = value
        return multibase_encode(b"".join(each.to_bytes(size, "big") for each in numbers))

    assert refused_value(row, change) == Refusal(ProofError, AT, "signature does not hold")


@pytest.mark.spec("FIPS 186-5", "6.4.2")
@pytest.mark.parametrize("row", ECDSA, ids=str)
def test_the_other_root_of_an_ecdsa_signature_holds_as_the_standard_has_it(row: Row) -> None:
    """Half of all implementations write it, so a proof value identifies nothing."""
    secured = row.secure()
    r, s = halves(secured["proof"]["proofValue"])
    size = 32 if row.kind == "P-256" else 48
    other = r.to_bytes(size, "big") + (ORDERS[row.kind] - s).to_bytes(size, "big")

    row.verify(with_proof(secured, proofValue=multibase_encode(other)))


@pytest.mark.parametrize("row", [row for row in PLAIN if row.kind == "Ed25519"], ids=str)
def test_an_ed25519_signature_with_a_number_beyond_the_order_is_refused(row: Row) -> None:
    order = 2**252 + 27742317777372353535851937790883648493

    def change(text: str) -> str:
        signature = multibase_decode(text)
        larger = int.from_bytes(signature[32:], "little") + order
        return multibase_encode(signature[:32] + larger.to_bytes(32, "little"))

    assert refused_value(row, change) == Refusal(ProofError, AT, "signature does not hold")


def halves(text: str) -> tuple[int, int]:
    """Return r and s of a signature."""
    signature = multibase_decode(text)
    size = len(signature) // 2
    return int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")


def in_der(text: str) -> str:
    return multibase_encode(encode_dss_signature(*halves(text)))
