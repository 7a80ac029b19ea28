import pytest

from consent_contracts.grant import DISCLOSED
from consent_contracts.grant_credential import GrantSecret, commitments, disclosures
from ssi_core.errors import MalformedError
from tests.support.consent import make_grant

SECRET = GrantSecret(bytes(range(32)))
GRANT = make_grant()


def test_everything_follows_from_the_secret_and_nothing_else() -> None:
    again = GrantSecret(SECRET.raw)
    other = GrantSecret.generate()

    assert again.signer.secret == SECRET.signer.secret
    assert again.next_key_hash == SECRET.next_key_hash
    assert [each.text for each in disclosures(GRANT, again)] == [
        each.text for each in disclosures(GRANT, SECRET)
    ]
    assert not set(commitments(disclosures(GRANT, other)).values()) & set(
        commitments(disclosures(GRANT, SECRET)).values()
    )


def test_the_keys_and_salts_of_a_grant_are_all_different() -> None:
    keys = {SECRET.signer.secret, SECRET.next_signer.secret, SECRET.revocation_signer.secret}
    salts = {SECRET.salt(name) for name in DISCLOSED}

    assert len(keys) == 3
    assert len(salts) == 5
    assert all(len(salt) == 16 for salt in salts)
    assert SECRET.next_key_hash != SECRET.revocation_key_hash


def test_the_derivation_is_the_one_written_down() -> None:
    # Worked out apart from this code, with nothing but HMAC, SHA-256 and Ed25519.
    assert str(SECRET.issuer) == "did:key:z6MkquNXkgmyxyr2mfhKgfn3neeLF8ZNJMrWtk7x8adRJEcy"
    assert SECRET.next_key_hash == "zQmTYVA1qmdoRHav8abcUBpEC5AVTqc2uNoknsoYqxmdFj1"
    assert SECRET.revocation_key_hash == "zQmS9uMEFWdhKNQHdjAsdYzMsRFM4JKk41d9SeKrwbViSgY"
    assert commitments(disclosures(GRANT, SECRET)) == {
        "sub": "dZomWH2SOGiwKvhuVFsE491tlzgHbYH1ZvxVo7RDvWc",
        "rcp": "c3oYKvlu38Ay-T_7EpBfUroXj3VEF9WedA6GwspjHpQ",
        "pur": "vLq2U5sKVMYh6fFVWOZIZ6l6D69NVID6Uk1da6bmTbM",
        "scp": "ropc6_vVYk1Py5kVPJLStWYFP5Re5RHXlY5AESpsv5w",
        "trm": "eKPy3kcgf2BukzYLT6RzT3QOC7E5UMoB4cwfbUv9QWk",
    }


def test_a_secret_is_not_shown_when_printed() -> None:
    assert SECRET.raw.hex() not in repr(SECRET)
    assert repr(SECRET.raw) not in repr(SECRET)


@pytest.mark.parametrize("raw", [b"", bytes(31), bytes(33)])
def test_a_secret_has_32_bytes(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        GrantSecret(raw)
