"""Base64url, base58btc, multibase and multihash: published answers, and one spelling each."""

import base64

import base58
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.encoding import (
    base58btc_decode,
    base58btc_encode,
    base64_decode,
    base64_encode,
    base64url_decode,
    base64url_decode_all,
    base64url_encode,
    base64url_encode_all,
    multibase_decode,
    multibase_decode_all,
    multibase_encode,
    sha256_multihash,
    varint_split,
)
from ssi_core.errors import MalformedError, SsiError


@pytest.mark.spec("RFC 7515", "C")
@pytest.mark.parametrize(
    ("data", "text"),
    [
        (bytes([3, 236, 255, 224, 193]), "A-z_4ME"),
        (b"", ""),
        (b"f", "Zg"),
        (b"fo", "Zm8"),
        (b"foo", "Zm9v"),
        (b"foob", "Zm9vYg"),
        (b"\xff\xfe\xfd", "__79"),
    ],
)
def test_base64url_is_written_and_read_as_published(data: bytes, text: str):
    assert base64url_encode(data) == text
    assert base64url_decode(text) == data


@pytest.mark.parametrize(
    "text",
    [
        "Zg==",
        "Zm8=",
        "=",
        "A",
        "AAAAA",
        "Zh",
        "Zm9",
        "_x",
        "+/+/",
        "Zm9v\n",
        "Zm 9v",
        "Zm9!",
        "\u0041\u0301AA",
        "\ud800AAA",
        "\uff21AAA",
    ],
)
def test_another_spelling_of_base64url_is_refused(text: str):
    with pytest.raises(MalformedError):
        base64url_decode(text, at="/x")
    with pytest.raises(MalformedError):
        base64url_decode_all(["Zg", text, "Zg"], at="/x")


@pytest.mark.spec("RFC 4648", "10")
@pytest.mark.parametrize(
    ("data", "text"), [(b"f", "Zg=="), (b"fo", "Zm8="), (b"foo", "Zm9v"), (b"\xff\xfe", "//4=")]
)
def test_base64_is_written_as_published_and_read_with_and_without_padding(data: bytes, text: str):
    assert base64_encode(data) == text
    assert base64_decode(text) == base64_decode(text.rstrip("=")) == data


@pytest.mark.parametrize(
    "text", ["", "Zg=", "Zm8==", "Zm9v=", "Zh==", "Zm9", "A", "__79", "Zm9v\n", "Zm 9v", "=Zg="]
)
def test_another_spelling_of_base64_is_refused(text: str):
    with pytest.raises(MalformedError):
        base64_decode(text, at="/x")


@given(st.binary())
def test_base64url_has_one_spelling_for_one_value(data: bytes):
    text = base64url_encode(data)

    assert text == base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    assert base64url_decode(text) == data


@given(st.text(st.sampled_from("AQgwBEIZaz059-_+/= \n\u00e9")) | st.text())
def test_whatever_base64url_is_read_is_written_the_same(text: str):
    try:
        data = base64url_decode(text)
    except SsiError:
        return

    assert base64url_encode(data) == text


@given(
    st.integers(1, 65).flatmap(
        lambda length: st.lists(st.binary(min_size=length, max_size=length), max_size=5)
    )
)
def test_values_of_one_length_are_written_together_as_one_by_one(values: list[bytes]):
    assert base64url_encode_all(values) == [base64url_encode(value) for value in values]


@given(st.lists(st.text("AQgwEZ09-_=+/~ \u00e9", max_size=5), max_size=4))
def test_texts_are_read_together_as_one_by_one(texts: list[str]):
    try:
        expected = [base64url_decode(text) for text in texts]
    except MalformedError:
        with pytest.raises(MalformedError):
            base64url_decode_all(texts)
        return

    assert base64url_decode_all(texts) == expected


