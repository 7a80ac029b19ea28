"""Entries that are handed in at a replica: where they go, and what holds before they are there."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from registry.adapters.memory import MemoryLogStore
from registry.client.edge import MemoryOutboxStore, Outbox
from registry.model import entry
from registry.model.merkle import leaf_hash
from registry.model.queued_receipt import sign_queued, verify_queued
from registry.model.signed_message import did_of
from registry.model.state import verify_each
from registry.service.replica.whole import WholeCheckpoints
from registry.service.replica.write_ports import Drained, Watched
from registry.service.replica.writes import Writes
from registry.service.sequencer import Outcome, Queued, Receipt
from ssi_core.errors import MalformedError, ProofError, RejectedError, UnavailableError
from tests.support.registry import AT, ORIGIN, grant, signer
from tests.support.replica import FixedClock, ShownLog, follower_of

ONE, TWO = grant("one"), grant("two")
BOUND = timedelta(seconds=60)
REPLICA = signer("replica")


def promised(raw: bytes) -> Queued:
    """What a replica says, and signs, of an entry that it keeps."""
    leaf = leaf_hash(raw)
    return Queued(leaf, sign_queued(log=ORIGIN, leaf=leaf, at=AT, signer=REPLICA))


class LyingUpstream:
    """A log that says that it has everything, and shows it when it pleases."""

    def __init__(self, outbox: Outbox) -> None:
        self.taken: list[bytes] = []
        self.is_away = False
        self._outbox = outbox

    def forward(self, raws: Sequence[bytes]) -> list[Outcome]:
        if self.is_away:
            raise UnavailableError("cut off")
        self.taken += raws
        return [Receipt(index=9, leaf=leaf_hash(raw), size=10, known=False) for raw in raws]

    def drain(self) -> Drained:
        return Drained(problem=UnavailableError("it does not answer"))


class LateNotes:
    """What was kept of submissions that the log was too slow to show."""

    def __init__(self) -> None:
        self.kept: list[tuple[Watched, str]] = []

    def keep_late(self, watched: Watched, *, note: str, at) -> None:
        del at
        self.kept.append((watched, note))


class Ward:
    """A replica's writing part, on a log with two grants."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.store = MemoryLogStore()
        self.log = ShownLog.of(ONE.raw, TWO.raw)
        self.follower, _ = follower_of(self.log, self.store)
        self.follower.follow()
        self.outbox = Outbox(MemoryOutboxStore(), self.clock)
        self.upstream = LyingUpstream(self.outbox)
        self.late = LateNotes()
        self.writes = self.opened()

    def opened(self) -> Writes:
        return Writes(
            WholeCheckpoints(self.store),
            self.outbox,
            self.upstream,
            origin=ORIGIN,
            verify=verify_each,
            late=self.late,
            bound=BOUND,
            signer=REPLICA,
            clock=self.clock,
        )


@pytest.fixture
def ward() -> Ward:
    return Ward()


def test_within_reach_an_entry_is_forwarded_at_once_and_kept_nowhere(ward: Ward):
    taken = ward.writes.submit_all([ONE.revoked()], within_reach=True)

    assert isinstance(taken[0], Receipt)
    assert ward.upstream.taken == [ONE.revoked()]
    assert ward.writes.waiting() == 0


def test_out_of_reach_an_entry_is_kept_and_nothing_overtakes_it(ward: Ward):
    first = ward.writes.submit_all([ONE.revoked()], within_reach=False)
    second = ward.writes.submit_all([TWO.revoked()], within_reach=True)

    assert first == [promised(ONE.revoked())]
    assert second == [promised(TWO.revoked())]
    assert [item.entry for item in ward.writes.queued()] == [ONE.revoked(), TWO.revoked()]


def test_a_log_that_goes_away_meanwhile_makes_no_difference_to_who_hands_in(ward: Ward):
    ward.upstream.is_away = True

    taken = ward.writes.submit_all([ONE.revoked()], within_reach=True)

    assert taken == [promised(ONE.revoked())]


def test_what_the_shown_log_has_is_said_to_be_there_although_it_is_out_of_reach(ward: Ward):
    taken = ward.writes.submit_all([TWO.raw], within_reach=False)

    assert taken == [Receipt(index=1, leaf=leaf_hash(TWO.raw), size=3, known=True)]


def test_what_breaks_a_rule_by_itself_is_refused_at_once_and_not_kept(ward: Ward):
    crooked = ONE.revoked().replace(b'"proofValue":"z', b'"proofValue":"z2')

    taken = ward.writes.submit_all([crooked, b"{}", TWO.revoked()], within_reach=False)

    assert isinstance(taken[0], MalformedError | ProofError)
    assert isinstance(taken[1], MalformedError)
    assert isinstance(taken[2], Queued)
    assert ward.writes.waiting() == 1


