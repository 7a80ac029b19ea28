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
    NoticesWanted,
    parse_notices,
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
from wallet.trust import Custodian, load_trust
from wallet.vault import Vault

_PATIENCE: Final = timedelta(minutes=10)


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
        try:
            notices = self._notices(custodian, key)
        except SsiError:
            return []
        new = [each for each in notices if find_emergency(self._vault, each.session) is None]
        return [self._take(each, custodian) for each in new]

    def _notices(self, custodian: Custodian, key: PrivateKey) -> list[BrokenGlassNotice]:
        now = self._outside.clock.now().replace(microsecond=0)
        wanted = NoticesWanted(audience=custodian.url, issued_at=now).sign(key)
        answer = self._outside.http.post_json(
            f"{custodian.url}/emergencies/notices", {"request": wanted}
        )
        if not answer.ok:
            raise refusal(answer, otherwise="the custodian does not say")
        told = parse_notices(answer.json().get("notices"))
        own = thumbprint(key.public_key.jwk)
        return [each for each in told if own in each.subject]

    def _take(self, notice: BrokenGlassNotice, custodian: Custodian) -> ToldEmergency:
        now = self._outside.clock.now()
        told = ToldEmergency(
            notice=notice, custodian=custodian.url, told_at=now, proved=self._is_proved(notice)
        )
        said = f"{notice.recipient}: {notice.reason.value}"
        self._vault.apply(
            keep_emergency(told), history.note(now, Step.GLASS_BROKEN, notice.session, said)
        )
        return told

    def _prove_again(self) -> None:
        """Look for what the log did not show yet: a custodian that was cut off tells it later."""
        for told in all_emergencies(self._vault):
            if not told.proved and self._is_proved(told.notice):
                self._vault.apply(keep_emergency(replace(told, proved=True)))

    def _is_proved(self, notice: BrokenGlassNotice) -> bool:
        with suppress(SsiError):
            logged = self._log.prove_emergency(notice.session)
            commitments = strict_json.as_object(logged.body.get("c"), at="/c")
            if logged.body.get("log") != notice.log:
                raise LogProofError("told of another log", at="/log")
            require_true(notice, commitments)
            return True
        return False
