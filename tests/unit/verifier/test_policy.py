"""Policies as data: those that come along, and what no policy may say."""

from typing import Any

import pytest

from consent_contracts.access import AccessLevel
from consent_contracts.purpose import Purpose
from consent_contracts.request import GRANT_QUERY
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError
from verifier.adapters.policy_files import BUNDLED, load_policies
from verifier.policy import AccreditedIssuers, NamedIssuers, Policy, UnsafeAnyIssuer
from verifier.question import dcql_query

ROOT = Did("web", "authority.example")
KINDS = ("diagnosis", "laboratory_result", "immunization")
SOURCE: dict[str, Any] = {
    "id": "p",
    "title": "t",
    "purposes": ["HPAYMT"],
    "credentials": [{"id": "a", "vct": "urn:x:1", "claims": [["code"], {"path": ["b", "c"]}]}],
    "issuers": {"dids": ["did:web:clinic.example"]},
    "status": {"required": True, "max_age": 300},
    "holder_binding": True,
    "grant": {
        "required": True,
        "period": 3600,
        "max_staleness": 60,
        "max_checkpoint_age": 60,
        "access": "full",
        "obligations": [],
    },
    "notice": {"language": "en", "text": "why"},
    "if_refused": "nothing",
}
PLAIN: dict[str, Any] = {
    name: value
    for name, value in SOURCE.items()
    if name not in {"purposes", "notice", "if_refused"}
} | {"grant": {"required": False}}


def _without(source, name):
    return {key: value for key, value in source.items() if key != name}


def test_the_policies_that_come_along_ask_as_little_as_they_say():
    policies = load_policies(BUNDLED, roots=[ROOT])

    for kind in KINDS:
        insurer, researcher = policies[f"insurer-{kind}"], policies[f"researcher-{kind}"]
        assert [query.id for query in insurer.credentials] == [kind]
        assert max(map(len, insurer.credentials[0].claim_combinations())) == 3
        assert insurer.grant is not None
        assert researcher.grant is not None
        assert insurer.grant.purposes == {Purpose.HPAYMT}
        first, second = researcher.credentials[0].claim_combinations()
        assert (len(first), len(second)) == (5, 1)
        assert researcher.grant.purposes == {Purpose.HRESCH}
        assert policies[f"plain-{kind}"].grant is None
        names = {claim.path[0] for policy in (insurer, researcher) for q in policy.credentials
                 for claim in q.claims}  # fmt: skip
        assert not names & {"given_name", "family_name", "birth_date"}
    assert len(policies) == 9


def test_the_scope_of_a_policy_is_every_claim_that_it_asks_for():
    (item,) = Policy.parse(SOURCE).scope

    assert item.claims == {("code",), ("b", "c")}
    assert item.access is AccessLevel.FULL


