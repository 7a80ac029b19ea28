import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from consent_contracts.access import AccessLevel
from consent_contracts.data_use import DataUseTerm
from consent_contracts.duo import DataUse, TermKind, Values
from consent_contracts.grant import Effect, Grant, Limits, Obligation, Recipient, RecordScope
from consent_contracts.odrl import policy
from consent_contracts.odrl_assets import PROFILE
from consent_contracts.purpose import Purpose
from ssi_core import jcs
from ssi_core.errors import DataLossError
from ssi_core.period import Period
from tests.support.consent import END, HOLDER_KEY, INSURER, START, digest, make_grant, scope_item
from tests.support.receipts import DAY, wide_grant, wide_records

# Of the ODRL 2.2 vocabulary, what we use.
LEFT_OPERANDS = {"purpose", "dateTime", "count", "timeInterval", "spatial", "event"}
OPERATORS = {"eq", "lt", "lteq", "gt", "gteq", "isAnyOf", "isAllOf", "isPartOf"}
ACTIONS = {"use", "distribute", "delete", "inform"}
OBJECTION: dict[str, Any] = {
    "effect": Effect.DENY,
    "recipient": Recipient(None),
    "obligations": frozenset(),
}


def _objection(**changes: Any) -> Grant:
    return make_grant(**(OBJECTION | changes))


def _policy(grant: Grant) -> Any:
    return json.loads(jcs.canonicalize(policy(grant)))


def _walk(value: Any) -> Iterator[Any]:
    yield value
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            yield from _walk(inner)
        else:
            yield inner


def _constraints(rule: Any) -> dict[tuple[str, str], Any]:
    return {
        (each["leftOperand"], each["operator"]): each["rightOperand"]
        for each in rule.get("constraint", [])
    }


def _typed(value: str, datatype: str) -> dict[str, str]:
    return {"@value": value, "@type": f"xsd:{datatype}"}


GRANTS = [
    make_grant(),
    wide_grant(),
    wide_grant(limits=Limits(), recipient=Recipient(INSURER, role="clerk"), data_use=()),
    _objection(),
    _objection(recipient=Recipient(None, role="clerk"), records=(wide_records(),)),
]


@pytest.mark.spec("ODRL 2.2", "2.1")
@pytest.mark.parametrize("grant", GRANTS)
def test_a_policy_has_its_kind_its_rules_and_its_profile(grant: Grant) -> None:
    found = _policy(grant)

    assert found["@context"][0] == "http://www.w3.org/ns/odrl.jsonld"
    assert found["uid"] == "urn:consentry:grant:registry.example%2F2026:zGrant"
    assert found["profile"] == PROFILE
    assert found["conflict"] == "prohibit"
    assert "permission" in found or "prohibition" in found
    if found["type"] == "Agreement":
        assert {"assigner", "assignee", "permission"} <= found.keys()
    else:
        assert found["type"] == "Set"
        assert "permission" not in found


@pytest.mark.spec("ODRL 2.2", "2.6")
@pytest.mark.parametrize("grant", GRANTS)
def test_every_rule_has_a_target_and_an_action_of_the_vocabulary(grant: Grant) -> None:
    found = _policy(grant)

    for rule in [
        *found.get("permission", []),
        *found.get("prohibition", []),
        *found.get("obligation", []),
    ]:
        action = rule["action"]
        name = action if isinstance(action, str) else action[0]["rdf:value"]["@id"]
        assert name.removeprefix("odrl:") in ACTIONS or name == "consent:reidentify"
        assert rule["target"]


@pytest.mark.spec("ODRL 2.2", "2.5")
@pytest.mark.parametrize("grant", GRANTS)
def test_every_constraint_is_of_the_vocabulary_or_of_the_profile(grant: Grant) -> None:
    constraints = [
        each for each in _walk(_policy(grant)) if isinstance(each, dict) and "leftOperand" in each
    ]

    assert constraints
    for each in constraints:
        assert each.keys() == {"leftOperand", "operator", "rightOperand"}
        operand = each["leftOperand"]
        assert operand in LEFT_OPERANDS or operand.startswith("consent:")
        assert each["operator"] in OPERATORS
        assert each["rightOperand"] not in ([], "", None)


@pytest.mark.parametrize("grant", GRANTS)
def test_the_page_about_odrl_has_every_term_of_the_profile(grant: Grant, project: Path) -> None:
    page = (project / "docs/reference/odrl.md").read_text(encoding="utf-8")
    terms = set(re.findall(r"consent:\w+", json.dumps(_policy(grant))))

    assert {term for term in terms if f"`{term}`" not in page} == set()


