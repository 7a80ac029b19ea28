"""did:webvh parameters: what each may be, and what an entry inherits."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.did import key
from ssi_core.did.syntax import Did
from ssi_core.did.webvh_parameters import WebvhParameters, WitnessRule
from ssi_core.errors import MalformedError, SsiError
from ssi_core.keys import Ed25519Signer, P256Signer

pytestmark = pytest.mark.spec("did:webvh 1.0", "did:webvh DID Method Parameters")

FIRST: dict[str, Any] = {"method": "did:webvh:1.0", "scid": "Qm", "updateKeys": ["z6Mk"]}
ONE, TWO = (key.did_for(Ed25519Signer(bytes([n]) * 32).public_key) for n in (1, 2))
P256 = key.did_for(P256Signer(b"\x01" * 32).public_key)


def witness(threshold: Any, *dids: Any) -> dict[str, Any]:
    return {"threshold": threshold, "witnesses": [{"id": str(did)} for did in dids]}


def first(**members: Any) -> WebvhParameters:
    return WebvhParameters.first({**FIRST, **members})[1]


def test_what_a_first_entry_does_not_say_has_its_default():
    scid, parameters = WebvhParameters.first(FIRST)

    assert scid == "Qm"
    assert parameters == WebvhParameters(update_keys=("z6Mk",))
    assert parameters.ttl is None
    assert not parameters.portable


@pytest.mark.parametrize("member", ["method", "scid", "updateKeys"])
def test_a_first_entry_says_method_scid_and_update_keys(member: str):
    with pytest.raises(MalformedError):
        WebvhParameters.first({name: value for name, value in FIRST.items() if name != member})


@pytest.mark.parametrize(
    "method",
    ["did:webvh:0.5", "did:webvh:1.1", "did:webvh:99.0", "did:webvh:1.0-rc1", "didwebvh:1.0", None],
)
def test_another_version_of_the_method_is_never_taken_for_this_one(method: Any):
    with pytest.raises(MalformedError, match="/method"):
        first(method=method)
    with pytest.raises(MalformedError, match="/method"):
        first().then({"method": method})


def test_a_later_entry_keeps_what_it_does_not_set():
    before = first(watchers=["https://w.example"], ttl=60, portable=True, witness=witness(1, ONE))

    assert before.then({}) == before
    assert before.then({"method": "did:webvh:1.0"}) == before


def test_a_later_entry_replaces_what_it_sets():
    before = first(watchers=["https://w.example"], ttl=60, portable=True, witness=witness(1, ONE))

    after = before.then(
        {"watchers": [], "ttl": 0, "portable": False, "witness": {}, "updateKeys": []}
    )

    assert after == WebvhParameters(ttl=0)


def test_the_scid_is_in_the_first_entry_only():
    with pytest.raises(MalformedError, match="/scid"):
        first().then({"scid": "Qm"})


@pytest.mark.parametrize("before", [True, False])
def test_only_the_first_entry_makes_a_did_portable(before: bool):  # noqa: FBT001 - the case
    with pytest.raises(MalformedError, match="/portable"):
        first(portable=before).then({"portable": True})


def test_an_unknown_parameter_is_refused():
    with pytest.raises(MalformedError, match="does not have this parameter"):
        first(prerotation=True)
    with pytest.raises(MalformedError, match="does not have this parameter"):
        first().then({"prerotation": True})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("updateKeys", "z6Mk"),
        ("updateKeys", [""]),
        ("updateKeys", [7]),
        ("updateKeys", ["6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"]),
        ("updateKeys", ["z0"]),
        ("updateKeys", ["z" * 300]),
        ("updateKeys", ["did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"]),
        ("updateKeys", {}),
        ("nextKeyHashes", "Qm"),
        ("nextKeyHashes", [None]),
        ("watchers", "https://w.example"),
        ("watchers", [7]),
        ("watchers", ["w.example"]),
        ("watchers", ["https://w.example/ x"]),
        ("portable", "true"),
        ("portable", 1),
        ("portable", None),
        ("deactivated", "false"),
        ("deactivated", 0),
        ("deactivated", None),
        ("ttl", "3600"),
        ("ttl", -1),
        ("ttl", 2**31 + 1),
        ("ttl", 1.5),
        ("ttl", True),
        ("witness", []),
        ("witness", "x"),
        ("witness", {"threshold": 1}),
        ("witness", {"witnesses": []}),
        ("witness", {"threshold": 1, "witnesses": "x"}),
        ("witness", {"threshold": 1, "witnesses": ["x"]}),
        ("witness", {"threshold": 1, "witnesses": [{}]}),
        ("witness", {"threshold": 1, "witnesses": [{"id": None}]}),
    ],
)
def test_a_value_of_another_type_is_refused(name: str, value: Any):
    with pytest.raises(MalformedError):
        first(**{name: value})
    with pytest.raises(MalformedError):
        first().then({name: value})


@pytest.mark.parametrize("name", ["nextKeyHashes", "witness", "watchers"])
def test_null_of_early_logs_means_not_used(name: str):
    parameters = first(**{name: None})

    assert parameters == first()


def test_null_update_keys_end_updates_and_null_ttl_is_an_hour():
    assert first().then({"updateKeys": None}).update_keys == ()
    assert first(ttl=60).then({"ttl": None}).ttl == 3600


def test_a_witness_rule_survives_the_wire():
    rule = WitnessRule(threshold=1, witnesses=(ONE, TWO))

    assert WitnessRule.parse(rule.to_json()) == rule
    assert rule.to_json() == witness(1, ONE, TWO)
    assert WitnessRule.parse({}) is None


@pytest.mark.parametrize("threshold", [0, -1, 3, 1.0, 1.5, "1", True, None, 2**60])
def test_a_threshold_is_between_one_and_all_witnesses(threshold: Any):
    with pytest.raises(MalformedError):
        WitnessRule.parse(witness(threshold, ONE, TWO))


def test_a_witness_is_listed_once():
    with pytest.raises(MalformedError, match="once"):
        WitnessRule.parse(witness(1, ONE, ONE))


@pytest.mark.parametrize(
    "did", [P256, Did("web", "w.example"), Did("key", "z6Mk"), "x", f"{ONE}#x", "did:key:"]
)
def test_a_witness_is_a_did_key_that_can_sign_with_eddsa(did: Any):
    with pytest.raises(SsiError):
        WitnessRule.parse(witness(1, did))


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["threshold", "witnesses"]), JUNK) | JUNK)
def test_junk_for_a_witness_rule_raises_only_our_own_errors(value: Any):
    try:
        rule = WitnessRule.parse(value)
    except SsiError:
        return

    assert rule is None
    assert value == {}
