"""One rule of a FHIR Consent that stands alone: what becomes a grant."""

from dataclasses import dataclass
from typing import Final

from consent_contracts.fhir.conditions import Actions
from consent_contracts.fhir.correspondence import Correspondence
from consent_contracts.fhir.provision import Provision
from consent_contracts.fhir.purposes import Purposes
from consent_contracts.recipient import Recipient
from consent_contracts.record_scope import RecordScope
from consent_contracts.scope import Scope
from consent_contracts.terms import Effect
from ssi_core.errors import DataLossError
from ssi_core.period import Period

ALWAYS: Final = Period(None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One permission or objection to one recipient; its period may be open.

    `giving` are the records that it gives or denies, `withheld` those that it leaves out.
    """

    at: str
    effect: Effect
    recipient: Recipient
    purposes: Purposes
    except_purposes: Purposes
    period: Period
    actions: Actions | None
    claims: Scope
    giving: tuple[RecordScope, ...]
    withheld: tuple[RecordScope, ...]


def recipients_of(permission: Provision, c: Correspondence) -> tuple[Recipient, ...]:
    """Return to whom a provision permits something."""
    found = permission.whole.recipients or c.community
    if not found:
        raise DataLossError("a permission without actors is not defined here", at=permission.at)
    return found


def purposes_of(permission: Provision, c: Correspondence) -> Purposes:
    """Return what for a provision permits something."""
    found = permission.whole.purposes or c.any_purpose
    if not found:
        raise DataLossError("a permission without purposes is not defined here", at=permission.at)
    return found
