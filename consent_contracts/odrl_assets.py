"""What an ODRL rule is about: claims or records of one scope item, in the profile's operands."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from consent_contracts.record_scope import RecordScope
from consent_contracts.scope import ScopeItem, render_claims
from ssi_core import strict_json
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import Period, to_rfc3339

PROFILE: Final = "https://consentry.example/odrl/consent/v1"
"""Under a domain that exists nowhere; docs/reference/odrl.md is the profile."""
TERM: Final = "consent:"
"""How the profile's terms are abbreviated in a policy."""

_OPERANDS: Final = MappingProxyType(
    {
        "resource_types": "resourceType",
        "instances": "instance",
        "categories": "category",
        "codes": "code",
        "authors": "author",
        "care_contexts": "careContext",
    }
)


def asset(item: ScopeItem | RecordScope, *, withheld: bool) -> JsonObject:
    """Return the target of a rule that gives what `item` speaks of, or withholds it.

    Withheld is what is touched as well, and what is more confidential; given is what lies within.
    """
    if isinstance(item, ScopeItem):
        source, refinement = "credentials", _of_claims(item, withheld=withheld)
    else:
        source, refinement = "records", _of_records(item, withheld=withheld)
    collection = {"type": "AssetCollection"}
    if not refinement:
        return {**collection, "uid": TERM + source}
    return {**collection, "source": TERM + source, "refinement": refinement}


def constraint(operand: str, operator: str, value: JsonValue) -> JsonObject:
    """Return an ODRL constraint."""
    return {"leftOperand": operand, "operator": operator, "rightOperand": value}


def _of_claims(item: ScopeItem, *, withheld: bool) -> list[JsonValue]:
    paths: Sequence[JsonValue] = [strict_json.render(path) for path in render_claims(item.claims)]
    return [
        constraint(f"{TERM}credentialType", "eq", item.vct),
        constraint(TERM + ("touchedClaim" if withheld else "claim"), "isAnyOf", paths),
    ]


def _of_records(item: RecordScope, *, withheld: bool) -> list[JsonValue]:
    named = dict(_OPERANDS) | {"labels": "labelFrom" if withheld else "labelUpTo"}
    refinement: list[JsonValue] = [
        constraint(TERM + operand, "isAnyOf", sorted(found))
        for name, operand in named.items()
        if (found := getattr(item, name))
    ]
    if item.data_period is not None:
        operand = TERM + ("touchedPeriod" if withheld else "dataPeriod")
        refinement.append(constraint(operand, "isPartOf", _interval(item.data_period)))
    return refinement


def _interval(period: Period) -> str:
    """Return an ISO 8601 interval, `..` where it is open."""
    ends = (period.start, period.end)
    return "/".join(".." if end is None else to_rfc3339(end, fractions=True) for end in ends)
