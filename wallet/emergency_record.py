"""What the person was told of a broken glass, as the vault keeps it."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Self

from consent_contracts.break_glass_notice import BrokenGlassNotice
from ssi_core.json_types import JsonObject
from ssi_core.period import to_timestamp
from wallet.body import Body
from wallet.vault import Keep, Record, Vault

KIND: Final = "emergency"
_ID_BYTES: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEmergency:
    """A notice of a custodian. `proved` once the log was seen to commit to exactly this.

    `review_proved` once the organisation was seen to have signed the review.
    """

    notice: BrokenGlassNotice
    custodian: str
    told_at: datetime
    proved: bool
    review_proved: bool = False
    record: Record | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        """The session's id, which is that of its entry in the log."""
        return self.notice.session

    def later(self, notice: BrokenGlassNotice) -> Self:
        """Return this with the end and the review of a later notice about the same.

        What was told first stands, but for a review that its organisation did not sign; a notice
        that tells another story adds nothing.
        """
        known = self.notice
        if _story(notice) != _story(known):
            return self
        review = known.review
        if not self.review_proved and notice.review is not None:
            review = notice.review
        # When and why go together: of two stories about that, the first one stands.
        end = notice if known.ended_at in (None, notice.ended_at) else known
        told = replace(
            known,
            ended_at=end.ended_at,
            ending=known.ending or end.ending,
            review_due_at=known.review_due_at or notice.review_due_at,
            review=review,
        )
        return replace(self, notice=told)

    def to_json(self) -> JsonObject:
        """Return what people's programs see; moments in seconds since 1970."""
        notice = self.notice
        members: JsonObject = {
            "session": notice.session,
            "custodian": self.custodian,
            "opened_at": to_timestamp(notice.opened_at),
            "recipient": str(notice.recipient),
            "actor": str(notice.actor),
            "reason": notice.reason.value,
            "flagged": notice.flagged,
            "told_at": to_timestamp(self.told_at),
            "proved": self.proved,
            "ended_at": _timestamp(notice.ended_at),
            "ending": None if notice.ending is None else notice.ending.value,
            "review_due_at": _timestamp(notice.review_due_at),
        }
        said = notice.reviewed
        if said is None:
            return {**members, "review": None}
        review: JsonObject = {
            "reviewer": str(said.reviewer),
            "finding": said.finding.value,
            "grounds": said.grounds,
            "reviewed_at": to_timestamp(said.issued_at),
            "proved": self.review_proved,
        }
        return {**members, "review": review}


def keep_emergency(told: ToldEmergency) -> Keep:
    """Return the change that stores what was told."""
    body: JsonObject = {
        "notice": told.notice.to_json(),
        "custodian": told.custodian,
        "told_at": to_timestamp(told.told_at),
        "proved": told.proved,
        "review_proved": told.review_proved,
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
        # Wallets of earlier versions were told of no review.
        review_proved=body.value("review_proved") is True,
        record=record,
    )


def _story(notice: BrokenGlassNotice) -> BrokenGlassNotice:
    """Return what a notice says that does not change with time."""
    return replace(notice, ended_at=None, ending=None, review_due_at=None, review=None)


def _timestamp(moment: datetime | None) -> int | None:
    return None if moment is None else to_timestamp(moment)
