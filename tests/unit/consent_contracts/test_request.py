import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from consent_contracts.access import AccessLevel
from consent_contracts.grant import Grant, Limits, Notice, Obligation
from consent_contracts.purpose import Purpose
from consent_contracts.recipient import Recipient
from consent_contracts.request import (
    BEYOND_REQUEST,
    ConsentRequest,
    narrow,
    require_within,
)
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import ConsentError, MalformedError, SsiError
from ssi_core.period import Period
from ssi_core.presentation import binding
from tests.support.consent import (
    END,
    HOLDER_KEY,
    LABORATORY,
    SECOND,
    START,
    digest,
    make_consent_request,
    scope_item,
)

SCOPE = (scope_item("code", "onset"),)


def _body() -> dict[str, Any]:
    return dict(make_consent_request().to_json())


def _sent(body: dict[str, Any]) -> str:
    return base64url_encode(json.dumps(body, indent=2).encode())


def _grant(request: ConsentRequest) -> Grant:
    return request.grant(holder_keys=[HOLDER_KEY], scope=SCOPE)


def test_a_request_is_read_as_it_was_written() -> None:
    request = make_consent_request()

    assert ConsentRequest.parse(request.text) == request
    assert json.loads(base64url_decode(request.text)) == request.to_json()


def test_a_request_is_transaction_data_that_openid4vp_reads() -> None:
    request = make_consent_request()

    data = binding.TransactionData.parse(request.text)

    assert data.type == "urn:consentry:consent-request:1"
    assert data.credential_ids == ("consent_grant",)
    assert request.digest == binding.hashes([request.text])[0]


def test_members_that_are_not_known_here_are_kept() -> None:
    body = _body() | {"study": {"name": "B", "sites": [1, 2]}}

    request = ConsentRequest.parse(_sent(body))

    assert request.to_json() == body
    assert request.text == _sent(body)


def test_the_digest_is_of_the_text_as_sent_not_of_its_meaning() -> None:
    sent = ConsentRequest.parse(_sent(_body()))

    assert sent.to_json() == make_consent_request().to_json()
    assert sent.digest != make_consent_request().digest


@pytest.mark.parametrize(
    "name", [name for name in _body() if name != "transaction_data_hashes_alg"]
)
def test_a_request_without_one_of_its_members_is_refused(name: str) -> None:
    body = _body()
    del body[name]

    with pytest.raises(MalformedError, match=f"/{name}"):
        ConsentRequest.from_json(body)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "urn:consentry:consent-request:2"},
        {"credential_ids": []},
        {"transaction_data_hashes_alg": ["sha-512"]},
        {"transaction_data_hashes_alg": None},
        {"recipient": "insurer"},
        {"recipient": "did:web:insurer.example#key"},
        {"recipient_name": "Two\nlines"},
        {"recipient_name": "N" * 257},
        {"purposes": []},
        {"purposes": ["PAYMENT"]},
        {"purposes": ["HPAYMT", "HPAYMT"]},
        {"expires": _body()["not_before"]},
        {"expires": _body()["not_before"] + 3653 * 86_400 + 1},
        {"not_before": 1.5},
        {"max_staleness": 0},
        {"max_staleness": 366 * 86_400 + 1},
        {"access": "none"},
        {"access": "all"},
        {"limits": {"resale": True}},
        {"limits": None},
        {"obligations": ["dance"]},
        {"obligations": None},
        {"notice": {"language": "en"}},
        {"notice": {"language": "en", "text": "x" * 4001}},
        {"notice": "because"},
        {"if_refused": ""},
        {"withdrawal_uri": "http://insurer.example/withdrawals"},
        {"withdrawal_uri": "mailto:insurer@example"},
        {"log": ""},
    ],
)
def test_a_request_out_of_bounds_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        ConsentRequest.from_json(_body() | change)


def test_the_longest_request_is_still_one() -> None:
    body = _body()
    body |= {
        "expires": body["not_before"] + 3653 * 86_400,
        "max_staleness": 366 * 86_400,
        "notice": {"language": "en", "text": "x" * 4000},
    }

    assert ConsentRequest.from_json(body).to_json() == body


