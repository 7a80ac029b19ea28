"""Every way a proof value in CBOR can be written wrong, for both selective suites."""

from collections.abc import Callable
from typing import Any

import pytest

from ssi_core import cbor
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import MalformedError, ProofError
from tests.support.secured_rows import SELECTIVE, Refusal, Row, refusal, refused_value

pytestmark = [
    pytest.mark.spec("vc-di-ecdsa", "3.5.8"),
    pytest.mark.spec("RFC 8949", "4.2.1"),
    pytest.mark.spec("vc-di-bbs", "3.3.7"),
]

AT = "/proof/proofValue"
DERIVED = [row for row in SELECTIVE if row.form == "derived"]
BASE = [row for row in SELECTIVE if row.form == "base"]


def malformed(reason: str) -> Refusal:
    return Refusal(MalformedError, AT, reason)


@pytest.mark.parametrize("row", SELECTIVE, ids=str)
@pytest.mark.parametrize("prefix", ["z", "m", "U", ""])
def test_base64url_under_another_prefix_is_refused(row: Row, prefix: str) -> None:
    found = refused_value(row, lambda value: prefix + value[1:])

    assert found == malformed("proof value is not base64url multibase")


@pytest.mark.parametrize("row", SELECTIVE, ids=str)
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda value: value + "=" * (-(len(value) - 1) % 4 or 4), "base64url has no padding"),
        (lambda value: value[:9] + "+" + value[10:], "not base64url"),
        (lambda value: value[:9] + "/" + value[10:], "not base64url"),
        (lambda value: value[:9] + "\n" + value[10:], "not base64url"),
    ],
    ids=["padding", "plus", "slash", "line end"],
)
def test_another_spelling_of_base64_is_refused(
    row: Row, change: Callable[[str], str], reason: str
) -> None:
    assert refused_value(row, change) == malformed(reason)


@pytest.mark.parametrize("row", SELECTIVE, ids=str)
def test_bits_that_mean_nothing_are_refused(row: Row) -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    def change(value: str) -> str:
        # One byte or two more, until the last character has bits to spare.
        data = base64url_decode(value[1:])
        data += b"\0" * (1 if len(data) % 3 == 0 else 0)
        text = base64url_encode(data)
        return "u" + text[:-1] + alphabet[alphabet.index(text[-1]) + 1]

    assert refused_value(row, change) == malformed("base64url has stray bits")


def rewritten(change: Callable[[bytes], bytes]) -> Callable[[str], str]:
    """Return what changes the CBOR behind the three bytes that say what it is."""

    def apply(value: str) -> str:
        data = base64url_decode(value[1:])
        return "u" + base64url_encode(data[:3] + change(data[3:]))

    return apply


@pytest.mark.parametrize("row", SELECTIVE, ids=str)
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda _: b"", "CBOR ends too early"),
        (lambda data: data[:-1], "CBOR ends too early"),
        (lambda data: data + b"\0", "CBOR is followed by something"),
        (
            lambda data: b"\x9f" + data[1:] + b"\xff",
            "CBOR has definite lengths and no reserved heads",
        ),
        (lambda data: b"\x98\x05" + data[1:], "CBOR has heads as short as can be"),
        (lambda data: b"\x84" + data[1:], "CBOR is followed by something"),
        (lambda data: b"\x86" + data[1:] + b"\0", "a proof value has five components"),
        (lambda _: b"\xa0", "proof value is not an array"),
        (lambda data: b"\xd8\x40" + data, "proof value is not an array"),
        (
            lambda data: b"\x85\xf9\x3c\x00" + data[1:],
            "CBOR has no floats and no simple values besides true, false, null",
        ),
        (
            lambda _: b"\x85\x40" + b"\x80" * 4,
            "a component of the proof value is not the bytes it should be",
        ),
    ],
    ids=[
        "nothing",
        "cut short",
        "followed",
        "indefinite length",
        "long head",
        "one component less",
        "one component more",
        "map",
        "tag",
        "float",
        "short component",
    ],
)
def test_cbor_that_is_not_deterministic_or_not_complete_is_refused(
    row: Row, change: Callable[[bytes], bytes], reason: str
) -> None:
    if reason.startswith("a component") and row == Row("bbs-2023", "Bls12381G2", "derived"):
        # A BBS proof has no fixed length; that this is none, its reader finds.
        reason = "a component of the proof value is not a map"

    assert refused_value(row, rewritten(change)) == malformed(reason)


@pytest.mark.parametrize("row", SELECTIVE, ids=str)
def test_a_base_proof_where_a_derived_one_is_due_is_refused_and_the_reverse(row: Row) -> None:
    other = Row(row.suite, row.kind, "base" if row.form == "derived" else "derived")

    found = refusal(lambda: row.verify(other.secure()))

    reason = (
        "proof is a base proof where a derived one is due"
        if row.form == "derived"
        else "proof is a derived one where a base proof is due"
    )
    assert found == Refusal(ProofError, AT, reason)


@pytest.mark.parametrize("row", SELECTIVE, ids=str)
def test_a_proof_value_of_no_known_kind_is_refused(row: Row) -> None:
    found = refused_value(row, lambda _: "u" + base64url_encode(b"\xd9\x5d\x7f\x80"))

    assert found == malformed("proof value begins with unknown bytes")


# Label maps, indexes and pointers


def read(data: bytes) -> list[Any]:
    found: Any = cbor.decode(data, at=AT)
    return list(found)


