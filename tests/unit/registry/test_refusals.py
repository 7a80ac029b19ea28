"""What the log signs for whoever lost to another entry."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from registry.adapters.memory import MemoryLogStore, MemoryWitnessMemory
from registry.model import entry
from registry.model.conflict_receipt import ConflictReceipt, duplicity_in, verify_conflict
from registry.model.merkle import leaf_hash
from registry.service.registry import LogKeys, Registry
from ssi_core.adapters.clock import FixedClock
from ssi_core.did import webvh
from ssi_core.errors import ConflictError, SsiError, UnavailableError
from ssi_core.strict_json import as_object
from tests.support.passing_store import PassingStore
from tests.support.registry import AT, ORIGIN, grant, organisation, policy_entry, signer

KEYS = LogKeys(log=signer("log"), witness=signer("witness"), did_witness=signer("did"))
AUTHORITY, CLINIC = organisation("authority"), organisation("clinic")
FIRST, SECOND = CLINIC.publishes(), CLINIC.publishes(digest="A" * 42 + "E")


class BreakingStore(PassingStore):
    """A store that loses its power before it appends, once it is told to."""

    def __init__(self) -> None:
        super().__init__(MemoryLogStore())
        self.is_broken = False

    def append(self, batch) -> None:
        if self.is_broken:
            raise UnavailableError("the power is gone")
        super().append(batch)


def opened(store=None) -> Registry:
    return Registry(
        store or MemoryLogStore(),
        origin=ORIGIN,
        public_url="http://localhost:8100",
        keys=KEYS,
        memory=MemoryWitnessMemory(),
        clock=FixedClock(AT),
    )


@pytest.fixture
def registry() -> Iterator[Registry]:
    with opened() as log:
        log.submit_all([CLINIC.op, AUTHORITY.op])
        yield log


def refusal(registry: Registry, raw: bytes) -> ConflictError:
    """What is answered to an entry that somebody was before."""
    answer = registry.submit_all([raw])[0]
    assert isinstance(answer, ConflictError)
    return answer


def receipt_in(registry: Registry, answer: ConflictError) -> ConflictReceipt:
    """The receipt that came with it."""
    assert answer.receipt is not None
    return verify_conflict(answer.receipt, log_key=registry.log_key)


def test_the_second_publication_of_one_number_gets_a_receipt_that_proves_duplicity(registry):
    index = registry.submit(FIRST).index
    size = registry.reader.size()

    answer = refusal(registry, SECOND)

    receipt = receipt_in(registry, answer)
    assert (receipt.leaf, receipt.winner.index) == (leaf_hash(SECOND), index)
    assert (receipt.rule, receipt.pointer) == (answer.reason, answer.at)
    assert (receipt.size, receipt.at) == (size, AT)
    found = duplicity_in(receipt, refused=SECOND, winner=registry.reader.entry(index))
    assert list(found.signers) == [CLINIC.did]


@pytest.mark.parametrize("deactivate", [False, True])
def test_two_second_versions_of_a_did_are_duplicity_whichever_was_first(registry, deactivate):
    won = CLINIC.updates(deactivate=deactivate)
    lost = CLINIC.updates(deactivate=not deactivate)
    registry.submit(won)

    receipt = receipt_in(registry, refusal(registry, lost))

    assert list(duplicity_in(receipt, refused=lost, winner=won).signers) == [CLINIC.did]


def test_a_version_that_the_controller_did_not_sign_makes_nobody_duplicitous(registry):
    forged = webvh.update(
        [CLINIC.line],
        update_key=signer("clinic update 1"),
        next_key_hashes=[webvh.key_hash(signer("stranger").public_key.multikey)],
        at=AT + timedelta(seconds=2),
    )
    forged = {**forged, "state": {**as_object(forged["state"], at="/state"), "service": []}}
    registry.submit(CLINIC.updates())

    receipt = receipt_in(registry, refusal(registry, entry.did_op(log=ORIGIN, line=forged)))

    assert receipt.signers == ()


@pytest.mark.parametrize("version", [2, None, "2-Qm", "2-", "02-Qm", "9999999999-Qm"])
def test_a_line_without_sense_for_a_did_that_has_ended_is_refused_alone(registry, version):
    registry.submit(CLINIC.updates(deactivate=True))
    line = {"versionId": version, "state": {"id": str(CLINIC.did)}}

    refused, taken = registry.submit_all([entry.did_op(log=ORIGIN, line=line), grant().raw])

    assert isinstance(refused, SsiError)
    if isinstance(refused, ConflictError):
        assert receipt_in(registry, refused).signers == ()
    assert not taken.known


def test_a_policy_that_came_second_names_the_members_who_signed_both(registry):
    won, lost = policy_entry(), policy_entry(quorum=1)
    registry.submit(won)

    receipt = receipt_in(registry, refusal(registry, lost))

    assert len(duplicity_in(receipt, refused=lost, winner=won).signers) == 1


def test_a_resumption_of_a_suspension_that_is_not_the_last_lost_and_contradicts_nothing(registry):
    registry.submit_all(
        [
            root := AUTHORITY.accredits(AUTHORITY.did, role="accredit"),
            first := AUTHORITY.suspends(root),
            AUTHORITY.resumes(first),
            second := AUTHORITY.suspends(root, nonce=1),
        ]
    )

    never_logged = AUTHORITY.suspends(root, nonce=2)
    receipt = receipt_in(registry, refusal(registry, AUTHORITY.resumes(never_logged)))

    assert registry.reader.entry(receipt.winner.index) == second
    assert receipt.signers == ()


def test_a_name_that_is_taken_is_refused_with_the_entry_that_took_it(registry):
    squatter = organisation("squatter", path="clinic")

    receipt = receipt_in(registry, refusal(registry, squatter.op))

    assert registry.reader.entry(receipt.winner.index) == CLINIC.op
    assert receipt.signers == ()


def test_who_loses_within_one_batch_gets_a_receipt_about_what_is_stored(registry):
    won, lost = registry.submit_all([FIRST, SECOND])

    receipt = receipt_in(registry, lost)

    assert receipt.winner.index == won.index
    assert receipt.size == registry.reader.size()


def test_an_entry_is_no_loser_to_itself_nor_a_withdrawal_to_a_race(registry):
    one = grant()
    registry.submit_all([FIRST, one.raw, one.suspended()])

    again, end = registry.submit_all([FIRST, one.revoked()])

    assert again.known
    assert not end.known


def test_nothing_is_signed_about_what_is_not_stored():
    store = BreakingStore()
    with opened(store) as log:
        log.submit(CLINIC.op)
        store.is_broken = True

        with pytest.raises(UnavailableError):
            log.submit_all([FIRST, SECOND])
