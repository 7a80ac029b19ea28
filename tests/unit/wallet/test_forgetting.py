"""A grant that is over is forgotten whole, or not at all; its secret is nowhere afterwards."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from consent_contracts import grant_credential
from consent_contracts.grant import DISCLOSED
from registry.model.evidence import GrantState as LoggedState
from registry.model.evidence import verify_grant
from registry.model.log_evidence import LogPolicy
from ssi_core import strict_json
from ssi_core.adapters.database import open_database
from ssi_core.encoding import base64url_encode
from ssi_core.errors import (
    ConflictError,
    GrantNotLoggedError,
    NotFoundError,
    RejectedError,
    UnavailableError,
)
from tests.support import planted
from tests.support.wallet_scene import NOW, WalletScene
from wallet.adapters.memory import MemoryVaultStore
from wallet.adapters.sql import SqlVaultStore
from wallet.envelope import Passphrase
from wallet.forgetting import Forgotten
from wallet.grants import GrantState, GrantView
from wallet.history import Step
from wallet.ports import RowChange, SealedRow, VaultStore
from wallet.question import Choice
from wallet.service import Wallet
from wallet.sharing import KIND as SHARING
from wallet.sharing import Consented
from wallet.sharing_record import sharing_of_grant
from wallet.vault import Vault

KINDS: Final = ("sharing", "question", "event", "credential", "copy", "issuance", "trust")


@pytest.fixture
def scene() -> WalletScene:
    return given(WalletScene())


def given(scene: WalletScene, choice: Choice | None = None) -> WalletScene:
    scene.accept()
    scene.wallet.consent(scene.wallet.inspect(scene.verifier.ask()), choice)
    return scene


def only_grant(scene: WalletScene) -> GrantView:
    (view,) = scene.wallet.grants()
    return view


def consented(scene: WalletScene) -> Consented:
    found = sharing_of_grant(scene.vault, only_grant(scene).id).consented
    assert found is not None
    return found


def whole_vault(scene: WalletScene) -> str:
    """Return everything that the wallet can still read, of every kind that it keeps."""
    vault = Vault.open(scene.store, Passphrase("p"))
    records = [record for kind in KINDS for record in vault.find(kind)]
    return strict_json.render([[each.id, each.body, each.tags] for each in records])


def logged_state(scene: WalletScene, grant_id: str) -> LoggedState:
    """Return what the log proves to anybody about a grant."""
    described = scene.registry.log()
    policy = LogPolicy(
        origin=described.origin,
        log_vkey=described.vkey,
        witness_vkeys=described.witnesses,
        max_checkpoint_age=timedelta(minutes=10),
    )
    evidence = scene.registry.grant(grant_id)
    now = scene.clock.now()
    return verify_grant(evidence, grant_id=grant_id, policy=policy, at=now).state


def redactions(scene: WalletScene) -> int:
    shown = scene.registry.real.reader.entries(0, limit=1000)
    return sum(b'"consent.redact"' in raw for raw in shown if raw is not None)


def test_a_withdrawn_grant_is_forgotten(scene: WalletScene):
    view = scene.wallet.withdraw(only_grant(scene).id)

    done = scene.wallet.forget(view.id)

    assert done == Forgotten(redacted=False, unconfirmed=False)
    assert scene.restarted().grants() == ()
    for act in (scene.wallet.grant, scene.wallet.withdraw, scene.wallet.forget):
        with pytest.raises(NotFoundError):
            act(view.id)


def test_an_expired_grant_is_forgotten_without_anybody_else(scene: WalletScene):
    scene.clock.advance(timedelta(days=31))
    scene.registry.is_down = True

    scene.wallet.forget(only_grant(scene).id)

    assert scene.wallet.grants() == ()


def test_a_grant_in_force_is_not_forgotten(scene: WalletScene):
    view = only_grant(scene)

    with pytest.raises(ConflictError):
        scene.wallet.forget(view.id)

    assert only_grant(scene) == view


def test_a_grant_whose_answer_is_on_its_way_is_not_forgotten():
    scene = WalletScene()
    scene.accept()
    question = scene.wallet.inspect(scene.verifier.ask())
    scene.registry.is_down = True
    with pytest.raises(UnavailableError):
        scene.wallet.consent(question)

    with pytest.raises(ConflictError):
        scene.wallet.forget(only_grant(scene).id)

    scene.registry.is_down = False
    scene.wallet.resume()
    assert only_grant(scene).state is GrantState.ACTIVE


def test_a_grant_in_force_is_withdrawn_first_if_that_is_wanted(scene: WalletScene):
    view = only_grant(scene)

    scene.wallet.forget(view.id, withdraw=True)

    assert scene.wallet.grants() == ()
    assert logged_state(scene, view.id) is LoggedState.WITHDRAWN
    assert len(scene.verifier.notices) == 1


def test_a_secret_that_a_withdrawal_still_needs_is_kept(scene: WalletScene):
    scene.registry.is_down = True
    view = only_grant(scene)

    for _ in range(2):
        with pytest.raises(ConflictError):
            scene.wallet.forget(view.id, withdraw=True)

    assert only_grant(scene).state is GrantState.WITHDRAWING
    scene.registry.is_down = False
    scene.wallet.resume()
    scene.wallet.forget(view.id)
    assert logged_state(scene, view.id) is LoggedState.WITHDRAWN


def test_that_the_recipient_has_not_confirmed_is_said(scene: WalletScene):
    scene.http.cut.add("/withdrawals")
    view = scene.wallet.withdraw(only_grant(scene).id)

    done = scene.wallet.forget(view.id)

    assert done.unconfirmed


def test_the_history_says_when_something_was_forgotten_and_not_what(scene: WalletScene):
    view = scene.wallet.withdraw(only_grant(scene).id)
    sharing_id = sharing_of_grant(scene.vault, view.id).id
    scene.clock.advance(timedelta(hours=1))

    scene.wallet.forget(view.id)

    last = scene.wallet.history()[-1]
    told = strict_json.render([event.to_json() for event in scene.wallet.history()])
    assert (last.step, last.at) == (Step.GRANT_FORGOTTEN, NOW + timedelta(hours=1))
    assert (last.about, last.detail) == ("grant", "")
    for word in (view.id, view.recipient, view.recipient_name, sharing_id):
        assert word not in told


def test_what_is_left_opens_no_commitment(scene: WalletScene):
    view = scene.wallet.withdraw(only_grant(scene).id)
    mine = consented(scene)
    disclosed = grant_credential.disclosures(mine.grant, mine.secret)
    secret = [
        base64url_encode(mine.secret.raw),
        *(base64url_encode(mine.secret.salt(name)) for name in DISCLOSED),
        *(each.digest() for each in disclosed),
        base64url_encode(mine.entry),
        view.id,
    ]
    before = whole_vault(scene)

    scene.wallet.forget(view.id)

    assert base64url_encode(mine.secret.raw) in before
    assert [each for each in secret if each in whole_vault(scene)] == []


def test_the_log_and_its_evidence_hold_as_before(scene: WalletScene):
    view = scene.wallet.withdraw(only_grant(scene).id)
    before = scene.registry.real.reader.entries(0, limit=1000)

    scene.wallet.forget(view.id)

    assert scene.registry.real.reader.entries(0, limit=1000) == before
    assert logged_state(scene, view.id) is LoggedState.WITHDRAWN


def test_other_grants_are_left_alone(scene: WalletScene):
    scene.wallet.consent(scene.wallet.inspect(scene.other.ask()))
    first, other = scene.wallet.grants()

    scene.wallet.forget(first.id, withdraw=True)

    assert scene.restarted().grants() == (other,)
    assert scene.wallet.withdraw(other.id).state is GrantState.WITHDRAWN


def test_the_log_drops_the_bytes_first_if_that_is_wanted(scene: WalletScene):
    view = scene.wallet.withdraw(only_grant(scene).id)

    done = scene.wallet.forget(view.id, redact=True)

    assert done.redacted
    assert redactions(scene) == 1
    shown = [each.raw for each in scene.registry.real.reader.grant(view.id).entries]
    assert shown
    assert not [raw for raw in shown if b'"t":"consent.grant"' in raw]
    assert scene.wallet.grants() == ()


def test_while_the_log_cannot_be_asked_to_drop_them_the_grant_is_whole(scene: WalletScene):
    view = scene.wallet.withdraw(only_grant(scene).id)
    scene.registry.is_down = True

    with pytest.raises(UnavailableError):
        scene.wallet.forget(view.id, redact=True)

    assert only_grant(scene) == view


def test_a_redaction_whose_answer_was_lost_is_one_entry(scene: WalletScene):
    view = scene.wallet.withdraw(only_grant(scene).id)
    scene.registry.loses_answers = True
    with pytest.raises(UnavailableError):
        scene.wallet.forget(view.id, redact=True)
    scene.registry.loses_answers = False
    scene.clock.advance(timedelta(hours=2))

    scene.restarted().forget(view.id, redact=True)

    assert redactions(scene) == 1
    assert scene.wallet.grants() == ()


def test_a_log_that_does_not_show_the_grant_redacts_nothing(scene: WalletScene):
    view = scene.wallet.withdraw(only_grant(scene).id)
    scene.registry.hides_grants = True

    with pytest.raises(GrantNotLoggedError):
        scene.wallet.forget(view.id, redact=True)

    assert only_grant(scene) == view


def test_a_log_that_refuses_a_redaction_leaves_the_grant_whole():
    scene = WalletScene()
    # The log knows a grant's end to the hour, and the time from its last entry.
    scene.clock.advance(timedelta(minutes=5))
    given(scene, Choice(days=7))
    scene.clock.advance(timedelta(days=7, minutes=1))
    view = only_grant(scene)

    with pytest.raises(RejectedError):
        scene.wallet.forget(view.id, redact=True)

    assert view.state is GrantState.EXPIRED
    assert only_grant(scene) == view
    assert scene.wallet.forget(view.id, withdraw=True, redact=True).redacted


class PowerCut(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


class CutStore:
    """A vault store behind which the power goes at the n-th write, before it or after it."""

    def __init__(self, store: VaultStore, *, at: int, after: bool) -> None:
        self._store = store
        self._at = at
        self._after = after
        self.writes = 0

    def load_header(self) -> bytes | None:
        return self._store.load_header()

    def replace_header(self, header: bytes, *, expected: bytes | None) -> None:
        self._store.replace_header(header, expected=expected)

    def load(self, kind: str, row_id: str) -> SealedRow | None:
        return self._store.load(kind, row_id)

    def find(self, kind: str, tag: bytes | None = None) -> tuple[SealedRow, ...]:
        return self._store.find(kind, tag)

    def apply(self, changes: Sequence[RowChange]) -> None:
        self._write(lambda: self._store.apply(changes))

    def scrub(self) -> None:
        self._write(self._store.scrub)

    def _write(self, write: Callable[[], None]) -> None:
        self.writes += 1
        if self.writes == self._at and not self._after:
            raise PowerCut
        write()
        if self.writes == self._at and self._after:
            raise PowerCut


def opened(scene: WalletScene, store: VaultStore) -> Wallet:
    return Wallet.open(store, Passphrase("p"), scene.outside)


WRITES: Final = 6
"""Withdrawal asked for, logged, confirmed; redaction kept; all destroyed; the medium scrubbed."""


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("number", range(1, WRITES + 1))
def test_a_power_cut_at_any_write_leaves_the_grant_whole_or_forgotten(
    scene: WalletScene, number: int, *, after: bool
):
    grant_id = only_grant(scene).id
    assert isinstance(scene.store, MemoryVaultStore)
    cut = CutStore(scene.store, at=number, after=after)
    with pytest.raises(PowerCut):
        opened(scene, cut).forget(grant_id, withdraw=True, redact=True)

    left = scene.restarted().grants()

    assert (scene.steps()[-1] is Step.GRANT_FORGOTTEN) == (not left)
    if left:
        assert consented(scene).grant_id == grant_id
        scene.wallet.resume()
        scene.wallet.forget(grant_id, withdraw=True, redact=True)
    assert scene.wallet.grants() == ()
    assert grant_id not in whole_vault(scene)
    assert redactions(scene) == 1


def test_the_power_can_go_at_no_other_write(scene: WalletScene):
    assert isinstance(scene.store, MemoryVaultStore)
    cut = CutStore(scene.store, at=0, after=False)

    opened(scene, cut).forget(only_grant(scene).id, withdraw=True, redact=True)

    assert cut.writes == WRITES


def pieces(store: VaultStore, scene: WalletScene) -> list[bytes]:
    """Return what lies in a file of a grant: its wrapped key, its index, and its sealed ends.

    The middle of what is sealed lies over several pages.
    """
    found = store.load(SHARING, sharing_of_grant(scene.vault, only_grant(scene).id).id)
    assert found is not None
    index = scene.vault.blind(SHARING, "grant", only_grant(scene).id)
    return [found.wrapped_key, index, found.sealed[:24], found.sealed[-24:]]


def lies_in(folder: Path, value: bytes) -> bool:
    """Say whether bytes lie in a file, the write-ahead log included: raw, in hex or in base64."""
    forms = {value, *planted.forms(value.hex()), *planted.forms(base64url_encode(value))}
    contents = planted.files(folder).values()
    return any(form in content for form in forms for content in contents)


@pytest.mark.parametrize("interrupted", [False, True])
def test_the_secret_is_in_no_file_any_more(tmp_path: Path, *, interrupted: bool):
    engine = open_database(f"sqlite:///{tmp_path / 'alice.wallet'}")
    store = SqlVaultStore(engine)
    scene = given(WalletScene(store))
    former = pieces(store, scene)
    view = scene.wallet.withdraw(only_grant(scene).id)
    kept = pieces(store, scene)
    assert all(lies_in(tmp_path, value) for value in kept[:3])

    if interrupted:
        cut = CutStore(store, at=2, after=False)
        with pytest.raises(PowerCut):
            opened(scene, cut).forget(view.id)
        scene.restarted().resume()
    else:
        scene.wallet.forget(view.id)

    assert [value for value in (*former, *kept) if lies_in(tmp_path, value)] == []
    assert scene.wallet.grants() == ()
    engine.dispose()
