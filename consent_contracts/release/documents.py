"""What leaves, and what was withheld: the last step of whoever releases data under a permit."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from consent_contracts.access import AccessLevel
from consent_contracts.release.coarsening import coarsen
from consent_contracts.release.descriptors import Told, describe_cells, step_of, tell
from consent_contracts.release.keyed import ReleaseKey
from consent_contracts.release.permitted import PermittedClaims, PermittedRecord
from consent_contracts.release.pruning import pruned
from consent_contracts.release.query import RecordQuery
from consent_contracts.release.rules import Rules, TypeRules, bundled_rules
from consent_contracts.release.selection import is_selected, last_of_each
from ssi_core.errors import ConsentError
from ssi_core.json_types import JsonObject, JsonValue

# How FHIR marks a resource from which elements are missing on purpose.
_SUBSETTED: Final[JsonObject] = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}


class Withheld(StrEnum):
    """Why a record that was asked for did not leave."""

    NOT_PERMITTED = "not_permitted"
    NO_RULE = "no_rule"
    """The level has no rule for it, or no element that a rule knows."""
    NOT_SELECTED = "not_selected"
    """The level lets out fewer records, and this is not one of them."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """How many records left and how many did not, for the records of whoever released them.

    A number is `None` if it is small, and else the highest of a few steps that it reaches: should a
    manifest leave with the data, then it tells no exact number either.
    """

    released: int | None
    withheld: Mapping[Withheld, int | None]
    few: str

    def to_json(self) -> JsonObject:
        """Return `{"released", "withheld": {reason: ...}}`, each `{"at_least"}` or a word."""
        withheld = {reason.value: self._step(step) for reason, step in self.withheld.items()}
        return {"released": self._step(self.released), "withheld": withheld}

    def _step(self, step: int | None) -> JsonValue:
        return self.few if step is None else {"at_least": step}


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What may leave at `level`: records (or claims), or at `information` their descriptors."""

    level: AccessLevel
    rules_version: int
    records: tuple[JsonObject, ...] = ()
    descriptors: JsonObject | None = None
    manifest: Manifest

    def to_json(self) -> JsonObject:
        """Return what leaves; the manifest stays behind."""
        members: dict[str, JsonValue] = {"access": str(self.level), "rules": self.rules_version}
        if self.descriptors is not None:
            return {**members, "descriptors": self.descriptors}
        return {**members, "records": list(self.records)}


def release(
    permitted: Sequence[PermittedRecord],
    query: RecordQuery,
    *,
    held: Sequence[JsonObject],
    key: ReleaseKey,
    rules: Rules | None = None,
) -> Release:
    """Return what may leave of `permitted` as the answer to `query`.

    `held` are all records of the person that whoever releases holds: which of them are selected
    depends on these and the key alone, and not on what is asked for or granted. `ConsentError` if a
    record is not permitted at the level of the query; what was not asked for does not leave.
    """
    rules = rules or bundled_rules()
    query.require_blocks(rules)
    if any(each.access is not query.access for each in permitted):
        raise ConsentError("a record is permitted at another level than the one asked for")
    asked = query.select(held)
    mine = [each.resource for each in permitted if query.asks_for(each.resource)]
    reasons = Counter({Withheld.NOT_PERMITTED: max(0, len(asked) - len(mine))})
    left: tuple[JsonObject, ...] = ()
    descriptors: JsonObject | None = None
    match query.access:
        case AccessLevel.FULL:
            left = tuple(mine)
        case AccessLevel.SAMPLE:
            left = _sample(mine, held, reasons, rules=rules, key=key)
        case AccessLevel.INFORMATION:
            told = _present(
                tell(each, _text(each, "resourceType"), record_id=_text(each, "id"), rules=rules)
                for each in mine
            )
            reasons[Withheld.NO_RULE] += len(mine) - len(told)
            descriptors = describe_cells(told, rules=rules, key=key)
        case _:
            raise ConsentError("nothing leaves at this level")
    return Release(
        level=query.access,
        rules_version=rules.version,
        records=left,
        descriptors=descriptors,
        manifest=_manifest(len(mine), reasons, rules=rules, key=key),
    )


