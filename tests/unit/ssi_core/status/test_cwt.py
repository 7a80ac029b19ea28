"""Status List Tokens in CWT form, beside those in JWT form."""

import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core import cbor, cose
from ssi_core.cbor import Tagged
from ssi_core.errors import MalformedError, StaleError, StatusUndeterminedError
from ssi_core.keys import Ed25519Signer, P256Signer
from ssi_core.status import cwt
from ssi_core.status.token import (
    StatusList,
    StatusListToken,
    digest,
    issue_cwt,
    issue_token,
    verify,
)
from tests.simulator.certificates import certify

_SPEC = "draft-ietf-oauth-status-list"
_NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
_URI = "https://clinic.example/status-lists/1"
_SIGNER = P256Signer.generate()
_LIST = StatusList.new(64, 2).with_status({7: 1, 8: 2})


def _issued(make: Any = issue_cwt, **changes: Any) -> Any:
    arguments: dict[str, Any] = {
        "uri": _URI,
        "signer": _SIGNER,
        "key_id": "did:web:clinic.example#k",
        "issued_at": _NOON,
        "expires_at": _NOON + timedelta(hours=1),
        "ttl": timedelta(minutes=5),
        "issuer": "did:web:clinic.example",
    }
    return make(_LIST, **{**arguments, **changes})


_TOKEN: bytes = _issued()


def _verify(token: Any = _TOKEN, **changes: Any) -> StatusList:
    arguments: dict[str, Any] = {"uri": _URI, "key": _SIGNER.public_key, "at": _NOON}
    return verify(token, **{**arguments, **changes})


def _signed(claims: Any, header: Any = None) -> bytes:
    protected: Any = {cose.TYP: cwt.MEDIA_TYPE} if header is None else header
    return cose.sign(protected, cbor.encode(claims), signer=_SIGNER)


_CLAIMS: Any = {
    2: _URI,
    6: int(_NOON.timestamp()),
    65533: {"bits": 2, "lst": zlib.compress(bytes(16))},
}


@pytest.mark.spec(_SPEC, "5.2")
def test_what_was_issued_verifies_and_says_what_the_jwt_form_says():
    in_jwt, in_cwt = StatusListToken.parse(_issued(issue_token)), StatusListToken.parse(_TOKEN)

    assert _verify() == _LIST
    assert replace(in_cwt, message=in_jwt.message, header=in_jwt.header) == in_jwt
    assert in_cwt.header == {"kid": "did:web:clinic.example#k"}
    assert digest(in_cwt.encoded_list) == digest(_LIST)


def test_a_list_for_ever_and_from_nobody_by_name_may_be_issued():
    token = StatusListToken.parse(_issued(expires_at=None, ttl=None, issuer=None, key_id=None))

    assert (token.expires_at, token.ttl, token.issuer, token.key_id) == (None, None, None, None)
    assert _verify(token, at=_NOON + timedelta(days=900)) == _LIST


@pytest.mark.spec(_SPEC, "8.3")
@pytest.mark.parametrize(
    "change",
    [
        {"uri": "https://clinic.example/status-lists/2"},
        {"at": _NOON + timedelta(hours=1)},
        {"at": _NOON - timedelta(seconds=1)},
        {"key": P256Signer.generate().public_key},
        {"key": Ed25519Signer.generate().public_key},
    ],
    ids=["another list", "too late", "too early", "another key", "another kind of key"],
)
def test_what_is_not_good_for_this_list_here_and_now_leaves_the_status_undetermined(change):
    with pytest.raises(StatusUndeterminedError):
        _verify(**change)


def test_a_list_that_is_older_than_asked_for_is_stale():
    with pytest.raises(StaleError):
        _verify(at=_NOON + timedelta(minutes=6), max_age=timedelta(minutes=5))


@pytest.mark.spec(_SPEC, "5.2")
@pytest.mark.parametrize("tag", [None, 61, 17])
def test_the_token_is_tagged_as_what_it_is(tag: int | None):
    untagged = cbor.decode(_TOKEN, at="").value  # type: ignore[union-attr]
    token = cbor.encode(untagged if tag is None else Tagged(tag, untagged))

    with pytest.raises(StatusUndeterminedError):
        _verify(token)
    assert _verify(cbor.encode(Tagged(61, Tagged(18, untagged)))) == _LIST


@pytest.mark.parametrize(
    ("change", "header"),
    [
        ({2: None}, None),
        ({6: None}, None),
        ({6: "x"}, None),
        ({65534: 0}, None),
        ({65534: "5"}, None),
        ({65533: None}, None),
        ({65533: {"bits": 2}}, None),
        ({65533: {"bits": 3, "lst": b"x"}}, None),
        ({65533: {"bits": 2, "lst": "text"}}, None),
        ({65533: {"bits": 2, "lst": b"no zlib"}}, None),
        ({}, {}),
        ({}, {cose.TYP: "statuslist+jwt"}),
        ({}, {cose.TYP: cwt.MEDIA_TYPE, cose.CRIT: [cose.TYP]}),
        ({}, {cose.TYP: cwt.MEDIA_TYPE, cose.KID: b"\xff"}),
        ({}, {cose.TYP: cwt.MEDIA_TYPE, cose.KID: "text"}),
    ],
)
def test_a_token_without_what_the_draft_asks_for_leaves_the_status_undetermined(change, header):
    claims = {key: item for key, item in {**_CLAIMS, **change}.items() if item is not None}

    assert len(_verify(_signed(_CLAIMS))) == 64
    with pytest.raises(StatusUndeterminedError):
        _verify(_signed(claims, header))


def test_a_certificate_chain_is_read_as_that_of_a_jose_header():
    certified = certify("clinic.example")
    message = cose.parse(_signed(_CLAIMS, {cose.TYP: cwt.MEDIA_TYPE, 33: certified.der}))

    assert cwt.header(message) == {"x5c": certified.x5c}
    with pytest.raises(MalformedError):
        cwt.header(cose.parse(_signed(_CLAIMS, {cose.TYP: cwt.MEDIA_TYPE, 33: ["x"]})))


@given(st.binary(max_size=100))
def test_junk_leaves_the_status_undetermined(junk: bytes):
    for token in (junk, b"\xd2" + junk, b"\xd8\x3d\xd2\x84" + junk):
        with pytest.raises(StatusUndeterminedError):
            _verify(token)
