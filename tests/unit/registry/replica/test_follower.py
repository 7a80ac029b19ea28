"""What a replica believes of the log that it follows, and where it stops."""

from collections.abc import Sequence
from datetime import timedelta
from threading import Event

import pytest

from registry.adapters.memory import MemoryLogStore
from registry.model.proof import EntryProof
from registry.model.transfer import Shown
from registry.service.replica.divergence import DivergedError, DivergenceKind
from registry.service.replica.follower import is_whole
from registry.service.replica.whole import WholeCheckpoints
from ssi_core.errors import LogProofError, UnavailableError
from ssi_core.strict_json import as_object
from tests.support.registry import AT, SmallLog, grant, organisation, signer
from tests.support.replica import ShownLog, content_of_store, follower_of

CLINIC = organisation("clinic")
GRANTS = [grant(f"grant {number}") for number in range(7)]
RAWS = [one.raw for one in GRANTS]
LATER = AT + timedelta(minutes=1)


def head_of(store):
    with store.snapshot() as log:
        return log.head()


def test_what_is_followed_is_stored_as_the_log_has_it():
    source = ShownLog.of(CLINIC.op, *RAWS[:2], GRANTS[0].revoked())
    follower, store = follower_of(source)

    progress = follower.follow()

    head = head_of(store)
    assert head is not None
    assert (head.size, head.note) == (5, source.checkpoint())
    assert (progress.seen.size, progress.added) == (5, 5)
    with store.snapshot() as log:
        assert log.entries_from(0, limit=9) == source.run_shown


def test_a_longer_log_is_followed_from_where_the_last_round_ended():
    source = ShownLog.of(*RAWS[:2])
    follower, store = follower_of(source)
    follower.follow()
    longer = source.then(*RAWS[2:5])

    again, _ = follower_of(longer, store)
    progress = again.follow()

    assert progress.added == 4
    assert again.follow().added == 0


class EagerlyAskedLog:
    """A log that shows its beginning only once somebody has asked for what comes after it."""

    def __init__(self, shown: ShownLog, *, step: int) -> None:
        self._shown = shown
        self._step = step
        self._asked_further = Event()

    def __getattr__(self, name: str) -> object:
        return getattr(self._shown, name)

    def run(self, start: int, *, limit: int) -> Sequence[Shown]:
        if start >= self._step:
            self._asked_further.set()
        elif not self._asked_further.wait(timeout=5):
            raise UnavailableError("nobody asks for the next step")
        return self._shown.run(start, limit=limit)


def test_the_next_step_is_asked_for_before_the_present_one_is_stored():
    shown = ShownLog.of(*RAWS)
    follower, store = follower_of(EagerlyAskedLog(shown, step=3), step=3)
    sizes: list[int] = []

    follower.follow(stored=lambda batch: sizes.append(batch.head.size))

    assert sizes == [3, 6, 8]
    with store.snapshot() as log:
        assert log.entries_from(0, limit=9) == shown.run_shown


def test_what_was_stored_stays_when_the_next_step_cannot_be_had():
    source = ShownLog.of(*RAWS)
    source.signed = list(source.run_shown)
    source.run_shown.pop()
    follower, store = follower_of(source, step=3)

    with pytest.raises(UnavailableError):
        follower.follow()

    head = head_of(store)
    assert head is not None
    assert head.size == 6


def test_two_trees_of_one_size_are_a_fork():
    follower, store = follower_of(ShownLog.of(*RAWS[:2]))
    follower.follow()
    forked, _ = follower_of(ShownLog.of(RAWS[0], RAWS[2], at=LATER), store)

    with pytest.raises(DivergedError) as told:
        forked.follow()

    found = told.value.divergence
    assert found.kind is DivergenceKind.FORK
    assert found.believed == ShownLog.of(*RAWS[:2]).checkpoint()
    assert found.shown == ShownLog.of(RAWS[0], RAWS[2], at=LATER).checkpoint()


def test_a_longer_log_with_another_beginning_is_a_fork_and_nothing_of_it_is_kept():
    follower, store = follower_of(ShownLog.of(*RAWS[:3]))
    follower.follow()
    before = content_of_store(store)
    forked, _ = follower_of(ShownLog.of(RAWS[3], *RAWS[1:3], *RAWS[4:7]), store)

    with pytest.raises(DivergedError) as told:
        forked.follow()

    assert told.value.divergence.kind is DivergenceKind.FORK
    assert content_of_store(store) == before


def test_a_shorter_log_that_was_seen_later_is_a_divergence():
    follower, store = follower_of(ShownLog.of(*RAWS[:4]))
    follower.follow()
    restored, _ = follower_of(ShownLog.of(*RAWS[:2], at=LATER), store)

    with pytest.raises(DivergedError) as told:
        restored.follow()

    assert told.value.divergence.kind is DivergenceKind.SHORTER


def test_an_answer_from_before_is_no_divergence_and_no_news():
    earlier = ShownLog.of(*RAWS[:2])
    follower, store = follower_of(earlier.then(RAWS[2], at=LATER))
    follower.follow()
    delayed, _ = follower_of(earlier, store)

    with pytest.raises(UnavailableError):
        delayed.follow()