@pytest.mark.parametrize(
    "text", ["", "e30", "bnVsbA", "W10", "not base64url", "e30=", "x" * 65_537]
)
def test_a_text_that_is_no_request_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        ConsentRequest.parse(text)


def test_the_grant_for_a_request_is_within_it() -> None:
    request = make_consent_request()

    grant = _grant(request)

    require_within(grant, request, asked=SCOPE)
    assert grant.id is None
    assert grant.request_digest == request.digest
    assert grant.notice == request.notice.notice


def test_a_person_may_narrow_every_term() -> None:
    request = make_consent_request(purposes=frozenset({Purpose.HPAYMT, Purpose.TREAT}))

    narrowed = narrow(
        request,
        not_before=START + timedelta(microseconds=1),
        expires=END - timedelta(days=20, microseconds=1),
        purposes=[Purpose.COVERAGE],
        access=AccessLevel.SAMPLE,
        max_staleness=timedelta(minutes=5),
        limits=Limits(uses=1),
        obligations=[Obligation.NOTIFY_OF_USE],
    )

    assert narrowed.period == Period(START + SECOND, END - timedelta(days=20) - SECOND)
    assert narrowed.purposes == {Purpose.COVERAGE}
    assert narrowed.obligations == {Obligation.NOTIFY_OF_USE, Obligation.ERASE_ON_WITHDRAWAL}
    assert narrowed.digest == request.digest
    grant = narrowed.grant(holder_keys=[HOLDER_KEY], scope=[scope_item("code", access="sample")])
    require_within(grant, request, asked=SCOPE)


@pytest.mark.parametrize(
    "wish",
    [
        {"not_before": START - SECOND},
        {"expires": END + SECOND},
        {"purposes": [Purpose.HPAYMT, Purpose.HRESCH]},
        {"max_staleness": timedelta(hours=2)},
        {"limits": Limits(onward_sharing=True)},
    ],
)
def test_nobody_narrows_to_more(wish: dict[str, Any]) -> None:
    with pytest.raises(ConsentError) as caught:
        narrow(make_consent_request(), **wish)

    assert caught.value.refusals == (BEYOND_REQUEST,)


def test_nobody_narrows_to_a_higher_level() -> None:
    with pytest.raises(ConsentError, match="/access"):
        narrow(make_consent_request(access=AccessLevel.SAMPLE), access=AccessLevel.FULL)


@pytest.mark.parametrize(
    "wish", [{"purposes": []}, {"expires": START}, {"access": AccessLevel.NONE}]
)
def test_nobody_narrows_to_nothing(wish: dict[str, Any]) -> None:
    with pytest.raises(SsiError):
        narrow(make_consent_request(), **wish)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"recipient": Recipient(Did("web", "broker.example"))}, "/recipient"),
        ({"request_digest": digest("another")}, "/terms/request"),
        ({"log": "other.example/2026"}, "/log"),
        ({"notice": Notice("en", digest("another"))}, "/terms/notice"),
        ({"purposes": frozenset({Purpose.HRESCH})}, "/purposes"),
        ({"period": Period(START, END + SECOND)}, "/exp"),
        ({"period": Period(START - SECOND, END)}, "/exp"),
        ({"max_staleness": timedelta(hours=2)}, "/terms/max_staleness"),
        ({"limits": Limits(onward_sharing=True)}, "/terms/limits"),
        ({"obligations": frozenset()}, "/terms/obligations"),
        ({"scope": (scope_item("code", "birth_date"),)}, "/scope"),
        ({"scope": (scope_item("code", vct=LABORATORY),)}, "/scope"),
    ],
)
def test_a_grant_beyond_its_request_is_refused(change: dict[str, Any], pointer: str) -> None:
    request = make_consent_request()
    grant = replace(_grant(request), **change)

    with pytest.raises(ConsentError) as caught:
        require_within(grant, request, asked=SCOPE)

    assert caught.value.at == pointer
    assert caught.value.refusals == (BEYOND_REQUEST,)


def test_a_grant_at_a_higher_level_than_asked_is_refused() -> None:
    request = make_consent_request(access=AccessLevel.SAMPLE)

    with pytest.raises(ConsentError, match="/scope"):
        require_within(_grant(request), request)
