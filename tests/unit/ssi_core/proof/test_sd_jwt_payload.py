import itertools
from typing import Any

import pytest

from ssi_core.claim_path import WITHHELD
from ssi_core.encoding import base64url_encode
from ssi_core.errors import AlgorithmError, DisclosureError, MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.proof.disclosure import Disclosure
from ssi_core.proof.sd_jwt import Sd, SdClaims, conceal, process, reveal

_NAME = Disclosure.make("name", "Ada")
_ELEMENT = Disclosure.make(None, "FR")


def _nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.spec("RFC 9901", "7.1")
def test_a_disclosed_property_stands_where_its_digest_was():
    payload = {"iss": "x", "_sd": [_NAME.digest()], "_sd_alg": "sha-256"}

    assert process(payload, [_NAME]) == {"iss": "x", "name": "Ada"}


@pytest.mark.spec("RFC 9901", "7.1")
def test_a_disclosed_element_stands_in_its_place_and_others_are_removed():
    withheld = Disclosure.make(None, "DE")
    payload: JsonObject = {"c": [{"...": withheld.digest()}, {"...": _ELEMENT.digest()}, "US"]}

    assert process(payload, [_ELEMENT]) == {"c": ["FR", "US"]}


@pytest.mark.spec("RFC 9901", "7.1")
def test_an_object_whose_claims_are_all_withheld_becomes_empty():
    assert process({"address": {"_sd": [_NAME.digest()]}}, []) == {"address": {}}


@pytest.mark.spec("RFC 9901", "4.2.5")
def test_digests_that_have_no_disclosure_are_ignored():
    assert process({"_sd": ["decoy"], "c": [{"...": "another"}]}, []) == {"c": []}


@pytest.mark.spec("RFC 9901", "4.2.6")
def test_disclosures_inside_disclosures_are_put_back():
    inner = Disclosure.make(None, "DE")
    outer = Disclosure.make("nationalities", [{"...": inner.digest()}, {"...": "decoy"}])
    payload = {"_sd": [outer.digest()]}

    assert process(payload, [outer, inner]) == {"nationalities": ["DE"]}
    assert process(payload, [outer]) == {"nationalities": []}


@pytest.mark.spec("RFC 9901", "4.1.1")
@pytest.mark.parametrize("algorithm", ["sha-256", "sha-384", "sha-512"])
def test_the_named_hash_algorithm_is_used(algorithm):
    payload = {"_sd": [_NAME.digest(algorithm)], "_sd_alg": algorithm}

    assert process(payload, [_NAME]) == {"name": "Ada"}


@pytest.mark.spec("RFC 9901", "7.1")
@pytest.mark.parametrize("algorithm", ["md5", "sha256", ""])
def test_a_hash_algorithm_that_is_not_understood_is_refused(algorithm):
    with pytest.raises(AlgorithmError):
        process({"_sd_alg": algorithm}, [])


@pytest.mark.spec("RFC 9901", "7.1")
def test_a_hash_algorithm_that_the_caller_does_not_accept_is_refused():
    with pytest.raises(AlgorithmError):
        process({"_sd_alg": "sha-256"}, [], hash_algorithms={"sha-512"})


@pytest.mark.spec("RFC 9901", "7.1")
def test_a_disclosure_that_no_digest_names_is_refused():
    with pytest.raises(DisclosureError):
        process({"iss": "x"}, [_NAME])


@pytest.mark.spec("RFC 9901", "4.2.6")
def test_a_disclosure_whose_parent_is_missing_is_refused():
    outer = Disclosure.make("person", {"_sd": [_NAME.digest()]})

    with pytest.raises(DisclosureError):
        process({"_sd": [outer.digest()]}, [_NAME])


@pytest.mark.spec("RFC 9901", "4")
def test_a_disclosure_that_is_sent_twice_is_refused():
    with pytest.raises(DisclosureError):
        process({"_sd": [_NAME.digest()]}, [_NAME, _NAME])


@pytest.mark.spec("RFC 9901", "7.1")
@pytest.mark.parametrize(
    "payload",
    [
        {"_sd": ["a", "a"]},
        {"_sd": ["a"], "b": {"_sd": ["a"]}},
        {"b": [{"...": "a"}, {"...": "a"}]},
        {"_sd": ["a"], "b": [{"...": "a"}]},
        {"_sd": [_NAME.digest()], "b": {"_sd": [_NAME.digest()]}},
    ],
)
def test_a_digest_that_stands_twice_is_refused_disclosed_or_not(payload):
    with pytest.raises(DisclosureError):
        process(payload, [])


@pytest.mark.spec("RFC 9901", "7.1")
def test_a_digest_that_stands_again_inside_a_disclosure_is_refused():
    outer = Disclosure.make("person", {"_sd": ["a"]})

    with pytest.raises(DisclosureError):
        process({"_sd": ["a", outer.digest()]}, [outer])


@pytest.mark.spec("RFC 9901", "7.1")
def test_a_disclosed_claim_that_is_already_there_is_refused():
    with pytest.raises(DisclosureError):
        process({"name": "Eve", "_sd": [_NAME.digest()]}, [_NAME])


@pytest.mark.spec("RFC 9901", "7.1")
def test_two_disclosures_of_one_claim_are_refused():
    other = Disclosure.make("name", "Eve")

    with pytest.raises(DisclosureError):
        process({"_sd": [_NAME.digest(), other.digest()]}, [_NAME, other])


@pytest.mark.spec("RFC 9901", "7.1")
def test_an_element_disclosure_that_an_object_names_is_refused():
    with pytest.raises(DisclosureError):
        process({"_sd": [_ELEMENT.digest()]}, [_ELEMENT])


