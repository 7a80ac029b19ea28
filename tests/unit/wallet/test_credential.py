from datetime import UTC, datetime

import pytest

from ssi_core.errors import NotFoundError
from ssi_core.keys import P256Signer
from ssi_core.sealing import PassphraseHardness
from wallet.adapters.memory import MemoryVaultStore
from wallet.credential import (
    Copy,
    HeldCredential,
    Label,
    copies_of,
    copy_for,
    destroy_credential,
    held_credential,
    held_credentials,
    keep_copy,
    keep_credential,
    links_verifiers,
    remember_seen,
)
from wallet.envelope import Passphrase
from wallet.vault import Vault


@pytest.fixture
def vault() -> Vault:
    soft = PassphraseHardness(memory_kib=64, iterations=1, lanes=1)
    return Vault.create(MemoryVaultStore(), Passphrase("p"), hardness=soft)


def diagnosis(credential_id: str = "d") -> HeldCredential:
    return HeldCredential(
        id=credential_id,
        vct="urn:consentry:diagnosis:1",
        issuer="did:web:clinic.example",
        issuer_name="Clinic",
        title="Diagnosis",
        labels=(Label(path=("code", "code"), text="Code"), Label(path=("names", None), text="N")),
        received_at=datetime(2026, 11, 21, tzinfo=UTC),
    )


def a_copy(copy_id: str, *, credential: str = "d", seen_by: tuple[str, ...] = ()) -> Copy:
    return Copy(
        id=copy_id,
        credential_id=credential,
        text="a.b.c~",
        key=P256Signer.generate(),
        seen_by=seen_by,
    )


def test_a_credential_comes_back_as_it_was_kept(vault: Vault):
    vault.apply(keep_credential(diagnosis()))

    (kept,) = held_credentials(vault)

    assert kept.labels == diagnosis().labels
    assert (kept.id, kept.vct, kept.issuer_name, kept.title) == (
        "d",
        "urn:consentry:diagnosis:1",
        "Clinic",
        "Diagnosis",
    )
    assert kept.received_at == diagnosis().received_at


def test_a_copy_comes_back_with_its_own_key(vault: Vault):
    copy = a_copy("c", seen_by=("v",))
    vault.apply(keep_copy(copy))

    (kept,) = copies_of(vault, "d")

    assert kept.key.public_key == copy.key.public_key
    assert (kept.text, kept.seen_by) == (copy.text, ("v",))


def test_a_copy_remembers_who_has_seen_it(vault: Vault):
    vault.apply(keep_copy(a_copy("c")))
    (kept,) = copies_of(vault, "d")

    vault.apply(keep_copy(remember_seen(remember_seen(kept, "v"), "v")))

    assert copies_of(vault, "d")[0].seen_by == ("v",)


def test_each_verifier_gets_a_copy_of_its_own_and_always_the_same():
    copies = [a_copy("a", seen_by=("v",)), a_copy("b"), a_copy("c", seen_by=("w",))]

    assert copy_for(copies, "v").id == "a"
    assert copy_for(copies, "w").id == "c"
    assert copy_for(copies, "new").id == "b"
    assert not links_verifiers(copy_for(copies, "new"), "new")


def test_when_copies_run_out_the_least_seen_is_used_and_said_to_link():
    copies = [a_copy("a", seen_by=("v", "w")), a_copy("b", seen_by=("x",))]

    chosen = copy_for(copies, "new")

    assert chosen.id == "b"
    assert links_verifiers(chosen, "new")
    assert not links_verifiers(chosen, "x")


def test_destroying_a_credential_takes_its_copies_and_no_others(vault: Vault):
    vault.apply(keep_credential(diagnosis("d")), keep_credential(diagnosis("e")))
    vault.apply(keep_copy(a_copy("a")), keep_copy(a_copy("b", credential="e")))

    vault.apply(*destroy_credential(vault, "d"))

    with pytest.raises(NotFoundError):
        held_credential(vault, "d")
    with pytest.raises(NotFoundError):
        copies_of(vault, "d")
    assert [copy.id for copy in copies_of(vault, "e")] == ["b"]