def test_a_grant_for_one_purpose_is_one_permission() -> None:
    found = _policy(make_grant(purposes=frozenset({Purpose.COVERAGE})))

    (rule,) = found["permission"]
    constraints = _constraints(rule)
    assert [each["@id"].rpartition("#")[2] for each in constraints["purpose", "isAnyOf"]] == sorted(
        ["COVERAGE", "ELIGDTRM", "ELIGVER", "ENROLLM", "MILDCRG"]
    )
    assert constraints["dateTime", "gteq"] == _typed("2026-12-01T09:00:00Z", "dateTime")
    assert constraints["dateTime", "lt"] == _typed("2026-12-31T09:00:00Z", "dateTime")
    assert rule["target"]["refinement"] == [
        {
            "leftOperand": "consent:credentialType",
            "operator": "eq",
            "rightOperand": "urn:consentry:diagnosis:1",
        },
        {
            "leftOperand": "consent:claim",
            "operator": "isAnyOf",
            "rightOperand": ['["clinical_status"]', '["code"]', '["onset"]'],
        },
    ]
    assert found["assignee"] == {"type": "Party", "uid": str(INSURER)}
    assert found["assigner"]["consent:holderKey"] == [
        {"@id": f"urn:ietf:params:oauth:jwk-thumbprint:sha-256:{HOLDER_KEY}"}
    ]


def test_sharing_onward_is_permitted_or_prohibited_and_never_left_open() -> None:
    closed, shared = _policy(make_grant()), _policy(make_grant(limits=Limits(onward_sharing=True)))

    assert [each["action"] for each in closed["prohibition"]] == ["distribute"]
    assert "prohibition" not in shared
    assert [each["action"][0]["rdf:value"]["@id"] for each in shared["permission"]] == [
        "odrl:use",
        "odrl:distribute",
    ]


@pytest.mark.parametrize(
    ("level", "named"),
    [("information", 1), ("sample", 2), ("full", 3)],
)
def test_a_permission_names_its_level_and_those_below(level: str, named: int) -> None:
    found = _policy(make_grant(scope=(scope_item("code", access=level),)))

    (refinement,) = found["permission"][0]["action"][0]["refinement"]
    assert refinement["rightOperand"] == ["information", "sample", "full"][:named]


@pytest.mark.parametrize(
    ("level", "named"),
    [("information", 3), ("sample", 2), ("full", 1)],
)
def test_a_prohibition_names_its_level_and_those_above(level: str, named: int) -> None:
    found = _policy(_objection(scope=(scope_item("code", access=level),)))

    (refinement,) = found["prohibition"][0]["action"][0]["refinement"]
    assert refinement["rightOperand"] == ["information", "sample", "full"][3 - named :]
    assert "assignee" not in found


def test_what_is_withheld_is_prohibited_with_all_that_it_touches() -> None:
    grant = make_grant(
        scope=(scope_item("code"), scope_item("onset", access="none")),
        records=(wide_records(), replace(wide_records(), access=AccessLevel.NONE)),
    )

    found = _policy(grant)

    operands = {each for each in _walk(found["permission"]) if str(each).startswith("consent:")}
    assert {"consent:claim", "consent:labelUpTo", "consent:dataPeriod"} <= operands
    withheld = [each for each in found["prohibition"] if each["action"] == "use"]
    operands = {each for each in _walk(withheld) if str(each).startswith("consent:")}
    assert {"consent:touchedClaim", "consent:labelFrom", "consent:touchedPeriod"} <= operands
    assert not operands & {"consent:claim", "consent:labelUpTo", "consent:dataPeriod"}
    assert all("constraint" not in each for each in withheld)


def test_every_limit_is_a_constraint() -> None:
    found = _constraints(
        _policy(
            wide_grant(
                limits=Limits(
                    uses=3,
                    interval=wide_grant().limits.interval,
                    jurisdictions=frozenset({"IE"}),
                    minimum_group_size=10,
                )
            )
        )["permission"][0]
    )

    assert found["count", "lteq"] == _typed("3", "integer")
    assert found["timeInterval", "eq"] == _typed("PT21600S", "duration")
    assert found["spatial", "isAnyOf"] == [{"@id": "https://w3id.org/dpv/loc#IE"}]
    assert found["consent:groupSize", "gteq"] == _typed("10", "integer")


def test_data_that_must_be_erased_by_then_is_not_used_later() -> None:
    found = _policy(make_grant(limits=Limits(erase_by=END), obligations=frozenset()))

    bound = {
        "leftOperand": "dateTime",
        "operator": "lt",
        "rightOperand": _typed("2026-12-31T09:00:00Z", "dateTime"),
    }
    assert bound in found["permission"][0]["constraint"]
    assert [each["action"] for each in found["obligation"]] == ["delete"]


