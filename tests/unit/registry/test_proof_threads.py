import pytest

from registry.adapters.proof_threads import ProofThreads
from registry.model import strict_keys
from registry.model.envelope import Entry, Proof
from ssi_core.errors import ProofError, UnavailableError
from tests.support.registry import grant


@pytest.fixture
def proofs() -> list[Proof]:
    return [Entry.parse(grant(str(number)).raw).proof() for number in range(70)]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_each_proof_has_its_own_answer_in_its_place(proofs, count):
    threads = ProofThreads(count)
    for place in (0, 34, 69):
        proofs[place] = Proof(proofs[place].verification_method, proofs[place].value, b"other")

    failures = threads.verify(proofs)

    threads.close()
    wrong = [place for place, failure in enumerate(failures) if failure is not None]
    assert wrong == [0, 34, 69]
    assert all(isinstance(failures[place], ProofError) for place in wrong)


def test_no_proofs_have_no_answers():
    threads = ProofThreads(2)

    assert threads.verify([]) == []

    threads.close()


def test_a_library_with_another_rule_is_not_used(monkeypatch):
    def accept(signed: bytes, _key: bytes) -> bytes:
        return signed[64:]

    monkeypatch.setattr(strict_keys, "crypto_sign_open", accept)

    with pytest.raises(UnavailableError):
        ProofThreads(1)
