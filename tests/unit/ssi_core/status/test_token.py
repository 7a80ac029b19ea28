import contextlib
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core import jws
from ssi_core.encoding import base64url_encode
from ssi_core.errors import MalformedError, SsiError, StaleError, StatusUndeterminedError
from ssi_core.json_types import JsonObject
from ssi_core.keys import Ed25519Signer, P256Signer
from ssi_core.status.inflate import MAX_LIST_BYTES
from ssi_core.status.token import (
    Status,
    StatusList,
    StatusListToken,
    StatusReference,
    digest,
    issue_token,
    verify,
)

_SPEC = "draft-ietf-oauth-status-list"
_NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
_URI = "https://clinic.example/status-lists/1"
_SIGNER = P256Signer.generate()
_BITS = st.sampled_from([1, 2, 4, 8])


@pytest.mark.spec(_SPEC, "4.1")
def test_the_example_with_one_bit_is_packed_from_the_least_significant():
    statuses = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]

    packed = StatusList.new(16).with_status(dict(enumerate(statuses)))

    assert packed.data.hex() == "b9a3"
    assert packed.encode() == {"bits": 1, "lst": "eNrbuRgAAhcBXQ"}
    assert StatusList.decode({"bits": 1, "lst": "eNrbuRgAAhcBXQ"}) == packed


@pytest.mark.spec(_SPEC, "4.1")
def test_the_example_with_two_bits_is_packed_from_the_least_significant():
    statuses = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]

    packed = StatusList.new(12, 2).with_status(dict(enumerate(statuses)))

    assert packed.data.hex() == "c944f9"
    assert [packed.get(index) for index in range(12)] == statuses
    assert packed.encode() == {"bits": 2, "lst": "eNo76fITAAPfAgc"}


@pytest.mark.spec(_SPEC, "7.1")
def test_the_status_types_have_their_registered_numbers():
    assert [(item.name, item.value) for item in Status] == [
        ("VALID", 0),
        ("INVALID", 1),
        ("SUSPENDED", 2),
        ("APPLICATION_SPECIFIC", 3),
    ]


@given(bits=_BITS, length=st.integers(1, 200), data=st.data())
def test_a_list_gives_back_what_was_set_and_nothing_else_changed(bits, length, data):
    entry = st.tuples(st.integers(0, length - 1), st.integers(0, 2**bits - 1))
    changes = dict(data.draw(st.lists(entry)))

    changed = StatusList.new(length, bits).with_status(changes)

    assert [changed.get(i) for i in range(length)] == [changes.get(i, 0) for i in range(length)]
    assert StatusList.decode(changed.encode()) == changed


def test_changing_a_list_leaves_the_old_one_as_it_was():
    before = StatusList.new(8)

    before.with_status({3: Status.INVALID})

    assert before.get(3) == Status.VALID


def test_a_status_can_be_taken_back():
    suspended = StatusList.new(8, 2).with_status({3: Status.SUSPENDED})

    assert suspended.with_status({3: Status.VALID}) == StatusList.new(8, 2)


@pytest.mark.spec(_SPEC, "8.3")
@pytest.mark.parametrize("index", [-1, 8, 2**40])
def test_an_index_outside_the_list_is_refused(index):
    with pytest.raises(MalformedError):
        StatusList.new(8).get(index)


@pytest.mark.parametrize("change", [{-1: 0}, {8: 0}, {0: 2}, {0: -1}])
def test_a_change_that_does_not_fit_is_refused(change):
    with pytest.raises(MalformedError):
        StatusList.new(8).with_status(change)


@pytest.mark.parametrize(("length", "bits"), [(0, 1), (-1, 1), (8, 3), (8, 0), (8, 16)])
def test_a_list_has_statuses_of_an_allowed_size(length, bits):
    with pytest.raises(MalformedError):
        StatusList.new(length, bits)


def _lst(data: bytes) -> str:
    return base64url_encode(data)


