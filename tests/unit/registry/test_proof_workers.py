import os
import signal
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from registry.adapters.proof_workers import ProofWorkers
from registry.model import strict_keys
from registry.model.envelope import Entry, Proof
from registry.model.own_signatures import own_signatures
from ssi_core.encoding import multibase_encode
from ssi_core.errors import MalformedError, ProofError, SsiError, UnavailableError
from tests.support.registry import grant, signer

GOOD = [Entry.parse(grant(str(number)).raw).proof() for number in range(20)]
FORGED = Proof(GOOD[0].verification_method, GOOD[1].value, GOOD[0].data)
BROKEN = Proof("did:key:x#x", GOOD[0].value, GOOD[0].data)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_it_says_of_each_proof_whether_it_holds(count):
    proofs = [*GOOD[:10], FORGED, *GOOD[10:], BROKEN]

    with closing(ProofWorkers(count)) as workers:
        for _ in range(2):
            failures = workers.verify(proofs)

            kinds = [None if failure is None else type(failure) for failure in failures]
            assert kinds == [None] * 10 + [ProofError] + [None] * 10 + [MalformedError]


def test_data_of_another_length_is_no_question_for_a_worker():
    key = signer("long")
    method = f"did:key:{key.public_key.multikey}#{key.public_key.multikey}"
    data = b"x" * 65
    long = Proof(method, multibase_encode(key.sign(data)), data)

    with closing(ProofWorkers(1)) as workers:
        assert workers.verify([long, *GOOD, long]) == [None] * 22


def test_a_library_with_another_rule_is_not_used(monkeypatch):
    def accept(signed: bytes, _key: bytes) -> bytes:
        return signed[64:]

    monkeypatch.setattr(strict_keys, "crypto_sign_open", accept)

    with pytest.raises(UnavailableError):
        ProofWorkers(1)


def test_no_proofs_have_no_failures():
    with closing(ProofWorkers(1)) as workers:
        assert workers.verify([]) == []


def with_one_forged(place: int) -> list[Proof]:
    return [*GOOD[:place], FORGED, *GOOD[place:]]


def failed(failures: Sequence[SsiError | None]) -> list[int]:
    return [place for place, failure in enumerate(failures) if failure is not None]


def test_a_second_batch_waits_with_the_worker_and_each_is_told_its_own_answer():
    with closing(ProofWorkers(1)) as workers, ThreadPoolExecutor(3) as threads:
        workers.verify(GOOD)
        (process,) = workers.processes()
        os.kill(process, signal.SIGSTOP)
        try:
            first, second = (threads.submit(workers.verify, with_one_forged(n)) for n in (3, 7))
            with pytest.raises(TimeoutError):
                second.result(timeout=2)
            # There is no place for a third with the worker, so it is verified where it is.
            third = threads.submit(workers.verify, with_one_forged(11))
            assert failed(third.result(timeout=30)) == [11]
            assert not first.done()
            assert not second.done()
        finally:
            os.kill(process, signal.SIGCONT)

        assert [failed(one.result(timeout=30)) for one in (first, second)] == [[3], [7]]


def test_many_batches_at_a_time_are_each_told_their_own_answers_while_workers_are_killed():
    places = [number % 20 for number in range(60)]
    with closing(ProofWorkers(2)) as workers, ThreadPoolExecutor(6) as threads:
        workers.verify(GOOD)
        told = [threads.submit(workers.verify, with_one_forged(place)) for place in places]
        for process in workers.processes():
            os.kill(process, signal.SIGKILL)

        assert [failed(one.result(timeout=60)) for one in told] == [[place] for place in places]


def test_what_a_worker_is_asked_is_made_for_many_proofs_as_for_each():
    zero = multibase_encode(bytes(64))
    odd = [BROKEN, Proof(GOOD[0].verification_method, zero, GOOD[0].data), Proof("a", "b", b"c")]

    assert own_signatures(GOOD) == [proof.own_signature() for proof in GOOD]
    for one in odd:
        expected = [*own_signatures(GOOD[:3]), b"", *own_signatures(GOOD[3:])]
        assert own_signatures([*GOOD[:3], one, *GOOD[3:]]) == expected


def test_a_worker_that_was_killed_is_done_without_and_replaced():
    with closing(ProofWorkers(1)) as workers:
        workers.verify(GOOD)
        first = workers.processes()
        for process in first:
            os.kill(process, signal.SIGKILL)

        outcomes = [workers.verify([*GOOD, FORGED]) for _ in range(2)]

        assert [len([f for f in failures if f is not None]) for failures in outcomes] == [1, 1]
        assert len(first) == len(workers.processes()) == 1
        assert workers.processes() != first


def test_workers_end_when_they_are_closed():
    workers = ProofWorkers(1)
    workers.verify(GOOD)
    (process,) = workers.processes()

    workers.close()

    assert workers.processes() == ()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_text_that_is_not_a_proofs_does_not_stop_a_worker():
    odd = [
        Proof("a b", "c d", b""),
        Proof("\n", "\n", b"\n"),
        Proof(f"did:key:{signer('x').public_key.multikey}", "", b""),
    ]

    with closing(ProofWorkers(1)) as workers:
        failures = workers.verify([*odd, *GOOD])

    assert [failure is None for failure in failures] == [False] * 3 + [True] * 20
