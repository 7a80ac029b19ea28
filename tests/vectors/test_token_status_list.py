"""Token Status List: the examples of oauth-wg/draft-ietf-oauth-status-list, in JSON and CBOR."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from ssi_core.cbor import as_map, decode
from ssi_core.errors import StatusUndeterminedError
from ssi_core.jws import Jws
from ssi_core.keys import public_key_from_jwk
from ssi_core.status.cwt import read_list
from ssi_core.status.token import StatusList, StatusListToken, verify

_SPEC = "draft-ietf-oauth-status-list"
# The key with which the draft's generator signs its examples (src/main.py, public part).
_KEY: Final = {
    "kty": "EC",
    "crv": "P-256",
    "x": "I3HWm_0Ds1dPMI-IWmf4mBmH-YaeAVbPVu7vB27CxXo",
    "y": "6N_d5Elj9bs1htgV3okJKIdbHEpkgTmAluYKJemzn1M",
}


_URI = "https://example.com/statuslists/1"
_ISSUED_AT = datetime.fromtimestamp(1686920170, UTC)

# What the draft's section "Test vectors" says of each list; all else in them is 0.
_LONG_1 = dict.fromkeys(
    (0, 1993, 25460, 159495, 495669, 554353, 645645, 723232, 854545, 934534, 1000345), 1
)
_LONG_2 = dict(zip(_LONG_1, (1, 2, 1, 3, 1, 1, 2, 1, 1, 2, 3), strict=True))
_LONG_4 = {
    0: 1,
    1993: 2,
    35460: 3,
    459495: 4,
    595669: 5,
    754353: 6,
    845645: 7,
    923232: 8,
    924445: 9,
    934534: 10,
    1004534: 11,
    1000345: 12,
    1030203: 13,
    1030204: 14,
    1030205: 15,
}
_SHORT = [
    ("status_list_encoding_json.md", "b9a3"),
    ("status_list_encoding2_json.md", "c944f9"),
]
_CBOR = [
    ("status_list_encoding_cbor.md", "status_list_encoding_json.md"),
    ("status_list_encoding2_cbor.md", "status_list_encoding2_json.md"),
    ("status_list_encoding1_long_cbor.md", "status_list_encoding1_long_json.md"),
    ("status_list_encoding2_long_cbor.md", "status_list_encoding2_long_json.md"),
    ("status_list_encoding4_cbor.md", "status_list_encoding4_json.md"),
    ("status_list_encoding8_cbor.md", "status_list_encoding8_json.md"),
]


@pytest.fixture
def folder(vectors: Path) -> Path:
    return vectors / "token-status-list"


def _json(folder: Path, name: str) -> Any:
    text = (folder / name).read_text("utf-8")
    return json.loads("".join(text[text.index("{") :].split()))


def _cbor(folder: Path, name: str) -> bytes:
    text = (folder / name).read_text("utf-8")
    return bytes.fromhex("".join((text.partition("encoded:")[2] or text).split()))


def _set(statuses: StatusList) -> dict[int, int]:
    return {i: status for i in range(len(statuses)) if (status := statuses.get(i))}


@pytest.mark.spec(_SPEC, "4.2")
@pytest.mark.parametrize(("name", "data"), _SHORT)
def test_the_short_examples_decode_and_encode(folder: Path, name: str, data: str) -> None:
    example = _json(folder, name)

    decoded = StatusList.decode(example)

    assert decoded.data.hex() == data
    assert decoded.encode() == example


@pytest.mark.spec(_SPEC, "B.1")
@pytest.mark.parametrize(
    ("name", "bits", "statuses"),
    [
        ("status_list_encoding1_long_json.md", 1, _LONG_1),
        ("status_list_encoding2_long_json.md", 2, _LONG_2),
        ("status_list_encoding4_json.md", 4, _LONG_4),
    ],
)
def test_the_long_examples_have_the_statuses_that_the_draft_lists(
    folder: Path, name: str, bits: int, statuses: dict[int, int]
) -> None:
    decoded = StatusList.decode(_json(folder, name))

    assert (decoded.bits, len(decoded)) == (bits, 2**20)
    assert _set(decoded) == statuses
    assert StatusList.new(2**20, bits).with_status(statuses) == decoded


@pytest.mark.spec(_SPEC, "B.4")
def test_the_example_of_eight_bits_has_each_status_once(folder: Path) -> None:
    decoded = StatusList.decode(_json(folder, "status_list_encoding8_json.md"))

    assert sorted(_set(decoded).values()) == list(range(1, 256))
    assert [decoded.get(i) for i in (233478, 52451, 576778, 152133, 19535)] == [0, 1, 2, 254, 255]


@pytest.mark.spec(_SPEC, "4.3")
@pytest.mark.parametrize(("cbor", "as_json"), _CBOR)
def test_the_cbor_examples_have_the_same_bytes(folder: Path, cbor: str, as_json: str) -> None:
    encoded = decode(_cbor(folder, cbor), at="", ordered=False)

    found = read_list(as_map(encoded, at=""))

    assert found == _json(folder, as_json)
    assert StatusList.decode(found) == StatusList.decode(_json(folder, as_json))


@pytest.mark.spec(_SPEC, "5.1")
def test_the_example_token_verifies_with_the_key_that_signed_it(folder: Path) -> None:
    text = "".join((folder / "status_list_jwt_raw.md").read_text("utf-8").split())
    shown = (folder / "status_list_jwt.md").read_text("utf-8").partition("\n.\n")

    statuses = verify(text, uri=_URI, key=public_key_from_jwk(_KEY), at=_ISSUED_AT)

    assert statuses.data.hex() == "b9a3"
    token = StatusListToken.parse(text)
    assert token.header == json.loads(shown[0])
    assert isinstance(token.message, Jws)
    assert json.loads(shown[2]).items() <= token.message.claims().items()


@pytest.mark.spec(_SPEC, "8.3")
@pytest.mark.parametrize(
    ("uri", "at"),
    [
        ("https://example.com/statuslists/2", _ISSUED_AT),
        (_URI, _ISSUED_AT + timedelta(days=7000)),
        (_URI, _ISSUED_AT - timedelta(seconds=1)),
    ],
)
def test_the_example_token_is_good_for_its_list_and_time_only(
    folder: Path, uri: str, at: datetime
) -> None:
    text = "".join((folder / "status_list_jwt_raw.md").read_text("utf-8").split())

    with pytest.raises(StatusUndeterminedError):
        verify(text, uri=uri, key=public_key_from_jwk(_KEY), at=at)


@pytest.mark.spec(_SPEC, "5.2")
@pytest.mark.parametrize("tagged", [b"", b"\xd8\x3d"], ids=["COSE_Sign1", "CWT"])
def test_the_example_in_cwt_form_verifies_with_the_key_that_signed_it(
    folder: Path, tagged: bytes
) -> None:
    token = tagged + _cbor(folder, "status_list_cwt.md")

    statuses = verify(token, uri=_URI, key=public_key_from_jwk(_KEY), at=_ISSUED_AT)

    assert statuses.data.hex() == "b9a3"
    parsed = StatusListToken.parse(token)
    assert (parsed.key_id, parsed.issued_at) == ("12", _ISSUED_AT)
    assert parsed.expires_at == datetime.fromtimestamp(2291720170, UTC)
    assert parsed.ttl == timedelta(seconds=43200)


@pytest.mark.spec(_SPEC, "8.3")
@pytest.mark.parametrize(
    ("uri", "at"),
    [
        ("https://example.com/statuslists/2", _ISSUED_AT),
        (_URI, _ISSUED_AT + timedelta(days=7000)),
        (_URI, _ISSUED_AT - timedelta(seconds=1)),
    ],
)
def test_the_example_in_cwt_form_is_good_for_its_list_and_time_only(
    folder: Path, uri: str, at: datetime
) -> None:
    token = _cbor(folder, "status_list_cwt.md")

    with pytest.raises(StatusUndeterminedError):
        verify(token, uri=uri, key=public_key_from_jwk(_KEY), at=at)


@pytest.mark.spec(_SPEC, "8.3")
def test_no_flipped_bit_of_the_example_in_cwt_form_is_taken_for_it(folder: Path) -> None:
    token = _cbor(folder, "status_list_cwt.md")
    # The unprotected header has a kid, which is but a hint.
    start = token.index(b"\xa1\x04\x42")
    unsigned = range(start + 1, start + 5)

    for place in range(len(token) * 8):
        flipped = bytearray(token)
        flipped[place // 8] ^= 1 << place % 8
        if place // 8 in unsigned:
            continue

        with pytest.raises(StatusUndeterminedError):
            verify(bytes(flipped), uri=_URI, key=public_key_from_jwk(_KEY), at=_ISSUED_AT)
