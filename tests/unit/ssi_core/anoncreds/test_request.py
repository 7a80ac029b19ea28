"""Presentation requests: what can be asked, and what is read back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ssi_core.anoncreds.request import (
    NonRevokedInterval,
    Predicate,
    PresentationRequest,
    Relation,
    new_nonce,
)
from ssi_core.errors import MalformedError, QueryError, SsiError
from tests.support.anoncreds_scene import BORN_BEFORE, NOON

pytestmark = pytest.mark.spec("AnonCreds v1.0", "Create Presentation Request")

REQUEST = PresentationRequest(
    name="n",
    nonce="1234567890",
    definitions=frozenset({"one"}),
    attributes={"a": ("vaccine",), "group": ("doses", "occurrence")},
    predicates={"adult": BORN_BEFORE},
    non_revoked=NonRevokedInterval.until(NOON, max_age=timedelta(days=1)),
)


def test_a_request_survives_the_wire():
    assert PresentationRequest.parse(REQUEST.to_json()) == replace(REQUEST, mix=True)


def test_every_referent_is_restricted_to_the_definitions():
    sent: Any = REQUEST.to_json()

    referents = [*sent["requested_attributes"].values(), *sent["requested_predicates"].values()]

    assert [item["restrictions"] for item in referents] == [[{"cred_def_id": "one"}]] * 3


@pytest.mark.parametrize(
    "changes",
    [
        {"definitions": frozenset()},
        {"nonce": ""},
        {"nonce": "0"},
        {"nonce": "-1"},
        {"nonce": "x"},
        {"nonce": "1" * 26},
        {"attributes": {}, "predicates": {}},
        {"attributes": {"adult": ("vaccine",)}},
        {"attributes": {"a": ()}},
        {"attributes": {"a": (" ",)}},
        {"attributes": {"a": ("vaccine\0",)}},
        {"attributes": {"a\0": ("vaccine",)}},
        {"attributes": {"a": ("Birth Date",)}},
        {"attributes": {f"a{index}": ("vaccine",) for index in range(65)}},
    ],
)
def test_a_request_that_asks_nothing_or_too_much_is_refused(changes):
    with pytest.raises(MalformedError):
        replace(REQUEST, **changes)


def test_an_interval_does_not_end_before_it_starts():
    with pytest.raises(MalformedError):
        NonRevokedInterval(NOON, NOON - timedelta(seconds=1))


def test_a_predicate_is_about_an_integer_of_32_bits():
    with pytest.raises(MalformedError):
        Predicate("birthDate", Relation.AT_LEAST, 2**31)


def test_nonces_are_fresh_and_of_80_bits():
    nonces = {new_nonce() for _ in range(100)}

    assert len(nonces) == 100
    assert {int(nonce).bit_length() for nonce in nonces} == {80}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("requested_attributes", "a", "non_revoked"), {"to": 1}),
        (("requested_attributes", "a", "names"), ["doses"]),
        (("requested_attributes", "a", "name"), None),
        (("requested_attributes", "a", "restrictions"), [{"issuer_id": "x"}]),
        (("requested_attributes", "a", "restrictions"), [{"cred_def_id": "two"}]),
        (("requested_attributes", "a", "restrictions"), []),
        (("requested_attributes", "a", "restrictions"), {}),
        (("requested_attributes", "a"), "x"),
        (("requested_predicates", "adult", "p_type"), "=="),
        (("requested_predicates", "adult", "p_value"), "20081201"),
        (("requested_predicates", "adult", "p_value"), True),
        (("requested_predicates", "adult", "non_revoked"), {"to": 1}),
        (("requested_predicates", "adult"), None),
        (("requested_predicates",), []),
        (("non_revoked",), {"from": 5}),
        (("non_revoked",), {"from": 5, "to": 4}),
        (("non_revoked",), []),
        (("nonce",), 7),
        (("name",), ""),
    ],
)
def test_a_request_that_asks_otherwise_is_refused_by_the_wallet(path, value):
    sent: Any = REQUEST.to_json()
    part = sent
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value

    with pytest.raises((MalformedError, QueryError)) as refused:
        PresentationRequest.parse(sent)
    assert isinstance(refused.value, SsiError)
