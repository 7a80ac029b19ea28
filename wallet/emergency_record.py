"""What the person was told of a broken glass, as the vault keeps it."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from consent_contracts.break_glass_notice import BrokenGlassNotice
from ssi_core.json_types import JsonObject
from ssi_core.period import to_timestamp
from wallet.body import Body
from wallet.vault import Keep, Record, Vault

KIND: Final = "emergency"
_ID_BYTES: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEmergency:
    """A notice of a custodian. `proved` once the log was seen to commit to exactly this."""

    notice: BrokenGlassNotice
    custodian: str
    told_at: datetime
    proved: bool
    record: Record | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        """The session's id, which is that of its entry in the log."""
        return self.notice.session

    def to_json(self) -> JsonObject:
        """Return what people's programs see; moments in seconds since 1970."""
        notice = self.notice
        return {
            "session": notice.session,
            "custodian": self.custodian,
            "opened_at": to_timestamp(notice.opened_at),
            "recipient": str(notice.recipient),
            "actor": str(notice.actor),
            "reason": notice.reason.value,
            "flagged": notice.flagged,
            "told_at": to_timestamp(self.told_at),
            "proved": self.proved,
        }


def keep_emergency(told: ToldEmergency) -> Keep:
    """Return the change that stores what was told."""
    body: JsonObject = {
        "notice": told.notice.to_json(),
        "custodian": told.custodian,
        "told_at": to_timestamp(told.told_at),
        "proved": told.proved,
    }
    # Rows have their ids in clear, and a session's id stands in the log.
    record = told.record or Record(kind=KIND, id=secrets.token_hex(_ID_BYTES))
    return Keep(replace(record, body=body, tags={"session": told.id}))


def find_emergency(vault: Vault, session: str) -> ToldEmergency | None:
    """Return what was told of a session, if anything was."""
    found = vault.find(KIND, session=session)
    return _parse(found[0]) if found else None


def all_emergencies(vault: Vault) -> tuple[ToldEmergency, ...]:
    """Return everything that the person was told, oldest first."""
    return tuple(_parse(record) for record in vault.find(KIND))


def _parse(record: Record) -> ToldEmergency:
    body = Body(record.body)
    return ToldEmergency(
        notice=BrokenGlassNotice.parse(body.object("notice"), at="/notice"),
        custodian=body.text("custodian"),
        told_at=body.moment("told_at"),
        proved=body.flag("proved"),
        record=record,
    )