INADMISSIBLE = {
    "a grant that was signed by another": RAWS[0].replace(
        b'"proofValue":"z', b'"proofValue":"z2', 1
    ),
    "a withdrawal by a stranger": GRANTS[0].revoked(signer("nobody")),
    "a withdrawal of a grant that is not there": GRANTS[6].revoked(),
    "an accreditation by an organisation that is not there": CLINIC.accredits(CLINIC.did),
    "something that is no entry": b'{"v":1}',
}


@pytest.mark.parametrize("name", INADMISSIBLE)
def test_an_entry_that_the_log_had_to_refuse_ends_it_with_the_proof(name: str):
    bad = INADMISSIBLE[name]
    source = ShownLog.of(RAWS[0], RAWS[1], bad, RAWS[2])
    follower, store = follower_of(source)

    with pytest.raises(DivergedError) as told:
        follower.follow()

    found = told.value.divergence
    assert found.kind is DivergenceKind.INADMISSIBLE
    kept = EntryProof.from_json(as_object(found.to_json()["entry"], at="/entry"))
    assert (kept.raw, kept.index) == (bad, 2)
    head = head_of(store)
    assert head is not None
    assert head.size == 0


def test_a_snapshot_that_leaves_a_withdrawal_out_ends_it():
    entries = [RAWS[0], GRANTS[0].revoked()]
    unchanged = SmallLog(entries[:1]).state().status_map().root(2)
    lie = SmallLog(entries).snapshot(root=unchanged)
    follower, _ = follower_of(ShownLog([*entries, lie]))

    with pytest.raises(DivergedError) as told:
        follower.follow()

    assert told.value.divergence.kind is DivergenceKind.INADMISSIBLE


def test_other_entries_than_the_signed_ones_are_no_answer_and_are_not_kept():
    source = ShownLog.of(*RAWS[:3])
    source.signed = list(ShownLog.of(*RAWS[:2], RAWS[3]).run_shown)
    follower, store = follower_of(source)

    with pytest.raises(UnavailableError):
        follower.follow()

    head = head_of(store)
    assert head is not None
    assert head.size == 0


def test_an_entry_that_is_not_in_the_signed_tree_proves_nothing_against_the_log():
    source = ShownLog.of(*RAWS[:3])
    source.signed = list(source.run_shown)
    source.run_shown[1] = GRANTS[0].revoked(signer("nobody"))
    follower, _ = follower_of(source)

    with pytest.raises(UnavailableError):
        follower.follow()


def test_a_log_that_holds_entries_back_is_not_believed_to_be_shorter():
    source = ShownLog.of(*RAWS[:3])
    source.signed = list(source.run_shown)
    del source.run_shown[2:]
    follower, _ = follower_of(source)

    with pytest.raises(UnavailableError):
        follower.follow()


def test_a_checkpoint_that_the_log_did_not_sign_is_refused():
    source = ShownLog.of(*RAWS[:3])
    note = source.checkpoint()
    source.checkpoint = source.witnessed = lambda: note.replace("\n4\n", "\n5\n")  # type: ignore[method-assign]
    follower, _ = follower_of(source)

    with pytest.raises(LogProofError):
        follower.follow()


def test_a_long_way_is_gone_in_steps_and_readers_see_whole_checkpoints_only():
    source = ShownLog.of(*RAWS[:2])
    store = MemoryLogStore()
    shown = WholeCheckpoints(store)
    follower_of(source, store)[0].follow()
    longer, _ = follower_of(source.then(*RAWS[2:7]), store, step=2)
    seen: list[tuple[int, int]] = []

    def look(batch):
        with shown.snapshot() as log:
            head = log.head()
        assert head is not None
        seen.append((batch.head.size, head.size))

    longer.follow(stored=look, on_the_way=shown.held)

    assert seen == [(5, 3), (7, 3), (9, 3)]
    head = head_of(shown)
    assert head is not None
    assert head.size == 9


def test_a_follower_that_was_killed_on_the_way_goes_on_and_shows_nothing_half():
    source = ShownLog.of(*RAWS)
    store = MemoryLogStore()
    shown = WholeCheckpoints(store)
    first, _ = follower_of(source, store, step=3)

    class Killed(Exception):  # noqa: N818
        pass

    def die(_batch):
        raise Killed

    with pytest.raises(Killed):
        first.follow(stored=die)
    assert not is_whole(head_of(store))
    with pytest.raises(UnavailableError), shown.snapshot():
        pass
    follower_of(source, store, step=3)[0].follow()

    assert content_of_store(store)[0] == 8
    assert content_of_store(store)[2] == source.run_shown
    assert is_whole(head_of(shown))


def test_a_step_that_does_not_lead_to_the_signed_tree_is_not_stored():
    source = ShownLog.of(*RAWS)
    source.signed = list(source.run_shown)
    source.run_shown[1] = grant("another").raw
    follower, store = follower_of(source, step=3)

    with pytest.raises(UnavailableError):
        follower.follow()

    head = head_of(store)
    assert head is not None
    assert head.size == 0


def test_the_log_of_another_origin_is_not_followed_into_this_store():
    follower, store = follower_of(ShownLog.of(*RAWS[:2]))
    follower.follow()
    elsewhere, _ = follower_of(ShownLog.of(*RAWS[:2]), store)
    elsewhere._origin = "another.example/2026"  # noqa: SLF001

    with pytest.raises(LogProofError):
        elsewhere.follow()
