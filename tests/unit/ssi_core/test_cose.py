"""COSE_Sign1: published messages, an independent implementation both ways, and each refusal."""

from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycose import algorithms, headers
from pycose.keys.cosekey import CoseKey
from pycose.messages.sign1message import Sign1Message

from ssi_core import cbor, cose, cose_key
from ssi_core.cbor import Tagged
from ssi_core.errors import AlgorithmError, MalformedError, ProofError
from ssi_core.keys import (
    Bls12381G2Signer,
    Ed25519Signer,
    P256Signer,
    P384Signer,
    P521Signer,
    PublicKey,
)

# RFC 9052 appendix C.2.1, and its key 11.
_PUBLISHED = bytes.fromhex(
    "d28443a10126a10442313154546869732069732074686520636f6e74656e742e5840"
    "8eb33e4ca31d1c465ab05aac34cc6b23d58fef5c083106c4d25a91aef0b0117e"
    "2af9a291aa32e14ab834dc56ed2a223444547e01f11d3b0916e5a4c345cacb36"
)
_PUBLISHED_KEY: Any = {
    1: 2,
    -1: 1,
    -2: bytes.fromhex("bac5b11cad8f99f9c72b05cf4b9e26d244dc189f745228255a219a86d6a09eff"),
    -3: bytes.fromhex("20138bf82dc1b6d562be0fa54ab7804a3a64b6d72ccfed6b6fb6ed28bbfc117e"),
}
_SIGNERS: list[Any] = [
    kind.generate() for kind in (Ed25519Signer, P256Signer, P384Signer, P521Signer)
]
_SIGNER = P256Signer.generate()
_HEADER: dict[Any, Any] = {cose.TYP: "application/vc+cose", cose.KID: b"k"}
_MESSAGE = cose.sign(_HEADER, b"{}", signer=_SIGNER)


def _verify(message: bytes, key: PublicKey = _SIGNER.public_key) -> bytes:
    parsed = cose.parse(message)
    cose.require_header(parsed, algorithms={"ES256", "EdDSA"}, typ="vc+cose")
    return cose.verify(parsed, key=key).payload


def _made(protected: Any, unprotected: Any = None, **changes: Any) -> bytes:
    """Return a message with a signature that holds, whatever its headers are."""
    header = protected if isinstance(protected, bytes) else cbor.encode(protected)
    payload = changes.get("payload", b"{}")
    signature = _SIGNER.sign(cbor.encode(["Signature1", header, b"", payload]))
    return cbor.encode(
        Tagged(changes.get("tag", 18), [header, unprotected or {}, payload, signature])
    )


@pytest.mark.spec("RFC 9052", "C.2.1")
def test_the_published_message_verifies_with_its_published_key():
    key = cose_key.parse(_PUBLISHED_KEY, at="")

    verified = cose.verify(cose.parse(_PUBLISHED), key=key)

    assert verified.payload == b"This is the content."
    assert cose.parse(_PUBLISHED).key_id == b"11"
    assert cose_key.render(key) == _PUBLISHED_KEY


@pytest.mark.spec("RFC 9052", "4.4")
@pytest.mark.parametrize("signer", _SIGNERS)
def test_what_was_signed_here_verifies_and_says_how_it_was_signed(signer: Any):
    message = cose.parse(cose.sign(_HEADER, b"\x00payload", signer=signer), tagged=True)

    verified = cose.verify(message, key=signer.public_key)

    assert verified.payload == b"\x00payload"
    assert message.algorithm == signer.public_key.algorithm
    assert message.key_id == b"k"


@pytest.mark.parametrize("signer", _SIGNERS)
def test_an_independent_implementation_reads_what_we_write(signer: Any):
    encoded = cose.sign({cose.KID: b"k"}, b"payload", signer=signer)
    # Inside a tag, newer releases of its CBOR library return what its own decoder refuses.
    message: Any = Sign1Message.from_cose_obj(cbor2.loads(encoded[1:]), True)  # noqa: FBT003
    message.key = CoseKey.from_dict(dict(cose_key.render(signer.public_key)))

    assert message.verify_signature()
    assert message.payload == b"payload"


