"""The provisions that say what a grant says: to whom, why, when and what, and what is left out.

In R4 the first scope item stands in the provision at the root, and the others in provisions inside
it. In R5, where each level turns round the one above, each stands in one of its own under the
decision `deny`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from consent_contracts.access import AccessLevel
from consent_contracts.fhir.moment import write_period
from consent_contracts.fhir.record_elements import extended, write_records
from consent_contracts.fhir.vocabulary import (
    CONSENT_ACTION,
    PARTICIPATION,
    URI_SYSTEM,
    FhirVersion,
    Own,
)
from consent_contracts.grant import Grant
from consent_contracts.purpose import CODE_SYSTEM, Purpose
from consent_contracts.recipient import Recipient
from consent_contracts.record_scope import RecordScope
from consent_contracts.terms import Effect, Obligation
from ssi_core import strict_json
from ssi_core.did.syntax import Did
from ssi_core.errors import DataLossError
from ssi_core.json_types import JsonObject, JsonValue

_ANYONE: Final = Recipient(None)
_ABOUT_RECORDS: Final = ("class", "securityLabel", "code", "dataPeriod", "data")


def write_r4(grant: Grant) -> JsonObject:
    """Return the provision at the root of an R4 Consent."""
    writer = _Writer(grant, FhirVersion.R4)
    first, *others = writer.items()
    inner = [{"type": grant.effect.value, **writer.alone(each, first)} for each in others]
    left_out = [{"type": "deny", **each} for each in writer.left_out()]
    if inner and grant.effect is Effect.PERMIT:
        for each in left_out:
            # Else it would be one to what the root gives only.
            extended(each, Own.ALONE, name="modifierExtension")
    return {
        "type": grant.effect.value,
        **writer.circumstances(),
        **first,
        **_inside([*inner, *left_out]),
    }


def write_r5(grant: Grant) -> list[JsonValue]:
    """Return the provisions of an R5 Consent whose decision is `deny`."""
    writer = _Writer(grant, FhirVersion.R5)
    left_out = list(writer.left_out())
    return [{**writer.circumstances(), **each, **_inside(left_out)} for each in writer.items()]


def _inside(provisions: list[dict[str, JsonValue]]) -> JsonObject:
    return {"provision": list(provisions)} if provisions else {}


@dataclass(frozen=True, slots=True)
class _Writer:
    grant: Grant
    version: FhirVersion

    @property
    def limiting(self) -> str:
        """Where an extension goes that takes something away from what is permitted."""
        return "modifierExtension" if self.grant.effect is Effect.PERMIT else "extension"

    def circumstances(self) -> JsonObject:
        """Return to whom, why, when, and what may be done."""
        grant = self.grant
        members: dict[str, JsonValue] = {"period": write_period(grant.period, at="/exp")}
        if grant.recipient != _ANYONE:
            members["actor"] = [self._actor(grant.recipient)]
        if grant.effect is Effect.PERMIT:
            members["action"] = [{"coding": [each]} for each in self._actions()]
        members["purpose"] = _purposes(grant.purposes)
        return members

    def items(self) -> Iterator[dict[str, JsonValue]]:
        """Yield the elements of each scope item that gives, or denies; those of claims first."""
        giving = [each for each in self.grant.records if each.access is not AccessLevel.NONE]
        if self.grant.scope or not giving:
            members: dict[str, JsonValue] = {}
            claims = strict_json.render([each.to_json() for each in self.grant.scope])
            extended(members, Own.CLAIMS, value=claims, name=self.limiting)
            yield members
        for item in giving:
            yield self._item(item)

    def _item(self, item: RecordScope) -> dict[str, JsonValue]:
        members = write_records(item, version=self.version, limiting=self.limiting)
        permits = self.grant.effect is Effect.PERMIT
        if item.access is not (AccessLevel.FULL if permits else AccessLevel.INFORMATION):
            extended(members, Own.ACCESS, value=str(item.access), name=self.limiting)
        return members

    def alone(self, item: dict[str, JsonValue], root: JsonObject) -> dict[str, JsonValue]:
        """Return the elements of an item inside `root` so that it takes over nothing from there."""
        inherits = root.keys() & {*_ABOUT_RECORDS, "extension", "modifierExtension"}
        if not inherits <= item.keys() or _extensions(root) - _extensions(item):
            # In a denial, whoever overlooked it would deny less.
            name = "extension" if self.grant.effect is Effect.PERMIT else "modifierExtension"
            extended(item, Own.ALONE, name=name)
        return item

    def left_out(self) -> Iterator[dict[str, JsonValue]]:
        """Yield the elements of each exception: purposes, and records at level `none`."""
        spares = self.grant.effect is Effect.DENY
        if self.grant.except_purposes:
            yield self._spared({"purpose": _purposes(self.grant.except_purposes)})
        for item in self.grant.records:
            if item.access is AccessLevel.NONE:
                # Whoever overlooked a condition would leave out more, of a denial as well.
                limiting = "modifierExtension" if spares else "extension"
                written = write_records(item, version=self.version, limiting=limiting)
                if not written:
                    raise DataLossError("a grant of no records is not written", at="/scope")
                yield self._spared(written)

    def _spared(self, members: dict[str, JsonValue]) -> dict[str, JsonValue]:
        if self.grant.effect is Effect.DENY:
            extended(members, Own.SPARES)
        return members

    def _actor(self, recipient: Recipient) -> JsonObject:
        members: dict[str, JsonValue] = {
            "role": {"coding": [{"system": PARTICIPATION, "code": "IRCP"}]},
            "reference": {"display": "said by the extension"},
        }
        if isinstance(recipient.party, Did):
            members["reference"] = {
                "identifier": {"system": URI_SYSTEM, "value": str(recipient.party)}
            }
        if recipient != Recipient(recipient.party) or not isinstance(recipient.party, Did):
            text = strict_json.render(recipient.to_json())
            extended(members, Own.RECIPIENT, value=text, name=self.limiting)
        return members

    def _actions(self) -> Iterator[JsonObject]:
        permitted = ["access", "use"]
        if Obligation.ERASE_AFTER_USE not in self.grant.obligations:
            permitted.append("collect")
        if self.grant.limits.onward_sharing:
            permitted.append("disclose")
        return ({"system": CONSENT_ACTION, "code": each} for each in sorted(permitted))


def _purposes(purposes: frozenset[Purpose]) -> list[JsonValue]:
    return [
        {"system": CODE_SYSTEM, "code": each} for each in sorted(each.value for each in purposes)
    ]


def _extensions(members: JsonObject) -> frozenset[str]:
    """Return the URLs of the extensions in `members`."""
    found = [
        each
        for name in ("extension", "modifierExtension")
        if isinstance(items := members.get(name), list)
        for each in items
    ]
    return frozenset(str(each["url"]) for each in found if isinstance(each, dict))
