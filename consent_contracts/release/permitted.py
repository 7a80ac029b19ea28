"""Records and claims together with the permit under which they may leave, and how much of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from consent_contracts.access import AccessLevel
from consent_contracts.access_request import AccessRequest, RequestedItem, RequestedRecord
from consent_contracts.context import NOTHING_KNOWN, Context
from consent_contracts.decision import Permit, decide
from consent_contracts.index import ConsentIndex
from consent_contracts.record import ANY_AGE
from consent_contracts.record_scope import levels_of_record
from consent_contracts.release.description import describe_coarsely
from consent_contracts.release.labelling import Labelling
from consent_contracts.release.query import RecordQuery
from consent_contracts.release.rules import Rules, bundled_rules
from consent_contracts.scope import level_of
from consent_contracts.terms import Effect
from ssi_core.errors import ConsentError
from ssi_core.json_types import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class PermittedRecord:
    """A resource that `permit` lets out at `access`; `ConsentError` if none of its grants does.

    The permit has to be the answer to a request for this record: objections are judged there.
    """

    resource: JsonObject
    access: AccessLevel
    permit: Permit
    labelling: Labelling
    rules: Rules

    def __post_init__(self) -> None:
        record = describe_coarsely(
            self.resource, self.labelling, access=self.access, rules=self.rules
        )
        levels = (
            levels_of_record(grant.records, record)[0]
            for grant in self.permit.grants
            if grant.effect is Effect.PERMIT
        )
        _require_level(self.access, max((each for each in levels if each), default=None))


@dataclass(frozen=True, slots=True, kw_only=True)
class PermittedClaims:
    """Claims of one credential that `permit` lets out as `item` asks; `ConsentError` if not.

    `id` tells the credential from others of the person. It is the same for its copies, and whatever
    part of it is asked for: by it the release key chooses.
    """

    id: str
    claims: JsonObject
    item: RequestedItem
    permit: Permit

    def __post_init__(self) -> None:
        levels = (
            min(
                level_of(grant.scope, self.item.vct, path) or AccessLevel.NONE
                for path in self.item.claims
            )
            for grant in self.permit.grants
            if grant.effect is Effect.PERMIT
        )
        _require_level(self.item.access, max(levels, default=None))


def permitted_records(
    held: Sequence[JsonObject],
    query: RecordQuery,
    *,
    asked: AccessRequest,
    grants: ConsentIndex,
    at: datetime,
    labelling: Labelling,
    context: Context = NOTHING_KNOWN,
    max_staleness: timedelta = ANY_AGE,
    rules: Rules | None = None,
) -> tuple[PermittedRecord, ...]:
    """Decide about each of the records that `query` asks for, and return those that are permitted.

    `asked` says who asks, and why; its items are replaced. Each record is judged as no more exact
    in time than the answer will be, so that its presence tells no more than its content.
    """
    rules = rules or bundled_rules()
    query.require_blocks(rules)
    permitted = []
    for resource in query.select(held):
        record = describe_coarsely(resource, labelling, access=query.access, rules=rules)
        item = RequestedRecord(record=record, access=query.access)
        decision = decide(
            replace(asked, items=(item,)),
            grants,
            at=at,
            context=context,
            max_staleness=max_staleness,
        )
        if isinstance(decision, Permit):
            permitted.append(
                PermittedRecord(
                    resource=resource,
                    access=query.access,
                    permit=decision,
                    labelling=labelling,
                    rules=rules,
                )
            )
    return tuple(permitted)


def _require_level(wanted: AccessLevel, given: AccessLevel | None) -> None:
    if wanted is AccessLevel.NONE or given is None or given < wanted:
        raise ConsentError("no grant of the permit gives this at this level")