@pytest.mark.spec(_SPEC, "4.2")
@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"bits": 1},
        {"lst": "eNrbuRgAAhcBXQ"},
        {"bits": 3, "lst": "eNrbuRgAAhcBXQ"},
        {"bits": "1", "lst": "eNrbuRgAAhcBXQ"},
        {"bits": True, "lst": "eNrbuRgAAhcBXQ"},
        {"bits": 1.0, "lst": "eNrbuRgAAhcBXQ"},
        {"bits": 1, "lst": 7},
        {"bits": 1, "lst": ""},
        {"bits": 1, "lst": "eNrbuRgAAhcBXQ=="},
        {"bits": 1, "lst": _lst(b"no zlib")},
        {"bits": 1, "lst": _lst(zlib.compress(b"ab")[:-1])},
        {"bits": 1, "lst": _lst(zlib.compress(b"ab") + b"x")},
        {"bits": 1, "lst": _lst(zlib.compress(b""))},
    ],
)
def test_what_is_no_status_list_is_refused(value):
    with pytest.raises(MalformedError):
        StatusList.decode(value)


@pytest.mark.spec(_SPEC, "8.3")
def test_a_list_that_inflates_beyond_the_bound_is_refused_before_it_does():
    bomb = _lst(zlib.compress(bytes(50 * MAX_LIST_BYTES), 9))

    with pytest.raises(MalformedError, match="larger"):
        StatusList.decode({"bits": 1, "lst": bomb})


def test_a_list_as_large_as_the_bound_is_read():
    encoded = StatusList.new(8 * 100).encode()

    assert len(StatusList.decode(encoded, max_bytes=100)) == 800
    with pytest.raises(MalformedError):
        StatusList.decode(encoded, max_bytes=99)


@pytest.mark.spec(_SPEC, "6.2")
def test_a_reference_is_read_and_written():
    value: JsonObject = {"idx": 7, "uri": _URI}

    assert StatusReference.parse(value) == StatusReference(_URI, 7)
    assert StatusReference(_URI, 7).to_json() == {"status_list": value}


@pytest.mark.spec(_SPEC, "6.2")
@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"idx": 0},
        {"uri": _URI},
        {"idx": -1, "uri": _URI},
        {"idx": True, "uri": _URI},
        {"idx": 1.5, "uri": _URI},
        {"idx": 2**53, "uri": _URI},
        {"idx": "0", "uri": _URI},
        {"idx": 0, "uri": ""},
        {"idx": 0, "uri": 1},
    ],
)
def test_what_is_no_reference_is_refused(value):
    with pytest.raises(MalformedError):
        StatusReference.parse(value)


def _token(**changes: Any) -> str:
    arguments: dict[str, Any] = {
        "uri": _URI,
        "signer": _SIGNER,
        "key_id": "12",
        "issued_at": _NOON,
        "expires_at": _NOON + timedelta(hours=1),
        "ttl": timedelta(minutes=5),
    }
    statuses = StatusList.new(16, 2).with_status({3: 1})
    return issue_token(statuses, **{**arguments, **changes})


def _verify(token: str, **changes: Any) -> StatusList:
    arguments: dict[str, Any] = {"uri": _URI, "key": _SIGNER.public_key, "at": _NOON}
    return verify(token, **{**arguments, **changes})


@pytest.mark.spec(_SPEC, "5.1")
def test_a_token_says_whose_list_it_is_and_until_when():
    token = StatusListToken.parse(_token(issuer="did:web:clinic.example"))

    assert token.header == {"alg": "ES256", "kid": "12", "typ": "statuslist+jwt"}
    assert token.uri == _URI
    assert token.issuer == "did:web:clinic.example"
    assert token.issued_at == _NOON
    assert token.expires_at == _NOON + timedelta(hours=1)
    assert token.ttl == timedelta(minutes=5)


@pytest.mark.spec(_SPEC, "8.3")
@pytest.mark.parametrize("signer", [P256Signer.generate(), Ed25519Signer.generate()])
def test_a_token_that_holds_gives_its_list(signer):
    verified = _verify(_token(signer=signer), key=signer.public_key)

    assert verified.get(3) == Status.INVALID


