from collections.abc import Callable, Sequence

import pytest

from registry.client.edge import ItemState, MemoryOutboxStore, Outbox
from registry.client.edge.chained import BUILDS_ON_REFUSED
from registry.client.registry_client import MAX_BATCH, Outcome, SubmitReceipt
from registry.model import entry
from registry.model.envelope import Entry
from ssi_core.adapters.clock import FixedClock
from ssi_core.errors import (
    ConflictError,
    MalformedError,
    NotFoundError,
    OverloadedError,
    UnavailableError,
)
from tests.support.registry import AT, grant, organisation


class SmallRegistry:
    """Takes entries in order, one index to each leaf; fails when it is told to."""

    def __init__(self) -> None:
        self.log: list[bytes] = []
        self.calls: list[int] = []
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None
        self.refuses: dict[bytes, Exception] = {}

    def submit_all(self, entries: Sequence[bytes]) -> Sequence[Outcome]:
        self.calls.append(len(entries))
        self.before()
        outcomes = [self._outcome(raw) for raw in entries]
        self.after()
        return outcomes

    def _outcome(self, raw: bytes) -> Outcome:
        if raw in self.refuses:
            return self.refuses[raw]  # type: ignore[return-value]
        if raw not in self.log:
            self.log.append(raw)
        index = self.log.index(raw)
        return SubmitReceipt(index, Entry.parse(raw).leaf, len(self.log))


@pytest.fixture
def registry() -> SmallRegistry:
    return SmallRegistry()


@pytest.fixture
def outbox() -> Outbox:
    return Outbox(MemoryOutboxStore(), FixedClock(AT))


def fail(error: Exception) -> Callable[[], None]:
    def failing() -> None:
        raise error

    return failing


def raws(count: int) -> list[bytes]:
    return [grant(f"grant {number}").raw for number in range(count)]


def test_entries_are_sent_in_the_order_they_were_put_in(
    outbox: Outbox, registry: SmallRegistry
) -> None:
    entries = raws(5)
    for raw in entries:
        outbox.put(raw)

    report = outbox.drain(registry)

    assert registry.log == entries
    assert [sent.index for sent in report.sent] == [0, 1, 2, 3, 4]
    assert report.problem is None
    assert outbox.waiting() == 0


def test_an_empty_outbox_asks_nobody(outbox: Outbox, registry: SmallRegistry) -> None:
    outbox.drain(registry)

    assert registry.calls == []


def test_what_could_not_be_sent_is_kept(outbox: Outbox, registry: SmallRegistry) -> None:
    item = outbox.put(raws(1)[0])
    registry.before = fail(UnavailableError("away"))

    report = outbox.drain(registry)

    assert isinstance(report.problem, UnavailableError)
    assert outbox.queued() == (item,)


def test_an_answer_that_was_lost_makes_no_second_entry(
    outbox: Outbox, registry: SmallRegistry
) -> None:
    entries = raws(3)
    for raw in entries:
        outbox.put(raw)
    registry.after = fail(UnavailableError("the answer was lost"))
    outbox.drain(registry)
    registry.after = lambda: None

    report = outbox.drain(registry)

    assert registry.log == entries
    assert [sent.index for sent in report.sent] == [0, 1, 2]


def test_what_is_refused_holds_up_nothing_behind_it(
    outbox: Outbox, registry: SmallRegistry
) -> None:
    first, second, third = raws(3)
    for raw in (first, second, third):
        outbox.put(raw)
    registry.refuses[second] = ConflictError("somebody was first")

    report = outbox.drain(registry)

    assert registry.log == [first, third]
    assert [refused.code for refused in report.refused] == ["conflict"]
    assert [item.entry for item in outbox.refused()] == [second]
    assert outbox.waiting() == 0


def test_what_the_registry_has_no_time_for_waits_with_all_behind_it(
    outbox: Outbox, registry: SmallRegistry
) -> None:
    first, second, third = raws(3)
    for raw in (first, second, third):
        outbox.put(raw)
    registry.refuses[second] = OverloadedError("later")

    report = outbox.drain(registry)

    assert isinstance(report.problem, OverloadedError)
    assert [item.entry for item in outbox.queued()] == [second, third]


def test_a_receipt_for_another_entry_is_no_receipt(outbox: Outbox) -> None:
    outbox.put(raws(1)[0])

    class Confused:
        def submit_all(self, entries: Sequence[bytes]) -> Sequence[Outcome]:
            return [SubmitReceipt(0, bytes(32), 1) for _ in entries]

    report = outbox.drain(Confused())

    assert isinstance(report.problem, UnavailableError)
    assert outbox.waiting() == 1


def test_no_batch_is_larger_than_a_registry_takes(outbox: Outbox, registry: SmallRegistry) -> None:
    big = [
        entry.did_op(log="l", line={"padding": f"{number}".rjust(14_000, "x")})
        for number in range(150)
    ]
    for raw in big:
        outbox.put(raw)

    outbox.drain(registry)

    assert registry.log == big
    assert max(registry.calls) * 14_000 < 1_048_576
    assert max(registry.calls) <= MAX_BATCH


def test_a_thousand_grants_are_one_batch(outbox: Outbox, registry: SmallRegistry) -> None:
    outbox.put_all([grant(str(number)).raw for number in range(MAX_BATCH)])

    outbox.drain(registry)

    assert registry.calls == [MAX_BATCH]


def test_bytes_that_no_log_would_take_are_not_queued(outbox: Outbox) -> None:
    with pytest.raises(MalformedError):
        outbox.put(b'{"v":1}')

    assert outbox.waiting() == 0


def test_a_withdrawal_holds_here_before_it_is_sent(outbox: Outbox) -> None:
    given = grant()
    outbox.put(given.revoked())

    assert outbox.ended() == {given.id}


