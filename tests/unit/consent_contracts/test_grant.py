import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from consent_contracts.grant import DISCLOSED, MAX_PERIOD, Grant
from ssi_core.errors import MalformedError
from ssi_core.period import Period
from tests.support.consent import END, SECOND, START, make_grant

Json = dict[str, Any]


def test_a_grant_is_written_as_it_was_read() -> None:
    grant = make_grant()

    assert Grant.parse(grant.to_json()) == grant


def test_a_grant_without_an_entry_in_the_log_has_no_id() -> None:
    grant = make_grant(id=None)

    assert "grant_id" not in grant.to_json()
    assert Grant.parse(grant.to_json()) == grant


def test_five_members_are_disclosed_in_one_order() -> None:
    assert tuple(make_grant().disclosed()) == DISCLOSED


@pytest.mark.parametrize(
    "change",
    [
        {"holder_keys": frozenset()},
        {"holder_keys": frozenset({"key"})},
        {"purposes": frozenset()},
        {"scope": ()},
        {"id": ""},
        {"id": "two\nlines"},
        {"log": ""},
        {"request_digest": "x"},
        {"max_staleness": timedelta(0)},
        {"max_staleness": timedelta(days=367)},
        {"period": Period(None, END)},
        {"period": Period(START, None)},
        {"period": Period(START + timedelta(microseconds=1), END)},
        {"period": Period(START, START + MAX_PERIOD + SECOND)},
    ],
)
def test_a_grant_that_makes_no_sense_is_refused(change: Json) -> None:
    with pytest.raises(MalformedError):
        replace(make_grant(), **change)


REMOVED = object()
MEMBERS = [
    *("log", "nbf", "exp", "subject", "recipient", "purposes", "scope", "terms"),
    *("subject/keys", "recipient/id"),
    *(f"terms/{name}" for name in ("max_staleness", "limits", "obligations", "notice", "request")),
]
OTHERS: list[tuple[str, object]] = [
    ("more", 1),
    ("terms/more", 1),
    ("subject/more", 1),
    ("recipient/more", 1),
    ("recipient/id", "did:example"),
    ("recipient", "insurer"),
    ("purposes", ["HPAYMT", "HPAYMT"]),
    ("purposes", ["hpaymt"]),
    ("nbf", 1.5),
    ("exp", 0),
    ("exp", 2**53),
    ("grant_id", ""),
    ("subject/keys", ["x"]),
    ("log", "\ud800"),
    ("terms/notice/digest", "x"),
    ("terms/max_staleness", 0),
]


@pytest.mark.parametrize(
    ("path", "value"),
    [*((path, REMOVED) for path in MEMBERS), *OTHERS],
    ids=[f"without {path}" for path in MEMBERS] + [f"{path} {value!a}" for path, value in OTHERS],
)
def test_a_document_that_is_not_quite_a_grant_is_refused(path: str, value: object) -> None:
    body: Json = json.loads(json.dumps(make_grant().to_json()))
    *outer, name = path.split("/")
    inner = body
    for each in outer:
        inner = inner[each]
    inner[name] = value
    if value is REMOVED:
        del inner[name]

    with pytest.raises(MalformedError):
        Grant.parse(body)