def release_claims(
    permitted: Sequence[PermittedClaims],
    *,
    access: AccessLevel,
    key: ReleaseKey,
    rules: Rules | None = None,
) -> Release:
    """Return what may leave of the claims of credentials; below `full` no issuer signed it.

    Only claims that were asked for leave. `ConsentError` if some are permitted at another level.
    """
    rules = rules or bundled_rules()
    if not permitted or access is AccessLevel.NONE:
        raise ConsentError("nothing is permitted to leave")
    if any(each.item.access is not access for each in permitted):
        raise ConsentError("claims are permitted at another level than the one asked for")
    asked = [(each, pruned(each.claims, each.item.claims)) for each in permitted]
    reasons: Counter[Withheld] = Counter()
    left: tuple[JsonObject, ...] = ()
    descriptors: JsonObject | None = None
    if access is AccessLevel.INFORMATION:
        told = _present(
            tell(claims, each.item.vct, record_id=each.id, rules=rules) for each, claims in asked
        )
        reasons[Withheld.NO_RULE] += len(asked) - len(told)
        descriptors = describe_cells(told, rules=rules, key=key)
    else:
        found = [
            claims
            if access is AccessLevel.FULL
            else _coarse(claims, rules.types.get(each.item.vct), rules=rules, key=key)
            for each, claims in asked
        ]
        left = tuple(each for each in found if each)
        reasons[Withheld.NO_RULE] += len(found) - len(left)
    return Release(
        level=access,
        rules_version=rules.version,
        records=left,
        descriptors=descriptors,
        manifest=_manifest(len(asked), reasons, rules=rules, key=key),
    )


def coarsen_record(
    resource: JsonObject, *, key: ReleaseKey, rules: Rules | None = None
) -> JsonObject | None:
    """Return a resource as it may leave at `sample`, marked as not whole; nothing if no rule fits.

    Its id, its references and its texts do not leave.
    """
    rules = rules or bundled_rules()
    name = resource.get("resourceType")
    type_rules = rules.types.get(name) if isinstance(name, str) else None
    found = _coarse(resource, type_rules, rules=rules, key=key)
    if found is None:
        return None
    return {"resourceType": name, "meta": {"security": [_SUBSETTED]}, **found}


def _coarse(
    source: JsonObject, type_rules: TypeRules | None, *, rules: Rules, key: ReleaseKey
) -> JsonObject | None:
    if type_rules is None:
        return None
    return coarsen(source, type_rules.elements, rules=rules, key=key)


def _sample(
    mine: Iterable[JsonObject],
    held: Sequence[JsonObject],
    reasons: Counter[Withheld],
    *,
    rules: Rules,
    key: ReleaseKey,
) -> tuple[JsonObject, ...]:
    last = last_of_each(held, rules)
    left: list[JsonObject] = []
    for resource in mine:
        name = str(resource.get("resourceType"))
        type_rules = rules.types.get(name)
        found = coarsen_record(resource, key=key, rules=rules)
        if type_rules is None or found is None:
            reasons[Withheld.NO_RULE] += 1
        elif is_selected(resource, type_rules, last, key=key):
            left.append(found)
        else:
            reasons[Withheld.NOT_SELECTED] += 1
    # The order in which records are held could tell more about their dates than the dates do.
    return tuple(sorted(left, key=repr))


def _present(found: Iterable[Told | None]) -> tuple[Told, ...]:
    return tuple(each for each in found if each is not None)


def _text(resource: JsonObject, name: str) -> str:
    return str(resource.get(name))


def _manifest(
    permitted: int, reasons: Counter[Withheld], *, rules: Rules, key: ReleaseKey
) -> Manifest:
    def step(number: int, about: str) -> int | None:
        less = key.number("manifest", about, below=rules.cell_noise + 1)
        return step_of(number - less, rules)

    kept = reasons[Withheld.NO_RULE] + reasons[Withheld.NOT_SELECTED]
    return Manifest(
        released=step(permitted - kept, "released"),
        withheld={reason: step(reasons[reason], reason.value) for reason in Withheld},
        few=rules.few,
    )
