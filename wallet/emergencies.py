"""Ask whoever keeps the person's data whether it was opened without consent, and check the answer.

Each key asks by itself, and only at the custodian of the issuer that made a credential for it: to
that one the keys are known to be one person's.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final, final

from consent_contracts.break_glass_notice import (
    BrokenGlassNotice,
    Notices,
    NoticesWanted,
    require_true,
)
from ssi_core import strict_json
from ssi_core.errors import LogProofError, SsiError
from ssi_core.keys import PrivateKey, thumbprint
from wallet import history
from wallet.credential import copies_of, held_credentials
from wallet.emergency_record import (
    ToldEmergency,
    all_emergencies,
    find_emergency,
    keep_emergency,
)
from wallet.exchange import refusal
from wallet.history import Step
from wallet.log import TrustedRegistry
from wallet.ports import Outside
from wallet.receipts import emergency_review
from wallet.trust import Custodian, load_trust
from wallet.vault import Vault

_PATIENCE: Final = timedelta(minutes=10)
# Whoever would never come to an end is not listened to for ever.
_MAX_PARTS: Final = 1_000


@final
class Emergencies:
    """What others have seen of the person's data in emergencies, as far as they were asked."""

    def __init__(self, vault: Vault, outside: Outside, log: TrustedRegistry) -> None:
        self._vault = vault
        self._outside = outside
        self._log = log
        self._next_at = outside.clock.now()

    def ask(self, *, patient: bool = False) -> tuple[ToldEmergency, ...]:
        """Ask every custodian that is known, and return what is news.

        Who does not answer is asked the next time; when `patient`, that is ten minutes later.
        """
        now = self._outside.clock.now()
        if patient and now < self._next_at:
            return ()
        self._next_at = now + _PATIENCE
        news = [
            told
            for custodian in load_trust(self._vault).custodians
            for key in self._keys(custodian)
            for told in self._asked(custodian, key)
        ]
        self._prove_again()
        return tuple(news)

    def _keys(self, custodian: Custodian) -> Iterator[PrivateKey]:
        for credential in held_credentials(self._vault):
            if credential.issuer == custodian.issuer:
                yield from (copy.key for copy in copies_of(self._vault, credential.id))

    def _asked(self, custodian: Custodian, key: PrivateKey) -> list[ToldEmergency]:
        heard: list[ToldEmergency] = []
        own = thumbprint(key.public_key.jwk)
        with suppress(SsiError):
            # What was heard of before somebody went away is kept, and the rest comes next time.
            for notice in self._notices(custodian, key):
                told = self._heard(notice, custodian) if own in notice.subject else None
                if told is not None:
                    heard.append(told)
        return heard

    def _heard(self, notice: BrokenGlassNotice, custodian: Custodian) -> ToldEmergency | None:
        """Take what is new in a notice, and return it if that is more than that it ended."""
        known = find_emergency(self._vault, notice.session)
        if known is None:
            return self._take(notice, custodian)
        learned = known.later(notice)
        if learned == known:
            return None
        if learned.notice.review == known.notice.review:
            self._vault.apply(keep_emergency(learned))
            return None
        return self._take_review(learned)

    def _notices(self, custodian: Custodian, key: PrivateKey) -> Iterator[BrokenGlassNotice]:
        """Ask for everything, a part at a time, of which each comes after the last one."""
        after: str | None = None
        for _ in range(_MAX_PARTS):
            part = self._part(custodian, key, after=after)
            yield from part.told
            if not part.more:
                return
            after = part.told[-1].session

    def _part(self, custodian: Custodian, key: PrivateKey, *, after: str | None) -> Notices:
        now = self._outside.clock.now().replace(microsecond=0)
        wanted = NoticesWanted(audience=custodian.url, issued_at=now, after=after).sign(key)
        answer = self._outside.http.post_json(
            f"{custodian.url}/emergencies/notices", {"request": wanted}
        )
        if not answer.ok:
            raise refusal(answer, otherwise="the custodian does not say")
        return Notices.parse(answer.json())

    def _take(self, notice: BrokenGlassNotice, custodian: Custodian) -> ToldEmergency:
        now = self._outside.clock.now()
        told = ToldEmergency(
            notice=replace(notice, review=None),
            custodian=custodian.url,
            told_at=now,
            proved=self._is_proved(notice),
        )
        said = f"{notice.recipient}: {notice.reason.value}"
        self._vault.apply(
            keep_emergency(told), history.note(now, Step.GLASS_BROKEN, notice.session, said)
        )
        if notice.review is None:
            return told
        return self._heard(notice, custodian) or told

    def _take_review(self, told: ToldEmergency) -> ToldEmergency:
        reviewed = replace(told, review_proved=self._is_signed(told))
        said = told.notice.reviewed
        found = "" if said is None else said.finding.value
        now = self._outside.clock.now()
        self._vault.apply(
            keep_emergency(reviewed), history.note(now, Step.GLASS_REVIEWED, told.id, found)
        )
        return reviewed

    def _prove_again(self) -> None:
        """Look for what could not be proved yet.

        A custodian that was cut off tells the log later, and a DID does not always resolve.
        """
        for told in all_emergencies(self._vault):
            now = replace(
                told,
                proved=told.proved or self._is_proved(told.notice),
                review_proved=told.review_proved or self._is_signed(told),
            )
            if now != told:
                self._vault.apply(keep_emergency(now))

    def _is_signed(self, told: ToldEmergency) -> bool:
        with suppress(SsiError):
            if told.notice.review is not None:
                emergency_review(
                    told.notice.review,
                    recipient=told.notice.recipient,
                    custodian=told.custodian,
                    resolver=self._outside.resolver,
                )
                return True
        return False

    def _is_proved(self, notice: BrokenGlassNotice) -> bool:
        with suppress(SsiError):
            logged = self._log.prove_emergency(notice.session)
            commitments = strict_json.as_object(logged.body.get("c"), at="/c")
            if logged.body.get("log") != notice.log:
                raise LogProofError("told of another log", at="/log")
            require_true(notice, commitments)
            return True
        return False