def test_an_end_that_waits_holds_here_at_once(ward: Ward):
    ward.writes.submit_all([ONE.revoked()], within_reach=False)

    assert ward.writes.ends_of(ONE.id) == (ONE.revoked(),)
    assert ward.writes.ends_of(TWO.id) == ()


def test_a_suspension_that_waits_holds_here_at_once(ward: Ward):
    raw = entry.consent_suspend(log=ORIGIN, grant_id=TWO.id, signer=TWO.key, at=AT)

    ward.writes.submit_all([raw], within_reach=False)

    assert ward.writes.ends_of(TWO.id) == (raw,)


def test_an_end_by_a_stranger_is_kept_for_the_log_to_judge_and_does_not_hold(ward: Ward):
    ward.writes.submit_all([ONE.revoked(signer("nobody"))], within_reach=False)

    assert ward.writes.waiting() == 1
    assert ward.writes.ends_of(ONE.id) == ()


def test_an_end_holds_after_a_restart_too(ward: Ward):
    ward.writes.submit_all([ONE.revoked()], within_reach=False)

    assert ward.opened().ends_of(ONE.id) == (ONE.revoked(),)


def test_an_end_that_was_sent_before_a_restart_and_is_not_shown_yet_is_undetermined(ward: Ward):
    ward.writes.submit_all([ONE.revoked()], within_reach=False)
    ward.outbox.drain(_Accepting())
    again = ward.opened()

    with pytest.raises(UnavailableError):
        again.ends_of(ONE.id)
    assert again.ends_of(TWO.id) == ()

    longer, _ = follower_of(ward.log.then(ONE.revoked()), ward.store)
    longer.follow()
    assert again.ends_of(ONE.id) == ()


class _Accepting:
    """A registry that takes everything."""

    def submit_all(self, entries):
        from registry.client.registry_client import SubmitReceipt  # noqa: PLC0415

        return [
            SubmitReceipt(3 + place, leaf_hash(raw), 4 + place) for place, raw in enumerate(entries)
        ]


def test_what_the_log_was_handed_and_does_not_show_in_time_is_kept_once(ward: Ward):
    ward.writes.submit_all([ONE.revoked()], within_reach=True)
    ward.writes.look("note 1")
    ward.clock.at += BOUND
    ward.writes.look("note 2")
    assert ward.late.kept == []

    ward.clock.at += timedelta(seconds=1)
    ward.writes.look("note 3")
    ward.writes.look("note 4")

    assert [(item.raw, note) for item, note in ward.late.kept] == [(ONE.revoked(), "note 3")]


def test_what_the_log_shows_in_time_is_forgotten(ward: Ward):
    ward.writes.submit_all([ONE.revoked()], within_reach=True)
    longer, _ = follower_of(ward.log.then(ONE.revoked()), ward.store)
    longer.follow()

    ward.writes.look("note")
    ward.clock.at += 2 * BOUND
    ward.writes.look("note")

    assert ward.late.kept == []
    assert ward.writes.ends_of(ONE.id) == ()


def test_the_time_out_of_reach_does_not_count_against_the_log(ward: Ward):
    ward.writes.submit_all([ONE.revoked()], within_reach=False)
    ward.clock.at += 2 * BOUND

    ward.writes.restart_bound()
    ward.writes.look("note")

    assert ward.late.kept == []


@pytest.mark.parametrize("count", [0, 1_001])
def test_no_entry_and_too_many_are_refused(ward: Ward, count: int):
    with pytest.raises(MalformedError):
        ward.writes.submit_all([ONE.raw] * count, within_reach=False)


def test_an_entry_that_the_log_refused_before_is_not_said_to_wait(ward: Ward):
    ward.writes.submit_all([ONE.revoked(signer("nobody"))], within_reach=False)
    ward.outbox.drain(_Refusing())

    taken = ward.writes.submit_all([ONE.revoked(signer("nobody"))], within_reach=False)

    assert isinstance(taken[0], RejectedError)


class _Refusing:
    """A registry that takes nothing."""

    def submit_all(self, entries):
        return [ProofError("the key may not end this grant") for _ in entries]


def test_what_is_kept_is_signed_for_as_of_when_it_was_kept_and_again_in_the_same_words(ward: Ward):
    first = ward.writes.submit_all([ONE.revoked()], within_reach=False)[0]
    ward.clock.at += timedelta(hours=1)

    again = ward.opened().submit_all([ONE.revoked()], within_reach=False)[0]

    assert first == again
    assert isinstance(first, Queued)
    said = verify_queued(first.receipt, replica=did_of(REPLICA.public_key), log=ORIGIN)
    said.require_of(ONE.revoked())
    assert said.at == AT
