"""Keys: the answers of RFC 8032, 8037, 7515, 7638 and vc-di-ecdsa, and what is no key."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.encoding import base64url_decode, multibase_decode, multibase_encode
from ssi_core.errors import AlgorithmError, MalformedError, ProofError, SsiError
from ssi_core.keys import (
    Ed25519PublicKey,
    Ed25519Signer,
    P256PublicKey,
    P256Signer,
    P384PublicKey,
    P384Signer,
    P521PublicKey,
    P521Signer,
    PrivateKey,
    public_key_from_jwk,
    public_key_from_multikey,
    thumbprint,
)

# RFC 8037 appendix A.1 and RFC 8032 section 7.1 test 1: the same key.
ED25519_SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
ED25519_JWK = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}
# RFC 7515 appendix A.3.1.
P256_SCALAR = base64url_decode("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI")
P256_JWK = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
# https://www.w3.org/TR/vc-di-ecdsa/#representation-ecdsa-rdfc-2019-with-curve-p-384
P384_SCALAR = multibase_decode(
    "z2fanyY7zgwNpZGxX5fXXibvScNaUWNprHU9dKx7qpVj7mws9J8LLt4mDB5TyH2GLHWkUc"
)[2:]
P384_MULTIKEY = "z82LkuBieyGShVBhvtE2zoiD6Kma4tJGFtkAhxR5pfkp5QPw4LutoYWhvQCnGjdVn14kujQ"
# RFC 7515 appendix A.4.1, and a published did:key of the did:key specification.
P521_SCALAR = base64url_decode(
    "AY5pb7A0UFiB3RELSD64fTLOSV_jazdF7fLYyuTw8lOfRhWg6Y6rUrPAxerEzgdRhajnu0ferB0d53vM9mE15j2C"
)
P521_JWK = {
    "kty": "EC",
    "crv": "P-521",
    "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
    "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2",
}
P521_MULTIKEY = (
    "z2J9gaYxrKVpdoG9A4gRnmpnRCcxU6agDtFVVBVdn1JedouoZN7SzcyREXXzWgt3gGiwpoHq7K68X4m3"
    "2D8HgzG8wv3sY5j7"
)
SIGNERS: list[PrivateKey | P521Signer] = [
    Ed25519Signer(ED25519_SEED),
    P256Signer(P256_SCALAR),
    P384Signer(P384_SCALAR),
    P521Signer(P521_SCALAR),
]
SIGNATURE_BYTES = {"EdDSA": 64, "ES256": 64, "ES384": 96, "ES512": 132}
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P384_ORDER = int(
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    16,
)


@pytest.mark.spec("RFC 8032", "7.1")
def test_ed25519_signs_as_published():
    signature = Ed25519Signer(ED25519_SEED).sign(b"")

    assert signature.hex() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9"
        "b46bd25bf5f0595bbe24655141438e7a100b"
    )


@pytest.mark.spec("RFC 8037", "A.2")
def test_an_ed25519_key_has_its_published_jwk():
    key = Ed25519Signer(ED25519_SEED).public_key

    assert key.jwk == ED25519_JWK
    assert public_key_from_jwk(ED25519_JWK) == key


@pytest.mark.spec("RFC 7515", "A.3")
def test_a_p256_key_has_its_published_jwk():
    key = P256Signer(P256_SCALAR).public_key

    assert key.jwk == P256_JWK
    assert public_key_from_jwk(P256_JWK) == key


@pytest.mark.spec("vc-di-ecdsa", "A.2")
def test_a_p384_key_has_its_published_multikey():
    key = P384Signer(P384_SCALAR).public_key

    assert key.multikey == P384_MULTIKEY
    assert public_key_from_multikey(P384_MULTIKEY) == key
    assert key.jwk["crv"] == "P-384"


@pytest.mark.spec("RFC 7515", "A.4")
def test_a_p521_key_has_its_published_jwk_and_reads_a_published_multikey():
    key = P521Signer(P521_SCALAR).public_key

    assert key.jwk == P521_JWK
    assert public_key_from_jwk(P521_JWK) == key
    assert public_key_from_multikey(P521_MULTIKEY).multikey == P521_MULTIKEY


@pytest.mark.spec("RFC 8037", "A.3")
def test_the_thumbprint_of_an_ed25519_key_is_the_published_one():
    assert thumbprint(ED25519_JWK) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.spec("RFC 7638", "3.1")
def test_the_thumbprint_of_the_rfcs_own_key_is_the_published_one():
    jwk = {
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1"
        "L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4"
        "QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbO"
        "pbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csF"
        "Cur-kEgU8awapJzKnqDKgw",
        "e": "AQAB",
        "alg": "RS256",
        "kid": "2011-04-29",
    }

    assert thumbprint(jwk) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


@pytest.mark.spec("RFC 7638", "3.2")
@pytest.mark.parametrize("jwk", [ED25519_JWK, P256_JWK], ids=["Ed25519", "P-256"])
def test_a_thumbprint_is_of_the_required_members_only(jwk: dict[str, Any]):
    more = {"use": "sig", **dict(reversed(jwk.items())), "kid": "k", "alg": "none"}

    assert thumbprint(more) == thumbprint(jwk)
    assert thumbprint({**jwk, "x": "A"}) != thumbprint(jwk)


@pytest.mark.parametrize(
    "jwk", [{}, {"kty": "oct", "k": "AA"}, {"kty": 7}, {"kty": "EC", "crv": "P-256", "x": "A"}]
)
def test_what_has_no_thumbprint_is_refused(jwk: dict[str, Any]):
    with pytest.raises(SsiError):
        thumbprint(jwk)


@pytest.mark.parametrize("signer", SIGNERS)
def test_a_signature_holds_for_its_own_data_and_key_only(signer: PrivateKey):
    signature = signer.sign(b"data")
    other = type(signer).generate()

    signer.public_key.verify(signature, b"data")
    assert len(signature) == SIGNATURE_BYTES[signer.public_key.algorithm]
    with pytest.raises(ProofError):
        signer.public_key.verify(signature, b"date")
    with pytest.raises(ProofError):
        other.public_key.verify(signature, b"data")


@pytest.mark.parametrize("signer", SIGNERS)
@pytest.mark.parametrize("length", [0, 1, 63, 65, 95, 97, 128])
def test_a_signature_of_another_length_is_refused(signer: PrivateKey, length: int):
    with pytest.raises(ProofError):
        signer.public_key.verify((signer.sign(b"data") * 2)[:length], b"data")


@pytest.mark.parametrize(
    ("r", "s"), [(0, 0), (0, 1), (1, 0), (P256_ORDER, 1), (1, P256_ORDER), (2**256 - 1, 2**256 - 1)]
)
def test_a_p256_signature_of_numbers_out_of_range_is_refused(r: int, s: int):
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")

    with pytest.raises(ProofError):
        P256Signer(P256_SCALAR).public_key.verify(signature, b"")


@pytest.mark.parametrize(
    ("r", "s"), [(0, 0), (0, 1), (1, 0), (P384_ORDER, 1), (1, P384_ORDER), (2**384 - 1, 2**384 - 1)]
)
def test_a_p384_signature_of_numbers_out_of_range_is_refused(r: int, s: int):
    signature = r.to_bytes(48, "big") + s.to_bytes(48, "big")

    with pytest.raises(ProofError):
        P384Signer(P384_SCALAR).public_key.verify(signature, b"")


@given(place=st.integers(0, 63), bit=st.integers(0, 7), which=st.sampled_from(SIGNERS))
def test_no_flipped_bit_of_a_signature_holds(place: int, bit: int, which: PrivateKey | P521Signer):
    signature = bytearray(which.sign(b"data"))
    signature[place] ^= 1 << bit

    with pytest.raises(ProofError):
        which.public_key.verify(bytes(signature), b"data")


@pytest.mark.parametrize("signer", SIGNERS)
def test_a_key_survives_every_form(signer: PrivateKey | P521Signer):
    key = signer.public_key

    assert public_key_from_jwk(key.jwk) == key
    assert public_key_from_multikey(key.multikey) == key
    assert hash(public_key_from_jwk(key.jwk)) == hash(key)
    assert public_key_from_jwk(key.jwk).multikey == key.multikey
    assert type(signer)(signer.secret).public_key == key
    assert len(signer.secret) == SIGNATURE_BYTES[key.algorithm] // 2


@given(st.sampled_from([Ed25519Signer, P256Signer, P384Signer, P521Signer]))
def test_a_generated_key_survives_every_form(kind: type[PrivateKey] | type[P521Signer]):
    key = kind.generate().public_key

    found = public_key_from_jwk(key.jwk)

    assert found == public_key_from_multikey(key.multikey) == key
    assert found.raw == key.raw


def test_algorithms_belong_to_kinds_of_keys():
    assert Ed25519PublicKey.algorithm == "EdDSA"
    assert Ed25519PublicKey.algorithms == {"EdDSA", "Ed25519"}
    assert P256PublicKey.algorithms == {P256PublicKey.algorithm} == {"ES256"}
    assert P384PublicKey.algorithms == {P384PublicKey.algorithm} == {"ES384"}
    assert P521PublicKey.algorithms == {P521PublicKey.algorithm} == {"ES512"}


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
def test_a_jwk_with_a_private_member_is_refused(member: str):
    with pytest.raises(MalformedError, match="private"):
        public_key_from_jwk({**ED25519_JWK, member: None})


@pytest.mark.parametrize(
    "jwk",
    [
        {},
        {"kty": "oct"},
        {"kty": "RSA", "n": "AQ", "e": "AQAB"},
        {"kty": "OKP", "crv": "X25519", "x": ED25519_JWK["x"]},
        {**P256_JWK, "crv": "secp256k1"},
        {"kty": "EC", "crv": "secp256k1", "x": P256_JWK["x"], "y": P256_JWK["y"]},
        {**P256_JWK, "kty": "OKP"},
        {**ED25519_JWK, "kty": ["OKP"]},
        {**ED25519_JWK, "crv": {"a": 1}},
    ],
)
def test_a_kind_of_key_that_we_do_not_support_is_refused(jwk: dict[str, Any]):
    with pytest.raises(AlgorithmError):
        public_key_from_jwk(jwk)


@pytest.mark.parametrize(
    ("jwk", "member", "value"),
    [
        (ED25519_JWK, "x", None),
        (ED25519_JWK, "x", ""),
        (ED25519_JWK, "x", 7),
        (ED25519_JWK, "x", ED25519_JWK["x"] + "="),
        (ED25519_JWK, "x", ED25519_JWK["x"][:-2]),
        (ED25519_JWK, "x", ED25519_JWK["x"] + "AA"),
        (P256_JWK, "y", None),
        (P256_JWK, "y", P256_JWK["x"]),
        (P256_JWK, "y", "A" * 43),
        (P256_JWK, "x", "A" * 42),
        (P256_JWK, "x", "_" * 42 + "8"),
        (P256_JWK, "crv", "P-384"),
    ],
)
def test_a_coordinate_that_is_none_is_malformed(jwk: dict[str, Any], member: str, value: Any):
    with pytest.raises(MalformedError):
        public_key_from_jwk({**jwk, member: value})


@pytest.mark.parametrize(
    ("codec", "data"),
    [
        (b"\xed\x01", b""),
        (b"\xed\x01", b"\x00" * 31),
        (b"\xed\x01", b"\x00" * 33),
        (b"\x80\x24", b""),
        (b"\x80\x24", b"\x00"),
        (b"\x80\x24", b"\x02" + b"\xff" * 32),
        (b"\x80\x24", b"\x05" + b"\x01" * 32),
        (b"\x80\x24", b"\x02" + b"\x01" * 31),
        (b"\x81\x24", b""),
        (b"\x81\x24", b"\x02" + b"\xff" * 48),
        (b"\x81\x24", b"\x02" + b"\x01" * 32),
    ],
)
def test_a_multikey_that_holds_no_key_is_malformed(codec: bytes, data: bytes):
    with pytest.raises(MalformedError):
        public_key_from_multikey(multibase_encode(codec + data))


def test_an_uncompressed_point_is_no_multikey():
    x, y = base64url_decode(P256_JWK["x"]), base64url_decode(P256_JWK["y"])

    with pytest.raises(MalformedError):
        public_key_from_multikey(multibase_encode(b"\x80\x24\x04" + x + y))
    assert P256PublicKey.from_uncompressed(b"\x04" + x + y).jwk == P256_JWK
    for point in (b"", b"\x04", b"\x06" + x + y, b"\x04" + y + x, b"\x04" + x + y + b"\x00"):
        with pytest.raises(MalformedError):
            P256PublicKey.from_uncompressed(point)


@pytest.mark.parametrize("codec", [b"\xe7\x01", b"\x12\x00", b"\xec\x01", b"\x00\x00"])
def test_a_multikey_of_another_kind_is_refused(codec: bytes):
    with pytest.raises(AlgorithmError):
        public_key_from_multikey(multibase_encode(codec + b"\x01" * 32))


@pytest.mark.parametrize("seed", [b"", b"\x01" * 31, b"\x01" * 33])
def test_a_seed_of_another_length_is_malformed(seed: bytes):
    with pytest.raises(MalformedError):
        Ed25519Signer(seed)


@pytest.mark.parametrize("scalar", [0, P256_ORDER, 2**256 - 1])
def test_a_scalar_out_of_range_is_malformed(scalar: int):
    with pytest.raises(MalformedError):
        P256Signer(scalar.to_bytes(32, "big"))


@pytest.mark.parametrize("scalar", [0, P384_ORDER, 2**384 - 1])
def test_a_p384_scalar_out_of_range_is_malformed(scalar: int):
    with pytest.raises(MalformedError):
        P384Signer(scalar.to_bytes(48, "big"))


@pytest.mark.parametrize("scalar", [0, 2**521, 2**528 - 1])
def test_a_p521_scalar_out_of_range_is_malformed(scalar: int):
    with pytest.raises(MalformedError):
        P521Signer(scalar.to_bytes(66, "big"))


def test_a_private_key_does_not_show_itself():
    for signer in SIGNERS:
        shown = repr(signer) + str(vars(signer))
        assert signer.secret.hex() not in shown
        assert repr(signer.secret) not in shown


@given(st.binary(max_size=56))
def test_junk_bytes_raise_only_our_own_errors(data: bytes):
    for codec in (b"", b"\xed\x01", b"\x80\x24", b"\x81\x24"):
        text = multibase_encode(codec + data)
        try:
            key = public_key_from_multikey(text)
        except SsiError:
            continue
        assert multibase_decode(key.multikey) == codec + data


@given(
    st.dictionaries(
        st.sampled_from(["kty", "crv", "x", "y", "d"]),
        st.none() | st.text() | st.integers() | st.lists(st.text()) | st.just("Ed25519"),
    )
)
def test_junk_in_a_jwk_raises_only_our_own_errors(members: dict[str, Any]):
    for base in (ED25519_JWK, P256_JWK):
        jwk = {**base, **members}
        try:
            key = public_key_from_jwk(jwk)
        except SsiError:
            continue
        assert key.jwk.items() <= jwk.items()