@pytest.mark.spec(_SPEC, "8.3")
@pytest.mark.parametrize(
    "changes",
    [
        {"uri": "https://clinic.example/status-lists/2"},
        {"key": P256Signer.generate().public_key},
        {"key": Ed25519Signer.generate().public_key},
        {"at": _NOON + timedelta(hours=1)},
        {"at": _NOON - timedelta(seconds=1)},
    ],
    ids=["another uri", "another key", "another kind of key", "expired", "from the future"],
)
def test_a_token_that_does_not_hold_leaves_the_status_undetermined(changes):
    with pytest.raises(StatusUndeterminedError):
        _verify(_token(), **changes)


def test_clock_skew_is_allowed_in_both_directions():
    skew = timedelta(seconds=30)

    for moment in (_NOON - skew, _NOON + timedelta(hours=1, seconds=29)):
        assert _verify(_token(), at=moment, clock_skew=skew)


@pytest.mark.spec(_SPEC, "8.3")
def test_a_token_that_is_older_than_the_caller_allows_is_stale():
    hour = timedelta(hours=1)

    with pytest.raises(StaleError):
        _verify(_token(), at=_NOON + timedelta(seconds=61), max_age=timedelta(minutes=1))
    assert _verify(_token(), at=_NOON + hour / 2, max_age=hour)


_CLAIMS: dict[str, Any] = {
    "sub": _URI,
    "iat": int(_NOON.timestamp()),
    "status_list": {"bits": 1, "lst": "eNrbuRgAAhcBXQ"},
}


@pytest.mark.spec(_SPEC, "5.1")
@pytest.mark.parametrize(
    "change",
    [
        {"sub": None},
        {"sub": 1},
        {"iat": None},
        {"iat": "now"},
        {"iat": -1},
        {"iat": 2**50},
        {"exp": "later"},
        {"exp": 1.5},
        {"ttl": 0},
        {"ttl": -1},
        {"ttl": "5"},
        {"ttl": 2**52},
        {"iss": 1},
        {"status_list": None},
        {"status_list": {"bits": 1, "lst": "AAAA"}},
        {"status_list": {"bits": 5, "lst": "eNrbuRgAAhcBXQ"}},
    ],
    ids=repr,
)
def test_a_signed_token_that_cannot_be_read_leaves_the_status_undetermined(change):
    token = jws.sign({"typ": "statuslist+jwt"}, {**_CLAIMS, **change}, signer=_SIGNER)

    with pytest.raises(StatusUndeterminedError):
        _verify(token)


@pytest.mark.spec(_SPEC, "5.1")
@pytest.mark.parametrize("header", [{}, {"typ": "JWT"}, {"typ": "statuslist+cwt"}, {"typ": 1}])
def test_a_token_of_another_type_leaves_the_status_undetermined(header):
    with pytest.raises(StatusUndeterminedError):
        _verify(jws.sign(header, _CLAIMS, signer=_SIGNER))


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "....", "\u00e4.b.c", "{}"])
def test_what_is_no_token_leaves_the_status_undetermined(token):
    with pytest.raises(StatusUndeterminedError):
        _verify(token)


def test_a_token_valid_to_the_end_of_time_does_not_overflow():
    end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

    assert _verify(_token(expires_at=end), clock_skew=timedelta(days=1))


def test_the_digest_is_of_bits_and_list_alone():
    statuses = StatusList.new(16, 2)
    token = StatusListToken.parse(
        issue_token(
            statuses, uri=_URI, signer=_SIGNER, key_id=None, issued_at=_NOON, expires_at=None
        )
    )

    assert digest(token.encoded_list) == digest(statuses)
    assert digest({**token.encoded_list, "aggregation_uri": "x"}) == digest(statuses)
    assert digest(statuses.with_status({0: 1})) != digest(statuses)


@given(st.text(max_size=40) | st.from_regex(r"[\w-]{0,20}\.[\w-]{0,20}\.[\w-]{0,20}"))
def test_junk_raises_nothing_but_our_own_errors(text):
    with contextlib.suppress(SsiError):
        StatusListToken.parse(text)
    with pytest.raises(StatusUndeterminedError):
        _verify(text)
