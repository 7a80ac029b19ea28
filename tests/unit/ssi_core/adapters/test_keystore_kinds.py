"""Private keys at rest: every kind comes back as it was kept, and under its own name only."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ssi_core.adapters.keystore import KeyStore
from ssi_core.errors import ConflictError
from ssi_core.keys import Bls12381G2Signer, Ed25519Signer, P256Signer, P384Signer


def test_a_key_of_every_kind_comes_back_from_the_file(tmp_path: Path):
    path = tmp_path / "keys.json"
    ed25519, p256, p384 = Ed25519Signer.generate(), P256Signer.generate(), P384Signer.generate()
    bls12381 = Bls12381G2Signer.generate()
    store = KeyStore.unlock(path)
    for signer in (ed25519, p256, p384, bls12381):
        store.keep("one", signer)

    again = KeyStore.unlock(path)
    found = (
        again.load_ed25519("one"),
        again.load_p256("one"),
        again.load_p384("one"),
        again.load_bls12381_g2("one"),
    )

    assert [signer and signer.public_key for signer in found] == [
        ed25519.public_key,
        p256.public_key,
        p384.public_key,
        bls12381.public_key,
    ]
    assert again.load_p384("two") is None
    assert again.load_bls12381_g2("two") is None


def test_a_name_is_given_once_to_each_kind(tmp_path: Path):
    store = KeyStore.unlock(tmp_path / "keys.json")
    store.keep("one", P384Signer.generate())

    with pytest.raises(ConflictError):
        store.keep("one", P384Signer.generate())


@pytest.mark.parametrize("kind", ["ed25519", "p256", "p384", "bls12381_g2"])
def test_a_key_is_made_once_whoever_asks_first(tmp_path: Path, kind: str):
    stores = [KeyStore.unlock(tmp_path / "keys.json") for _ in range(4)]

    with ThreadPoolExecutor(len(stores)) as pool:
        made = list(pool.map(lambda store: getattr(store, kind)("one"), stores))

    again = getattr(KeyStore.unlock(tmp_path / "keys.json"), f"load_{kind}")("one")
    assert {signer.secret for signer in made} == {again.secret}
