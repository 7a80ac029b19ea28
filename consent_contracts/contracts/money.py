"""Amounts of money: integers of a currency's minor unit, and nothing else."""

import re
from dataclasses import dataclass
from typing import Final, Self

from consent_contracts.wire import require_known
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_integer, as_object, as_text

MAX_AMOUNT: Final = 10**12
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents, where there are any) of an ISO 4217 currency."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        require_amount(self.amount, at="/amount")
        require_currency(self.currency, at="/currency")

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> Self:
        """Read `{"amount", "currency"}`."""
        source = as_object(value, at=at)
        require_known(source, ("amount", "currency"), at=at)
        return cls(
            as_amount(source.get("amount"), at=f"{at}/amount"),
            require_currency(as_text(source.get("currency"), at=at), at=f"{at}/currency"),
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads."""
        return {"amount": self.amount, "currency": self.currency}


def as_amount(value: JsonValue, *, at: str) -> int:
    """Return an integer of minor units, not negative and at most a trillion."""
    return require_amount(as_integer(value, at=at), at=at)


def require_amount(amount: int, *, at: str) -> int:
    """Return `amount` if it is not negative and at most a trillion."""
    if not 0 <= amount <= MAX_AMOUNT:
        raise MalformedError("must be between 0 and 10^12 minor units", at=at)
    return amount


def require_currency(text: str, *, at: str) -> str:
    """Return `text` if it looks like an ISO 4217 code."""
    if _CURRENCY.fullmatch(text) is None:
        raise MalformedError("must be an ISO 4217 code", at=at)
    return text
