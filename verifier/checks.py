"""Checks by name: each is passed, failed, undetermined or skipped, and none is left out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self, TypeVar, final

from ssi_core.errors import ConsentError, SsiError, UnavailableError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_array, as_object, as_text

_Found = TypeVar("_Found")


class CheckName(StrEnum):
    """Every check that an answer undergoes, in the order in which they run."""

    FORMAT = "format"
    ISSUER_KEY = "issuer_key"
    ISSUER_SIGNATURE = "issuer_signature"
    DISCLOSURES = "disclosures"
    TYPE = "type"
    VALIDITY = "validity"
    HOLDER_BINDING = "holder_binding"
    STATUS = "status"
    ISSUER = "issuer"
    STATUS_IN_LOG = "status_in_log"
    QUERY = "query"
    GRANT = "grant"
    GRANT_IN_LOG = "grant_in_log"
    GRANT_COMMITMENTS = "grant_commitments"
    HOLDER_KEYS = "holder_keys"
    DECISION = "decision"
    WITHIN_REQUEST = "within_request"


class Outcome(StrEnum):
    """What came of a check. Only `passed` is a yes."""

    PASSED = "passed"
    FAILED = "failed"
    UNDETERMINED = "undetermined"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check: of which credential query, if it is about one, and the code of what it raised."""

    name: CheckName
    outcome: Outcome
    credential: str | None = None
    reason: str | None = None
    refusals: tuple[str, ...] = ()

    def to_json(self) -> JsonObject:
        """Return the check as it stands in a result; members without content are left out."""
        value: dict[str, JsonValue] = {"name": self.name.value, "outcome": self.outcome.value}
        if self.credential is not None:
            value["credential"] = self.credential
        if self.reason is not None:
            value["reason"] = self.reason
        if self.refusals:
            value["refusals"] = list(self.refusals)
        return value

    @classmethod
    def from_json(cls, source: JsonObject) -> Self:
        """Read what `to_json` wrote."""
        refusals = as_array(source.get("refusals", []), at="/refusals")
        credential, reason = source.get("credential"), source.get("reason")
        return cls(
            name=CheckName(as_text(source.get("name"), at="/name")),
            outcome=Outcome(as_text(source.get("outcome"), at="/outcome")),
            credential=None if credential is None else as_text(credential, at="/credential"),
            reason=None if reason is None else as_text(reason, at="/reason"),
            refusals=tuple(as_text(item, at="/refusals") for item in refusals),
        )


def render_checks(checks: Sequence[Check]) -> list[JsonValue]:
    """Return the checks as a JSON array."""
    return [check.to_json() for check in checks]


def read_checks(value: JsonValue) -> tuple[Check, ...]:
    """Read what `render_checks` wrote."""
    return tuple(Check.from_json(as_object(item, at="")) for item in as_array(value, at=""))


@final
class Checklist:
    """Runs checks one after the other, and keeps what each one said."""

    def __init__(self) -> None:
        self._checks: list[Check] = []
        self._errors: list[SsiError] = []

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every check so far."""
        return tuple(self._checks)

    def run(
        self, name: CheckName, check: Callable[[], _Found], *, credential: str | None = None
    ) -> _Found | None:
        """Do `check`; return what it found, or nothing if it raised one of our errors."""
        try:
            found = check()
        except SsiError as error:
            self.fail(name, error, credential=credential)
            return None
        self.passed(name, credential=credential)
        return found

    def passed(self, name: CheckName, *, credential: str | None = None) -> None:
        """Write down that a check held."""
        self._checks.append(Check(name=name, outcome=Outcome.PASSED, credential=credential))

    def fail(self, name: CheckName, error: SsiError, *, credential: str | None = None) -> None:
        """Write down that a check said no, or could not find out."""
        self._errors.append(error)
        undetermined = isinstance(error, UnavailableError)
        self._checks.append(
            Check(
                name=name,
                outcome=Outcome.UNDETERMINED if undetermined else Outcome.FAILED,
                credential=credential,
                reason=error.code,
                refusals=error.refusals if isinstance(error, ConsentError) else (),
            )
        )

    def skip(self, *names: CheckName, credential: str | None = None) -> None:
        """Write down that checks had nothing to look at, because others failed."""
        self._checks.extend(
            Check(name=name, outcome=Outcome.SKIPPED, credential=credential) for name in names
        )

    def error(self) -> SsiError | None:
        """Return what to say to the other side: the first "no", else the first "do not know".

        If the first no is about consent, every reason that is about consent is named with it.
        """
        nos = [error for error in self._errors if not isinstance(error, UnavailableError)]
        if not nos:
            return self._errors[0] if self._errors else None
        first = nos[0]
        if type(first) is not ConsentError:
            return first
        reasons = (item for error in nos if type(error) is ConsentError for item in error.refusals)
        return ConsentError(first.reason, at=first.at, refusals=tuple(dict.fromkeys(reasons)))