@pytest.mark.spec("draft-msporny-base58", "5")
@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"Hello World!", "2NEpo7TZRRrLZSi2U"),
        (bytes.fromhex("0000287fb4cd"), "11233QC4"),
        (b"\x00", "1"),
    ],
)
def test_base58btc_is_written_and_read_as_published(data: bytes, text: str):
    assert base58btc_encode(data) == text
    assert base58btc_decode(text) == data
    assert multibase_encode(data) == "z" + text
    assert multibase_decode("z" + text) == data


@pytest.mark.parametrize("text", ["", "0", "O", "I", "l", "2N Ep", "2N\n", "\u0661", "2" * 4097])
def test_what_is_not_base58btc_is_refused(text: str):
    with pytest.raises(MalformedError):
        base58btc_decode(text)
    with pytest.raises(MalformedError):
        multibase_decode("z" + text)


@pytest.mark.parametrize("text", ["", "z", "Z2", "u2", "2NEpo7TZRRrLZSi2U", "m2", "\ud800"])
def test_another_multibase_is_refused(text: str):
    with pytest.raises(MalformedError):
        multibase_decode(text, at="/x")


@given(st.lists(st.binary(min_size=1, max_size=100).map(multibase_encode), max_size=150))
def test_multibase_texts_are_read_together_as_one_by_one(texts: list[str]):
    assert multibase_decode_all(texts) == [multibase_decode(text) for text in texts]


@pytest.mark.parametrize("length", [2, 64, 65, 66, 128, 129, 130, 131])
@pytest.mark.parametrize("digit", ["1", "2", "z"])
def test_multibase_texts_of_every_length_are_read_together_as_one_by_one(length: int, digit: str):
    text = "z" + digit * (length - 1)

    assert multibase_decode_all([text] * 130) == [multibase_decode(text)] * 130


@pytest.mark.parametrize("odd", ["", "z", "Z2", "z0", "z2\n", "z?", "z\xff", "z\ud800", "z" * 4098])
@pytest.mark.parametrize("place", [0, 63, 140])
def test_one_text_that_is_not_multibase_is_refused_among_many(odd: str, place: int):
    texts = ["z2"] * 150
    texts[place] = odd

    with pytest.raises(MalformedError):
        multibase_decode_all(texts)


@given(st.binary(min_size=1))
def test_base58btc_has_one_spelling_for_one_value(data: bytes):
    assert multibase_decode(multibase_encode(data)) == data


@given(st.binary(min_size=1) | st.binary(max_size=40).map(lambda data: bytes(3) + data))
def test_base58btc_is_what_another_implementation_writes(data: bytes):
    text = base58.b58encode(data).decode()

    assert base58btc_encode(data) == text
    assert base58btc_decode(text) == base58.b58decode(text) == data


@given(st.text())
def test_junk_raises_only_our_own_errors(text: str):
    for decode, encode in (
        (multibase_decode, multibase_encode),
        (base58btc_decode, base58btc_encode),
    ):
        try:
            data = decode(text)
        except SsiError:
            continue
        assert encode(data) == text


def test_a_multihash_names_its_algorithm_and_length():
    assert sha256_multihash(b"abc").hex() == (
        "1220ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


@pytest.mark.parametrize(
    ("data", "value", "rest"),
    [
        (b"\x00", 0, b""),
        (b"\x7f\x01", 127, b"\x01"),
        (b"\x80\x01", 128, b""),
        (b"\xed\x01abc", 0xED, b"abc"),
        (b"\x80\x04{}", 0x0200, b"{}"),
        (b"\xff" * 8 + b"\x7f", 2**63 - 1, b""),
    ],
)
def test_a_varint_is_taken_off_the_front(data: bytes, value: int, rest: bytes):
    assert varint_split(data) == (value, rest)


@pytest.mark.parametrize(
    "data", [b"", b"\x80", b"\x80\x00", b"\xed\x81\x00", b"\xff" * 9 + b"\x01"]
)
def test_a_varint_has_one_spelling(data: bytes):
    with pytest.raises(MalformedError):
        varint_split(data)