@pytest.mark.parametrize(
    ("signer", "algorithm"),
    list(
        zip(
            _SIGNERS,
            [algorithms.EdDSA, algorithms.Es256, algorithms.Es384, algorithms.Es512],
            strict=True,
        )
    ),
)
def test_we_read_what_an_independent_implementation_writes(signer: Any, algorithm: Any):
    header = {headers.Algorithm: algorithm, headers.KID: b"k"}
    message: Any = Sign1Message(phdr=header, payload=b"payload")
    public = dict(cose_key.render(signer.public_key))
    message.key = CoseKey.from_dict({**public, -4: signer.secret})

    verified = cose.verify(cose.parse(message.encode()), key=signer.public_key)

    assert verified.payload == b"payload"


@pytest.mark.spec("RFC 9052", "4.2")
def test_the_tag_may_be_left_out_where_a_reader_does_not_ask_for_it():
    untagged = _MESSAGE[1:]

    assert _verify(untagged) == _verify(_MESSAGE) == b"{}"
    with pytest.raises(MalformedError):
        cose.parse(untagged, tagged=True)
    with pytest.raises(MalformedError):
        cose.parse(_MESSAGE, tagged=False)


@pytest.mark.spec("RFC 9864", "4.2")
@pytest.mark.parametrize(
    ("number", "signer"),
    [(-9, _SIGNERS[1]), (-51, _SIGNERS[2]), (-52, _SIGNERS[3]), (-19, _SIGNERS[0])],
)
def test_fully_specified_algorithms_are_understood(number: int, signer: Any):
    header = cbor.encode({cose.ALG: number})
    signature = signer.sign(cbor.encode(["Signature1", header, b"", b"{}"]))
    message = cose.parse(cbor.encode(Tagged(18, [header, {}, b"{}", signature])))

    assert cose.verify(message, key=signer.public_key).payload == b"{}"


@pytest.mark.spec("RFC 9052", "3.1")
@pytest.mark.parametrize("number", [None, 0, -6, -259, 5, -47, "ES256", True])
def test_an_algorithm_that_is_missing_or_not_accepted_is_refused_before_any_key(number: Any):
    header = {**_HEADER} if number is None else {**_HEADER, cose.ALG: number}
    parsed = cose.parse(_made(header))

    with pytest.raises(AlgorithmError):
        cose.require_header(parsed, algorithms={"ES256", "EdDSA"}, typ="vc+cose")
    with pytest.raises(AlgorithmError):
        cose.verify(parsed, key=_SIGNER.public_key)


@pytest.mark.spec("RFC 9052", "3.1")
def test_an_algorithm_in_the_unprotected_header_does_not_count():
    with pytest.raises(AlgorithmError):
        _verify(_made(_HEADER, {cose.ALG: -7}))
    with pytest.raises(AlgorithmError):
        _verify(_made(b"", {cose.ALG: -7, **_HEADER}))


@pytest.mark.spec("RFC 9596", "2")
@pytest.mark.parametrize("typ", [None, "application/vp+cose", "jwt", 0, b"application/vc+cose"])
def test_another_type_is_refused(typ: Any):
    header = {cose.ALG: -7} if typ is None else {cose.ALG: -7, cose.TYP: typ}

    with pytest.raises(ProofError):
        _verify(_made(header))
    with pytest.raises(ProofError):
        _verify(_made({cose.ALG: -7}, {cose.TYP: "application/vc+cose"}))


@pytest.mark.spec("RFC 9052", "3.1")
@pytest.mark.parametrize("crit", [[1], ["x"], [], 1])
def test_critical_header_parameters_are_refused_whole(crit: Any):
    with pytest.raises(ProofError, match="critical"):
        _verify(_made({**_HEADER, cose.ALG: -7, cose.CRIT: crit}))
    with pytest.raises(ProofError, match="critical"):
        _verify(_made({**_HEADER, cose.ALG: -7}, {cose.CRIT: crit}))


@pytest.mark.spec("RFC 9052", "3")
def test_a_parameter_in_both_headers_is_refused():
    with pytest.raises(MalformedError, match="both"):
        _verify(_made({**_HEADER, cose.ALG: -7}, {cose.KID: b"other"}))


