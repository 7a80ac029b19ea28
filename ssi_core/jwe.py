"""JSON Web Encryption (RFC 7516): compact form, ECDH-ES agreed directly on P-256, AES-GCM."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Self, final

from jwcrypto import jwe, jwk
from jwcrypto.common import JWException

from ssi_core import strict_json
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import AlgorithmError, MalformedError, ProofError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import P256PublicKey, P256Signer, public_key_from_jwk, thumbprint

ALGORITHM: Final = "ECDH-ES"
CONTENT_ALGORITHMS: Final = ("A128GCM", "A256GCM")
MAX_CHARACTERS: Final = 1_048_576
_PARTS: Final = 5
# RFC 7518 section 4.6.1.2 and .3: party information is short; a nonce or a name.
_MAX_PARTY_BYTES: Final = 512
# `zip` would let a small text grow without bound; `crit` names what we do not know.
_REFUSED_MEMBERS: Final = ("zip", "crit")


@final
class AgreementKey:
    """A P-256 private key in memory that others encrypt to.

    Its `kid` is its RFC 7638 thumbprint unless another is given.
    """

    def __init__(self, scalar: bytes, *, key_id: str | None = None) -> None:
        self._key = P256Signer(scalar)
        self._key_id = key_id or thumbprint(self._key.public_key.jwk)

    @classmethod
    def generate(cls) -> Self:
        """Make a new key from the operating system's randomness."""
        return cls(P256Signer.generate().secret)

    @property
    def secret(self) -> bytes:
        """The 32-byte scalar: for sealing at rest, and nothing else."""
        return self._key.secret

    @property
    def key_id(self) -> str:
        """The key's `kid`."""
        return self._key_id

    @property
    def jwk(self) -> JsonObject:
        """The public JWK as OpenID4VP 1.0 section 8.3 wants it: with `kid`, `use` and `alg`."""
        return {**self._key.public_key.jwk, "kid": self.key_id, "use": "enc", "alg": ALGORITHM}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decrypted:
    """What a JWE held. Its header was authenticated with it; who wrote it is not known."""

    header: JsonObject
    plaintext: bytes


def encrypt(
    plaintext: bytes,
    *,
    recipient: JsonObject,
    content_algorithm: str = "A128GCM",
    party_u: bytes | None = None,
    party_v: bytes | None = None,
) -> str:
    """Return the compact JWE for the public JWK `recipient`; its `kid`, if any, is repeated.

    `party_u` and `party_v` become `apu` and `apv`, which enter the key derivation.
    """
    if content_algorithm not in CONTENT_ALGORITHMS:
        raise AlgorithmError("content encryption is not supported", at="/enc")
    key = _agreement_jwk(recipient)
    header: dict[str, JsonValue] = {"alg": ALGORITHM, "enc": content_algorithm}
    if "kid" in recipient:
        header["kid"] = strict_json.as_text(recipient["kid"], at="/kid")
    if party_u is not None:
        header["apu"] = base64url_encode(party_u)
    if party_v is not None:
        header["apv"] = base64url_encode(party_v)
    token = jwe.JWE(plaintext, strict_json.render(header), algs=[ALGORITHM, *CONTENT_ALGORITHMS])
    token.add_recipient(key)
    return str(token.serialize(compact=True))


def decrypt(
    text: str,
    *,
    key: AgreementKey,
    content_algorithms: Collection[str] = CONTENT_ALGORITHMS,
    max_characters: int = MAX_CHARACTERS,
) -> Decrypted:
    """Open a compact JWE made for `key`; raise `ProofError` for another key or any change."""
    header = _read_header(text, content_algorithms, max_characters)
    if header.get("kid", key.key_id) != key.key_id:
        raise ProofError("encrypted to another key", at="/header/kid")
    # The caller's own, maybe shorter, list was held against the header just now.
    token = jwe.JWE(algs=[ALGORITHM, *CONTENT_ALGORITHMS])
    try:
        token.deserialize(text, key=_private_jwk(key))
        plaintext = bytes(token.payload)
    except (JWException, ValueError, TypeError):
        raise ProofError("JWE does not open with this key") from None
    return Decrypted(header=header, plaintext=plaintext)


def _read_header(text: str, content_algorithms: Collection[str], limit: int) -> JsonObject:
    if len(text) > limit:
        raise MalformedError("JWE is larger than allowed")
    parts = text.split(".")
    # Direct agreement leaves the second part, the encrypted key, empty (RFC 7518 section 4.6).
    if len(parts) != _PARTS or parts[1] or not (parts[0] and parts[2] and parts[4]):
        raise MalformedError("not a compact JWE with direct key agreement")
    header = strict_json.parse_object(base64url_decode(parts[0], at="/header"))
    for index, name in ((2, "iv"), (3, "ciphertext"), (4, "tag")):
        base64url_decode(parts[index], at=f"/{name}")
    if header.get("alg") != ALGORITHM:
        raise AlgorithmError("key agreement is not accepted here", at="/header/alg")
    if header.get("enc") not in content_algorithms:
        raise AlgorithmError("content encryption is not accepted here", at="/header/enc")
    _check_members(header)
    return header


def _check_members(header: JsonObject) -> None:
    for name in _REFUSED_MEMBERS:
        if name in header:
            raise MalformedError("header member is not supported", at=f"/header/{name}")
    epk = strict_json.as_object(header.get("epk"), at="/header/epk")
    _p256(epk, at="/header/epk")
    if "kid" in header:
        strict_json.as_text(header["kid"], at="/header/kid")
    for name in ("apu", "apv"):
        if name in header:
            at = f"/header/{name}"
            if len(base64url_decode(strict_json.as_text(header[name], at=at), at=at)) > (
                _MAX_PARTY_BYTES
            ):
                raise MalformedError("party information is larger than allowed", at=at)


def _agreement_jwk(recipient: JsonObject) -> jwk.JWK:
    if recipient.get("alg", ALGORITHM) != ALGORITHM:
        raise AlgorithmError("the key is for another algorithm", at="/alg")
    if recipient.get("use", "enc") != "enc":
        raise AlgorithmError("the key is not for encryption", at="/use")
    return jwk.JWK(**_p256(recipient, at="/jwk").jwk)


def _p256(value: JsonObject, *, at: str) -> P256PublicKey:
    key = public_key_from_jwk(value, at=at)
    if not isinstance(key, P256PublicKey):
        raise AlgorithmError("key agreement needs a P-256 key", at=at)
    return key


def _private_jwk(key: AgreementKey) -> jwk.JWK:
    public = P256Signer(key.secret).public_key.jwk
    return jwk.JWK(**public, d=base64url_encode(key.secret))
