import pytest

from ssi_core.errors import AlgorithmError, MalformedError, ProofError
from ssi_core.keys import MlDsa44PublicKey, MlDsa44Signer, ml_dsa_44

SIGNER = MlDsa44Signer(bytes(32))


@pytest.mark.spec("FIPS 204", "Table 2")
def test_keys_and_signatures_are_as_long_as_the_parameter_set_says():
    assert len(SIGNER.public_key.raw) == 1_312
    assert len(SIGNER.sign(b"data")) == 2_420


def test_the_same_seed_is_the_same_key_and_another_one_is_not():
    assert MlDsa44Signer(SIGNER.secret).public_key == SIGNER.public_key
    assert MlDsa44Signer.generate().public_key != SIGNER.public_key


@pytest.mark.parametrize("change", ["data", "signature", "length", "key"])
def test_a_signature_of_something_else_is_refused(change: str):
    signature, data, key = SIGNER.sign(b"data"), b"data", SIGNER.public_key
    key.verify(signature, data)

    match change:
        case "data":
            data = b"date"
        case "signature":
            signature = bytes([signature[0] ^ 1]) + signature[1:]
        case "length":
            signature = signature[:-1]
        case _:
            key = MlDsa44Signer(bytes([1]) * 32).public_key

    with pytest.raises(ProofError):
        key.verify(signature, data)


@pytest.mark.parametrize("length", [0, 31, 33, 1_311, 1_313])
def test_bytes_of_another_length_are_no_key(length: int):
    with pytest.raises(MalformedError):
        MlDsa44PublicKey(bytes(length))
    with pytest.raises(MalformedError):
        MlDsa44Signer(bytes(length))


def test_where_the_library_does_not_have_it_every_use_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ml_dsa_44, "_library", None)

    with pytest.raises(AlgorithmError):
        MlDsa44PublicKey(SIGNER.public_key.raw)
    with pytest.raises(AlgorithmError):
        MlDsa44Signer(bytes(32))
    with pytest.raises(AlgorithmError):
        MlDsa44Signer.generate()