@pytest.mark.parametrize(
    "protected",
    [
        bytes.fromhex("a2104a" + b"a/vc+cose.".hex() + "0126"),
        bytes.fromhex("a201260126"),
        bytes.fromhex("bf0126ff"),
        bytes.fromhex("a1013806"),
        bytes.fromhex("a1013800"),
        bytes.fromhex("a1012600"),
        bytes.fromhex("a101"),
        bytes.fromhex("a1180126"),
        bytes.fromhex("8126"),
        bytes.fromhex("f6"),
    ],
    ids=[
        "out of order",
        "a label twice",
        "of no definite length",
        "a long head",
        "another long head",
        "followed by something",
        "cut short",
        "a long label",
        "an array",
        "null",
    ],
)
def test_a_protected_header_has_one_form(protected: bytes):
    with pytest.raises(MalformedError):
        _verify(_made(protected))


@pytest.mark.parametrize(
    "value",
    [
        Tagged(17, [b"", {}, b"", b""]),
        Tagged(18, [b"", {}, b""]),
        Tagged(18, [b"", {}, b"", b"", b""]),
        Tagged(18, Tagged(18, [b"", {}, b"", b""])),
        Tagged(18, [{}, {}, b"", b""]),
        Tagged(18, [b"", [], b"", b""]),
        Tagged(18, [b"", {}, None, b""]),
        Tagged(18, [b"", {}, "{}", b""]),
        Tagged(18, [b"", {}, b"", None]),
        {},
        b"",
        None,
    ],
)
def test_what_is_no_message_of_four_parts_is_refused(value: Any):
    with pytest.raises(MalformedError):
        cose.parse(cbor.encode(value))


def test_a_message_larger_than_allowed_is_refused():
    with pytest.raises(MalformedError, match="larger"):
        cose.parse(b"\x00" * (cose.MAX_BYTES + 1))


@pytest.mark.parametrize(
    "key", [item.public_key for item in _SIGNERS] + [Bls12381G2Signer.generate().public_key]
)
def test_another_key_is_refused(key: PublicKey):
    with pytest.raises(ProofError):
        _verify(_MESSAGE, key)


def test_an_algorithm_of_another_kind_of_key_does_not_sign():
    with pytest.raises(AlgorithmError):
        cose.sign({cose.ALG: -8}, b"", signer=_SIGNER)
    with pytest.raises(AlgorithmError):
        cose.sign({}, b"", signer=Bls12381G2Signer.generate())


@given(place=st.integers(0, len(_MESSAGE) * 8 - 1))
def test_no_flipped_bit_is_taken_for_the_message(place: int):
    flipped = bytearray(_MESSAGE)
    flipped[place // 8] ^= 1 << place % 8

    with pytest.raises((MalformedError, ProofError)):
        _verify(bytes(flipped))


@given(st.integers(0, len(_MESSAGE) - 1), st.binary(max_size=3))
def test_a_message_cut_short_or_added_to_is_refused(length: int, more: bytes):
    with pytest.raises(MalformedError):
        cose.parse(_MESSAGE[:length])
    if more:
        with pytest.raises(MalformedError):
            cose.parse(_MESSAGE + more)


@given(st.binary(max_size=80))
def test_junk_is_refused_with_our_own_errors(junk: bytes):
    with pytest.raises((MalformedError, ProofError)):
        _verify(junk)


@pytest.mark.spec("RFC 9053", "7.1.1")
@pytest.mark.parametrize("signer", _SIGNERS)
def test_a_key_survives_its_cose_form(signer: Any):
    key = signer.public_key

    assert cose_key.parse(cose_key.render(key), at="") == key


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({1: 1}, AlgorithmError),
        ({-1: 4}, AlgorithmError),
        ({1: True}, AlgorithmError),
        ({1: [2]}, AlgorithmError),
        ({-3: True}, MalformedError),
        ({-2: b"short"}, MalformedError),
        ({-3: bytes(32)}, MalformedError),
        ({-4: bytes(32)}, MalformedError),
    ],
)
def test_a_cose_key_of_another_kind_or_off_its_curve_is_refused(change: Any, error: Any):
    with pytest.raises(error):
        cose_key.parse({**_PUBLISHED_KEY, **change}, at="/cnf")
