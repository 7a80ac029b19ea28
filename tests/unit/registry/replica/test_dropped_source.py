"""What a replica makes of a source that has dropped the log."""

from dataclasses import replace

import pytest

from registry.model.dropped_log import DroppedLog
from ssi_core.errors import GoneError, LogProofError, NotFoundError
from tests.support.registry import LOG_SIGNER, SmallLog, grant, handover_entry
from tests.support.replica import ShownLog, follower_of

GIVEN = grant("given")
OPEN = ShownLog.of(GIVEN.raw)
CLOSED = OPEN.then(handover_entry())
HANDOVER = 2


def closed() -> ShownLog:
    return OPEN.then(handover_entry())


def test_a_log_that_was_not_handed_over_is_not_asked_whether_it_was_dropped():
    source = ShownLog.of(GIVEN.raw)
    follower, _ = follower_of(source)
    follower.follow()
    source.left = CLOSED.left

    follower.require_kept()


def test_a_log_that_was_handed_over_and_still_shows_its_entries_is_kept():
    follower, _ = follower_of(closed())
    follower.follow()

    follower.require_kept()


def test_that_a_log_was_dropped_is_noticed_by_who_has_all_of_it():
    source = closed()
    follower, _ = follower_of(source)
    size = follower.follow().seen.size
    source.drop(HANDOVER)

    assert follower.follow().added == 0
    with pytest.raises(GoneError):
        follower.require_kept()
    assert follower.last().size == size


def test_that_a_log_was_dropped_is_noticed_by_who_has_not_all_of_it():
    follower, store = follower_of(OPEN)
    follower.follow()
    source = closed()
    source.drop(HANDOVER)
    again, _ = follower_of(source, store)

    with pytest.raises(GoneError):
        again.follow()

    assert again.last().size == 4


def test_where_a_log_went_is_believed_from_the_log_alone():
    source = closed()
    source.drop(HANDOVER)
    follower, _ = follower_of(source)
    assert source.left is not None
    unsigned = source.left.checkpoint.replace(
        "\u2014 registry.example/2026", "\u2014 other.example"
    )
    source.left = replace(source.left, checkpoint=unsigned)

    with pytest.raises(LogProofError):
        follower.last()


def test_a_source_that_does_not_say_where_the_log_went_is_not_believed():
    follower, _ = follower_of(closed())

    with pytest.raises(NotFoundError):
        follower.last()


def test_another_entry_than_the_handover_does_not_say_where_a_log_went():
    source = closed()
    path, note = source.inclusion(0, size=4), source.checkpoint()

    with pytest.raises(Exception, match="another entry than the log's handover"):
        DroppedLog.of(GIVEN.raw, index=0, path=path, checkpoint=note)


def test_a_handover_that_is_not_in_the_tree_does_not_say_where_a_log_went():
    source, other = closed(), handover_entry(signers=[LOG_SIGNER])
    path, note = source.inclusion(HANDOVER, size=4), source.checkpoint()
    forged = SmallLog([grant("else").raw, other])

    for index, checkpoint in ((1, note), (HANDOVER, forged.checkpoint())):
        with pytest.raises(LogProofError):
            DroppedLog.of(other, index=index, path=path, checkpoint=checkpoint)
