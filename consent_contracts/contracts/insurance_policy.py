"""The terms of an insurance claim: the policy that insurer and insured have both signed."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self

from consent_contracts.contracts.coding import CodePattern
from consent_contracts.contracts.members import parse_period
from consent_contracts.contracts.money import as_amount, require_currency
from consent_contracts.recipient import parse_did
from consent_contracts.wire import (
    as_digest,
    as_duration,
    as_list,
    require_known,
    require_name,
)
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import Period
from ssi_core.strict_json import as_array, as_integer, as_object, as_text

MAX_DAYS: Final = 3_660
_MEMBERS: Final = (
    "insurer", "insured", "ledger", "cover", "vct", "covered", "excluded", "accredited_by",
    "max_staleness", "currency", "deductible", "limits", "waiting_days", "claim_within_days",
    "refer_above", "pay",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class InsurancePolicy:
    """What is covered, from when, up to how much, and who is paid.

    `insured` are the keys that hold the insured person's credentials. `ledger` is 32 random bytes
    under which the claims of this policy are numbered. `deductible` and `per_year` count by the
    calendar year (UTC) of treatment. `account` is where the insured person is paid; `None` pays the
    provider.
    """

    insurer: Did
    insured: frozenset[str]
    ledger: str
    cover: Period
    vct: str
    covered: tuple[CodePattern, ...]
    excluded: tuple[CodePattern, ...]
    accredited_by: frozenset[Did]
    max_staleness: timedelta
    currency: str
    deductible: int
    per_claim: int
    per_year: int
    waiting: timedelta
    claim_within: timedelta
    refer_above: int | None
    account: str | None

    @property
    def signers(self) -> frozenset[str]:
        """Insurer and insured: every key of the insured person has agreed."""
        return frozenset({str(self.insurer)}) | self.insured

    def covers(self, coding: str) -> bool:
        """Say whether a code is covered, whether or not it is excluded too."""
        return any(pattern.covers(coding) for pattern in self.covered)

    def excludes(self, coding: str) -> bool:
        """Say whether a code is excluded, which counts for more than being covered."""
        return any(pattern.covers(coding) for pattern in self.excluded)

    @classmethod
    def parse(cls, terms: JsonObject) -> Self:
        """Read the terms; a member that is not known could restrict them, so it is refused."""
        require_known(terms, _MEMBERS, at="/terms")
        limits = as_object(terms.get("limits"), at="/terms/limits")
        require_known(limits, ("per_claim", "per_year"), at="/terms/limits")
        refer = terms.get("refer_above")
        return cls(
            insurer=parse_did(terms.get("insurer"), at="/terms/insurer"),
            insured=frozenset(as_digest(key, at=where) for key, where in _list(terms, "insured")),
            ledger=as_digest(terms.get("ledger"), at="/terms/ledger"),
            cover=parse_period(terms.get("cover"), at="/terms/cover"),
            vct=require_name(as_text(terms.get("vct"), at="/terms/vct"), at="/terms/vct"),
            covered=tuple(CodePattern.parse(each, at=at) for each, at in _list(terms, "covered")),
            excluded=tuple(
                CodePattern.parse(each, at=f"/terms/excluded/{place}")
                for place, each in enumerate(
                    as_array(terms.get("excluded", []), at="/terms/excluded")
                )
            ),
            accredited_by=frozenset(
                parse_did(each, at=at) for each, at in _list(terms, "accredited_by")
            ),
            max_staleness=as_duration(terms.get("max_staleness"), at="/terms/max_staleness"),
            currency=require_currency(
                as_text(terms.get("currency"), at="/terms/currency"), at="/terms/currency"
            ),
            deductible=as_amount(terms.get("deductible"), at="/terms/deductible"),
            per_claim=as_amount(limits.get("per_claim"), at="/terms/limits/per_claim"),
            per_year=as_amount(limits.get("per_year"), at="/terms/limits/per_year"),
            waiting=_days(terms, "waiting_days"),
            claim_within=_days(terms, "claim_within_days"),
            refer_above=None if refer is None else as_amount(refer, at="/terms/refer_above"),
            account=_account(terms.get("pay")),
        )


def _list(terms: JsonObject, name: str) -> list[tuple[JsonValue, str]]:
    return as_list(terms.get(name), at=f"/terms/{name}")


def _days(terms: JsonObject, name: str) -> timedelta:
    days = as_integer(terms.get(name), at=f"/terms/{name}")
    if not 0 <= days <= MAX_DAYS:
        raise MalformedError("must be between 0 and ten years of days", at=f"/terms/{name}")
    return timedelta(days=days)


def _account(value: JsonValue) -> str | None:
    pay = as_object(value, at="/terms/pay")
    require_known(pay, ("to", "account"), at="/terms/pay")
    if pay == {"to": "provider"}:
        return None
    if pay.get("to") != "insured":
        raise MalformedError("pays the provider or the insured person", at="/terms/pay/to")
    account = as_text(pay.get("account"), at="/terms/pay/account")
    return require_name(account, at="/terms/pay/account")