@pytest.mark.spec("RFC 9901", "7.1")
def test_a_property_disclosure_that_an_element_names_is_refused():
    with pytest.raises(DisclosureError):
        process({"c": [{"...": _NAME.digest()}]}, [_NAME])


@pytest.mark.spec("RFC 9901", "4.1")
@pytest.mark.parametrize(
    "payload",
    [
        {"_sd": "a"},
        {"_sd": None},
        {"_sd": {}},
        {"_sd": [1]},
        {"_sd": [None]},
        {"_sd": [["a"]]},
        {"...": "a"},
        {"b": {"...": "a"}},
        {"b": [{"...": "a", "c": 1}]},
        {"b": [{"...": 1}]},
        {"b": [{"...": ["a"]}]},
        {"b": {"_sd_alg": "sha-256"}},
        {"b": [{"_sd_alg": "sha-256"}]},
        {"_sd_alg": 1},
        {"_sd_alg": None},
    ],
)
def test_a_payload_that_misuses_a_reserved_name_is_refused(payload):
    with pytest.raises(MalformedError):
        process(payload, [])


@pytest.mark.spec("RFC 9901", "4.1.1")
@pytest.mark.parametrize("value", [{"_sd_alg": "sha-256"}, {"...": "x"}, {"_sd": "x"}])
def test_a_disclosed_value_that_misuses_a_reserved_name_is_refused(value):
    disclosure = Disclosure.make("name", value)

    with pytest.raises(MalformedError):
        process({"_sd": [disclosure.digest()]}, [disclosure])


def test_disclosures_nested_deeper_than_allowed_are_refused_and_do_not_overflow():
    disclosures = [Disclosure.make("a", "x")]

    for _ in range(2000):
        disclosures.append(Disclosure.make("a", {"_sd": [disclosures[-1].digest()]}))
    payload = {"_sd": [disclosures[-1].digest()]}

    with pytest.raises(MalformedError):
        process(payload, disclosures)


def test_what_was_withheld_keeps_its_place_in_the_payload_as_issued():
    payload = {"c": [{"...": "decoy"}, {"...": _ELEMENT.digest()}]}

    revealed = reveal(payload, [_ELEMENT])

    as_issued: Any = revealed.as_issued
    assert as_issued["c"][0] is WITHHELD
    assert revealed.disclosures == {("c", 1): _ELEMENT}
    assert revealed.processed_path(("c", 1)) == ("c", 0)
    assert revealed.claims() == {"c": ["FR"]}


@pytest.mark.spec("RFC 9901", "4.2.4.1")
def test_concealed_claims_leave_only_sorted_digests():
    payload, disclosures = conceal({"iss": "x", **{name: Sd(name) for name in "edcba"}})

    assert payload.keys() == {"iss", "_sd", "_sd_alg"}
    assert payload["_sd"] == sorted(item.digest() for item in disclosures)
    assert [item.name for item in disclosures] == list("edcba")


@pytest.mark.spec("RFC 9901", "4.2.4.2")
def test_concealed_elements_keep_their_positions():
    payload, disclosures = conceal({"c": ["DE", Sd("FR"), "US"]})

    assert payload["c"] == ["DE", {"...": disclosures[0].digest()}, "US"]


@pytest.mark.spec("RFC 9901", "4.1.1")
def test_a_payload_that_conceals_nothing_names_no_hash_algorithm():
    assert conceal({"iss": "x", "c": [1]}) == ({"iss": "x", "c": [1]}, ())


@pytest.mark.spec("RFC 9901", "4.2.5")
def test_decoys_join_each_object_and_array_that_conceals_something():
    claims: SdClaims = {"a": Sd(1), "plain": {"b": 2}, "c": [Sd(3), 4], "d": [5], "e": {"f": Sd(6)}}

    payload: Any
    payload, disclosures = conceal(claims, decoys=3)

    assert len(payload["_sd"]) == 1 + 3
    assert payload["plain"] == {"b": 2}
    assert [set(item) for item in payload["c"][2:]] == [{"..."}] * 3
    assert payload["d"] == [5]
    assert len(payload["e"]["_sd"]) == 1 + 3
    assert process(payload, disclosures) == {
        "a": 1,
        "plain": {"b": 2},
        "c": [3, 4],
        "d": [5],
        "e": {"f": 6},
    }


def test_salts_are_drawn_in_the_order_of_the_claims():
    counter = itertools.count()

    _, disclosures = conceal(
        {"a": Sd(1), "b": Sd({"c": Sd(2)})}, salts=lambda: bytes([next(counter)]) * 16
    )

    expected = [base64url_encode(bytes([i]) * 16) for i in range(3)]
    assert [item.salt for item in disclosures] == expected
    assert [item.name for item in disclosures] == ["a", "c", "b"]


@pytest.mark.spec("RFC 9901", "4.1")
@pytest.mark.parametrize(
    "claims",
    [
        {"_sd": ["a"]},
        {"...": "a"},
        {"_sd_alg": "sha-256"},
        {"a": {"_sd": Sd(1)}},
        {"a": [{"...": "a"}]},
        {"a": Sd({"_sd": []})},
        {"a": Sd(Sd(1))},
        {"a": float("nan")},
        {"a": Sd(float("inf"))},
        {"a": "\ud800"},
        {"\ud800": 1},
        {"a": Sd("\ud800")},
        {"a": b"x"},
        {"a": {1, 2}},
        {"a": object()},
        {"a": _nested(100)},
    ],
)
def test_claims_that_cannot_be_concealed_are_refused(claims):
    with pytest.raises(MalformedError):
        conceal(claims)