def components(change: Callable[[list[Any]], None]) -> Callable[[str], str]:
    """Return what changes the components of a proof value, which is then written as it should."""

    def apply(data: bytes) -> bytes:
        found = read(data)
        change(found)
        return cbor.encode(found)

    return rewritten(apply)


def places(row: Row) -> tuple[int, int]:
    """Return where the label map and the mandatory indexes of a derived proof are."""
    return (1, 2) if row.suite == "bbs-2023" else (3, 4)


@pytest.mark.parametrize("row", DERIVED, ids=str)
@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (lambda pairs: pairs[::-1], "a CBOR map is not in order"),
        (lambda pairs: [pairs[0], pairs[0], *pairs[2:]], "a CBOR map has a key twice"),
    ],
    ids=["not in order", "twice"],
)
def test_a_label_map_written_otherwise_is_refused(
    row: Row, order: Callable[[Any], Any], reason: str
) -> None:
    place, _ = places(row)

    def change(data: bytes) -> bytes:
        found = read(data)
        parts = [cbor.encode(part) for part in found]
        pairs = [cbor.encode(name) + cbor.encode(label) for name, label in found[place].items()]
        head = bytes([0xA0 | len(pairs)])
        parts[place] = head + b"".join(order(pairs))
        return bytes([0x80 | len(parts)]) + b"".join(parts)

    assert refused_value(row, rewritten(change)) == malformed(reason)


@pytest.mark.parametrize("row", DERIVED, ids=str)
@pytest.mark.parametrize(
    "change",
    [
        lambda labels: labels.popitem(),
        lambda labels: labels.update({len(labels): list(labels.values())[0]}),  # noqa: RUF015
        lambda labels: labels.update({0: labels[1]}),
    ],
    ids=["one less", "one more", "two alike"],
)
def test_a_label_map_of_other_nodes_is_refused(row: Row, change: Callable[[Any], Any]) -> None:
    place, _ = places(row)

    found = refused_value(row, components(lambda found: change(found[place])))

    assert found == Refusal(ProofError, AT, "the label map is not one of this document")


@pytest.mark.parametrize("row", DERIVED, ids=str)
def test_exchanged_labels_are_refused(row: Row) -> None:
    place, _ = places(row)

    def exchange(found: list[Any]) -> None:
        labels = found[place]
        labels[0], labels[1] = labels[1], labels[0]

    found = refused_value(row, components(exchange))

    assert found is not None
    assert (found.error, found.at) == (ProofError, AT)
    assert found.reason.endswith(("as signed", "or what is disclosed"))


@pytest.mark.parametrize("row", DERIVED, ids=str)
@pytest.mark.parametrize(
    ("indexes", "expected"),
    [
        (lambda found: [*found, 99], Refusal(ProofError, AT, "an index names no statement")),
        (
            lambda found: found[::-1],
            malformed("indexes of the proof value are not in ascending order"),
        ),
        (
            lambda found: [found[0], *found],
            malformed("indexes of the proof value are not in ascending order"),
        ),
        (lambda found: [*found, -1], malformed("a component of the proof value is not an index")),
        (
            lambda found: found[:-1],
            Refusal(ProofError, AT, "the proof has more or less than the statements"),
        ),
    ],
    ids=["out of range", "not in order", "twice", "negative", "one less"],
)
def test_mandatory_indexes_that_are_others_are_refused(
    row: Row, indexes: Callable[[Any], Any], expected: Refusal
) -> None:
    _, place = places(row)

    def change(found: list[Any]) -> None:
        found[place] = indexes(found[place])

    assert refused_value(row, components(change)) == expected


@pytest.mark.parametrize("row", DERIVED, ids=str)
def test_calling_another_statement_mandatory_is_refused(row: Row) -> None:
    _, place = places(row)

    def change(found: list[Any]) -> None:
        first, *rest = found[place]
        other = next(index for index in range(99) if index not in found[place])
        found[place] = sorted([other, *rest])
        assert first not in found[place]

    found = refused_value(row, components(change))

    assert found is not None
    assert (found.error, found.at) == (ProofError, AT)
    assert found.reason.endswith(("as signed", "or what is disclosed"))


def test_a_disclosed_index_beyond_the_messages_of_a_bbs_proof_is_refused() -> None:
    row = Row("bbs-2023", "Bls12381G2", "derived")

    def change(found: list[Any]) -> None:
        found[3] = [*found[3][:-1], 999]

    assert refused_value(row, components(change)) == malformed(
        "a disclosed index names a signed message, once"
    )


def test_a_signature_less_than_statements_is_refused() -> None:
    row = Row("ecdsa-sd-2023", "P-256", "derived")

    found = refused_value(row, components(lambda found: found[2].pop()))

    assert found == Refusal(ProofError, AT, "the proof has more or less than the statements")


@pytest.mark.parametrize("row", BASE, ids=str)
def test_mandatory_pointers_that_are_others_are_refused(row: Row) -> None:
    def change(found: list[Any]) -> None:
        found[4] = ["/issuer", "/validFrom", "/credentialSubject"]

    found = refused_value(row, components(change))

    assert found is not None
    assert (found.error, found.at) == (ProofError, AT)
    assert found.reason in {
        "mandatory statements are not as signed",
        "the proof has more or less than the statements",
    }


@pytest.mark.parametrize("row", BASE, ids=str)
def test_mandatory_pointers_that_lead_to_nothing_are_refused(row: Row) -> None:
    def change(found: list[Any]) -> None:
        found[4] = ["/issuer", "/nothing"]

    assert refused_value(row, components(change)) == Refusal(
        MalformedError, "/mandatoryPointers/1", "a JSON pointer leads to nothing"
    )