@pytest.mark.parametrize(
    ("issuers", "rule"),
    [
        ({"dids": ["did:web:a"]}, NamedIssuers(frozenset({Did("web", "a")}))),
        ({"accredited_under": ["did:web:a"]}, AccreditedIssuers(frozenset({Did("web", "a")}))),
        ({"accredited_under": "configured"}, AccreditedIssuers(frozenset({ROOT}))),
        ({"unsafe_any": True}, UnsafeAnyIssuer()),
    ],
)
def test_a_policy_says_which_issuers_it_accepts(issuers, rule):
    assert Policy.parse({**PLAIN, "issuers": issuers}, roots=[ROOT]).issuers == rule


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"id": ""}, "/id"),
        ({"surprise": 1}, ""),
        ({"credentials": []}, "/credentials"),
        ({"credentials": [{"id": "a", "vct": "x", "claims": []}]}, "/credentials/0/claims"),
        ({"credentials": [{"id": "a b", "vct": "x", "claims": [["c"]]}]}, "/credentials/0/id"),
        ({"credentials": [{"id": "a", "vct": "", "claims": [["c"]]}]}, "/credentials/0/vct"),
        ({"credentials": [SOURCE["credentials"][0]] * 2}, "/credentials"),
        ({"credentials": [{**SOURCE["credentials"][0], "x": 1}]}, "/credentials/0"),
        ({"issuers": {}}, "/issuers"),
        ({"issuers": {"dids": []}}, "/issuers/dids"),
        ({"issuers": {"dids": ["x"]}}, "/issuers/dids"),
        ({"issuers": {"accredited_under": []}}, "/issuers/accredited_under"),
        ({"issuers": {"accredited_under": "configured"}}, "/issuers/accredited_under"),
        ({"issuers": {"unsafe_any": False}}, "/issuers"),
        ({"issuers": {"any": True}}, "/issuers"),
        ({"issuers": {"dids": ["did:web:a"], "unsafe_any": True}}, "/issuers"),
        ({"status": {"required": 1}}, "/status/required"),
        ({"status": {"required": True, "max_age": 0}}, "/status/max_age"),
        ({"status": {"required": True, "ttl": 1}}, "/status"),
        ({"holder_binding": False}, "/holder_binding"),
        ({"holder_binding": "yes"}, "/holder_binding"),
        ({"purposes": []}, "/purposes"),
        ({"purposes": ["BECAUSE"]}, "/purposes/0"),
        ({"notice": {"language": "en"}}, "/notice/text"),
        ({"if_refused": None}, "/if_refused"),
        ({"grant": None}, "/grant"),
        ({"grant": {"required": False}}, "/grant"),
        ({"grant": {**SOURCE["grant"], "period": 0}}, "/grant/period"),
        ({"grant": {**SOURCE["grant"], "period": 10**12}}, "/grant/period"),
        ({"grant": {**SOURCE["grant"], "access": "none"}}, "/grant/access"),
        ({"grant": {**SOURCE["grant"], "obligations": ["sing"]}}, "/grant/obligations/0"),
        ({"grant": {**SOURCE["grant"], "max_checkpoint_age": 1.5}}, "/grant/max_checkpoint_age"),
    ],
)
def test_what_is_no_policy_is_refused_with_a_pointer(change, pointer):
    with pytest.raises(MalformedError) as caught:
        Policy.parse({**SOURCE, **change})

    assert (caught.value.at or "") == pointer


@pytest.mark.parametrize("name", sorted(SOURCE))
def test_every_member_of_a_policy_with_a_grant_is_needed(name):
    with pytest.raises(MalformedError):
        Policy.parse(_without(SOURCE, name))


def test_without_holder_binding_the_query_says_so():
    policy = Policy.parse({**PLAIN, "holder_binding": False})

    assert not policy.credentials[0].require_cryptographic_holder_binding


def test_a_folder_without_policies_or_with_a_broken_one_is_refused(tmp_path):
    with pytest.raises(MalformedError):
        load_policies(tmp_path, roots=[])
    (tmp_path / "broken.json").write_text('{"id": "a", "id": "b"}')
    with pytest.raises(MalformedError) as caught:
        load_policies(tmp_path, roots=[])

    assert (caught.value.at or "").startswith("broken.json")


QUERY: dict[str, Any] = {
    "credentials": [
        {"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:x:1", "urn:x:2"]}},
        {"id": "b", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:y:1"]}},
    ],
    "credential_sets": [{"options": [["a"], ["b"]]}],
}
WHOLE: dict[str, Any] = {**_without(PLAIN, "credentials"), "query": QUERY}


def test_a_policy_without_a_grant_may_ask_in_dcql_itself():
    policy = Policy.parse(WHOLE)

    assert dcql_query(policy).to_json() == QUERY
    assert Policy.parse(policy.source) == policy


@pytest.mark.parametrize(
    "change",
    [
        {"query": {"credentials": []}},
        {"query": {"credentials": [{**QUERY["credentials"][0], "format": "mso_mdoc"}]}},
        {"query": {"credentials": [{**QUERY["credentials"][0], "id": GRANT_QUERY}]}},
        {"holder_binding": False},
        {"credentials": PLAIN["credentials"]},
        {name: SOURCE[name] for name in ("grant", "purposes", "notice", "if_refused")},
    ],
    ids=["empty", "format", "grant id", "holder binding", "both", "grant"],
)
def test_a_query_that_is_not_wholly_the_policys_own_is_refused(change):
    with pytest.raises(MalformedError):
        Policy.parse({**WHOLE, **change})