def test_a_withdrawal_holds_until_the_reader_has_seen_it(
    outbox: Outbox, registry: SmallRegistry
) -> None:
    given = grant()
    outbox.put(given.raw)
    outbox.put(given.revoked())
    outbox.drain(registry)

    assert outbox.ended(seen=1) == {given.id}
    assert outbox.ended(seen=2) == frozenset()


def test_a_grant_alone_ends_nothing(outbox: Outbox) -> None:
    outbox.put(grant().raw)

    assert outbox.ended() == frozenset()


def test_the_end_of_an_accreditation_holds_too(outbox: Outbox) -> None:
    root = organisation("root")
    right = root.accredits(root.did, role="accredit")
    outbox.put(root.ends(right))

    assert outbox.ended() == {entry.entry_id(right)}


def test_the_same_bytes_are_sent_once(outbox: Outbox, registry: SmallRegistry) -> None:
    raw = raws(1)[0]
    outbox.put(raw)
    outbox.drain(registry)

    again = outbox.put(raw)
    outbox.drain(registry)

    assert (again.state, again.index) == (ItemState.SENT, 0)
    assert registry.calls == [1]


def test_who_was_second_is_told_who_was_first(outbox: Outbox, registry: SmallRegistry) -> None:
    raw = organisation("clinic").updates()
    item = outbox.put(raw)
    registry.refuses[raw] = ConflictError("somebody was first", winner=7)

    report = outbox.drain(registry)

    with pytest.raises(ConflictError, match="somebody was first") as caught:
        report.require_all()
    assert caught.value.winner == 7
    kept = outbox.find(item.leaf)
    assert kept is not None
    assert (kept.state, kept.winner, kept.entry) == (ItemState.REFUSED, 7, raw)


def test_what_builds_on_a_refused_entry_is_not_sent_and_kept_with_its_reason(
    outbox: Outbox, registry: SmallRegistry
) -> None:
    clinic = organisation("clinic")
    first = clinic.publishes()
    second = clinic.publishes(previous=first)
    third = clinic.publishes(previous=second)
    other = grant().raw
    for raw in (first, second, other, third):
        outbox.put(raw)
    registry.refuses[first] = ConflictError("somebody was first", winner=7)

    report = outbox.drain(registry)

    assert registry.log == [other]
    assert outbox.waiting() == 0
    told = [(item.entry, item.code, item.winner) for item in outbox.refused()]
    assert told == [(raw, "conflict", 7) for raw in (first, second, third)]
    reasons = [item.reason for item in outbox.refused()]
    assert reasons == ["somebody was first", BUILDS_ON_REFUSED, BUILDS_ON_REFUSED]
    assert len(report.refused) == 3


def test_a_chain_is_sent_link_by_link_and_in_order(outbox: Outbox, registry: SmallRegistry) -> None:
    clinic = organisation("clinic")
    chain = [clinic.publishes()]
    for _ in range(3):
        chain.append(clinic.publishes(previous=chain[-1]))
    outbox.put_all(chain)

    outbox.drain(registry)

    assert registry.log == chain
    assert registry.calls == [1, 1, 1, 1]


def test_what_was_refused_before_holds_back_what_is_signed_upon_it_later(
    outbox: Outbox, registry: SmallRegistry
) -> None:
    clinic = organisation("clinic")
    first = clinic.publishes()
    outbox.put(first)
    registry.refuses[first] = ConflictError("somebody was first", winner=7)
    outbox.drain(registry)
    outbox.put(clinic.publishes(previous=first))
    again = clinic.publishes(digest="x" * 42 + "A", previous=clinic.publishes("https://a.example"))
    outbox.put(again)

    outbox.drain(registry)

    assert registry.log == [again]
    assert [item.reason for item in outbox.refused()] == ["somebody was first", BUILDS_ON_REFUSED]


def test_what_was_dismissed_is_kept_and_what_builds_on_it_is_still_not_sent(
    outbox: Outbox, registry: SmallRegistry
) -> None:
    clinic = organisation("clinic")
    first, second = clinic.publishes(), clinic.publishes("https://a.example")
    item, other = outbox.put_all([first, second])
    registry.refuses[first] = ConflictError("somebody was first", winner=7)

    with pytest.raises(ConflictError):
        outbox.dismiss(item.leaf)
    outbox.drain(registry)
    outbox.dismiss(item.leaf)
    outbox.put(clinic.publishes(previous=first))
    outbox.drain(registry)

    assert registry.log == [second]
    assert [each.reason for each in outbox.dismissed()] == ["somebody was first"]
    assert [each.reason for each in outbox.refused()] == [BUILDS_ON_REFUSED]
    for leaf, error in ((other.leaf, ConflictError), (bytes(32), NotFoundError)):
        with pytest.raises(error):
            outbox.dismiss(leaf)


def test_an_end_is_sent_whatever_became_of_what_it_ends(
    outbox: Outbox, registry: SmallRegistry
) -> None:
    root = organisation("root")
    right = root.accredits(root.did, role="accredit")
    outbox.put_all([right, root.ends(right)])
    registry.refuses[right] = ConflictError("the log has an accreditation of that id", winner=3)

    outbox.drain(registry)

    assert registry.log == [root.ends(right)]


def test_what_could_not_be_sent_holds_back_nothing_for_good(
    outbox: Outbox, registry: SmallRegistry
) -> None:
    clinic = organisation("clinic")
    first = clinic.publishes()
    chain = [first, clinic.publishes(previous=first)]
    outbox.put_all(chain)
    registry.before = fail(UnavailableError("away"))
    outbox.drain(registry)
    registry.before = lambda: None

    report = outbox.drain(registry)

    report.require_all()
    assert registry.log == chain