@pytest.mark.parametrize("obligation", Obligation)
def test_every_obligation_is_told(obligation: Obligation) -> None:
    bare = make_grant(obligations=frozenset())
    found = _policy(replace(bare, obligations=frozenset({obligation})))

    rules = [*found.get("obligation", []), *found["prohibition"]]
    assert len(rules) == len(_policy(bare)["prohibition"]) + 1
    assert any(str(each["target"]).endswith("#received") for each in rules)


@pytest.mark.parametrize(
    "term", [term for term in DataUse if term.kind is TermKind.MODIFIER], ids=lambda each: each.name
)
def test_every_term_of_data_use_is_told_with_its_values(term: DataUse) -> None:
    stated = DataUseTerm(
        term=term,
        texts=frozenset({"x"}) if term.values is Values.TEXTS else frozenset(),
        months=7 if term.values is Values.MONTHS else None,
        moment=END if term.values is Values.MOMENT else None,
    )
    grant = wide_grant(data_use=(DataUseTerm(term=DataUse.GRU), stated))

    found = _constraints(_policy(grant)["permission"][0])

    assert {"@id": f"http://purl.obolibrary.org/obo/{term.value.replace(':', '_')}"} in found[
        "consent:dataUse", "isAllOf"
    ]
    values = [value for (operand, _), value in found.items() if operand == f"consent:{term.name}"]
    assert len(values) == (term.values is not Values.NOTHING)


def test_a_representative_and_a_class_of_recipients_are_told() -> None:
    found = _policy(wide_grant())

    assert found["assigner"]["consent:representative"]["consent:delegation"] == "zDelegation"
    assert found["assignee"] == {
        "type": "PartyCollection",
        "source": "did:web:ministry.example",
        "refinement": [
            {"leftOperand": "consent:accreditedAs", "operator": "eq", "rightOperand": "researcher"},
            {"leftOperand": "consent:role", "operator": "eq", "rightOperand": "analyst"},
        ],
    }


def test_all_records_are_a_target_of_their_own() -> None:
    found = _policy(make_grant(records=(RecordScope(access=AccessLevel.FULL),), scope=()))

    assert found["permission"][0]["target"] == {
        "type": "AssetCollection",
        "uid": "consent:records",
    }


_CHANGES: list[dict[str, Any]] = [
    {"id": "zOther"},
    {"log": "other.example"},
    {"holder_keys": frozenset({digest("other")})},
    {"grantor": None},
    {"recipient": Recipient(INSURER)},
    {"purposes": frozenset({Purpose.DSRCH}), "except_purposes": frozenset()},
    {"scope": (scope_item("code"),)},
    {"records": ()},
    {"period": Period(START, END + DAY)},
    {"max_staleness": wide_grant().max_staleness * 2},
    {"limits": Limits()},
    {"obligations": frozenset()},
    {"data_use": ()},
    {"notice": make_grant().notice},
    {"request_digest": digest("another")},
    {"supersedes": None},
]


@pytest.mark.parametrize("changes", _CHANGES, ids=lambda each: next(iter(each)))
def test_no_two_grants_make_one_policy(changes: dict[str, Any]) -> None:
    grant = wide_grant()
    other = replace(grant, **changes)

    assert (policy(other) == policy(grant)) == (other == grant)


def test_equal_grants_make_equal_policies_whatever_the_order() -> None:
    grant = wide_grant()
    other = replace(grant, data_use=tuple(reversed(grant.data_use)))

    assert jcs.canonicalize(policy(other)) == jcs.canonicalize(policy(grant))


@pytest.mark.parametrize(
    ("grant", "place"),
    [
        (make_grant(id=None), "/grant_id"),
        (make_grant(scope=(scope_item("code", access="none"),)), "/scope"),
        (
            make_grant(limits=Limits(jurisdictions=frozenset())),
            "/terms/limits/jurisdictions",
        ),
        (_objection(scope=(scope_item("code"), scope_item("onset", access="none"))), "/scope"),
        (_objection(limits=Limits(uses=1)), "/terms/limits"),
        (_objection(obligations=frozenset({Obligation.NOTIFY_OF_USE})), "/terms/obligations"),
    ],
)
def test_what_odrl_cannot_say_is_refused_with_its_place(grant: Grant, place: str) -> None:
    with pytest.raises(DataLossError) as caught:
        policy(grant)

    assert caught.value.at == place
