"""A grant as the credential that its subject signs: an SD-JWT VC under a key of its own.

Its five disclosures stand in the log as commitments: an entry's `c` holds the digests that the
credential's `_sd` holds, so whoever has the credential can check it against the log, and the log
says nothing to anybody else (docs/adr/0006-the-grant-is-a-credential.md).
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final, Self

from consent_contracts.grant import DISCLOSED, Grant
from consent_contracts.wire import as_digest
from ssi_core.credential import sd_jwt_vc
from ssi_core.credential.sd_jwt_vc import VerifiedSdJwtVc
from ssi_core.did import key as did_key
from ssi_core.did.syntax import Did
from ssi_core.encoding import multibase_encode, sha256_multihash
from ssi_core.errors import HolderBindingError, LogProofError, MalformedError, ProofError
from ssi_core.json_types import JsonObject
from ssi_core.keys import Ed25519PublicKey, Ed25519Signer, thumbprint
from ssi_core.proof.disclosure import DIGESTS, HASH_ALGORITHM, Disclosure
from ssi_core.proof.sd_jwt import Sd, SdJwt
from ssi_core.sealing import derive_key
from ssi_core.strict_json import as_array

VCT: Final = "urn:consentry:consent-grant:1"
COMMITMENTS: Final[Mapping[str, str]] = MappingProxyType(
    dict(zip(DISCLOSED, ("sub", "rcp", "pur", "scp", "trm"), strict=True))
)
"""What the log calls the commitment to each disclosure."""

_SECRET_BYTES: Final = 32
_SALT_BYTES: Final = 16
_PLAIN: Final = frozenset({"iss", "vct", "iat", "nbf", "exp", "cnf", "grant_id", "log"})
_NAMED: Final = frozenset({*_PLAIN, *DISCLOSED})


@dataclass(frozen=True, slots=True)
class GrantSecret:
    """The 32 bytes behind one grant: its keys and salts follow from them (HKDF-SHA256).

    They never leave the wallet. Whoever has them can end the grant and open its commitments;
    once they are destroyed, the commitments mean nothing to anyone without the disclosures.
    """

    raw: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.raw) != _SECRET_BYTES:
            raise MalformedError("a grant's secret has 32 bytes")

    @classmethod
    def generate(cls) -> Self:
        """Make a new secret from the operating system's randomness."""
        return cls(secrets.token_bytes(_SECRET_BYTES))

    @property
    def signer(self) -> Ed25519Signer:
        """The grant's own key: it signs the credential, the log entries and the withdrawal."""
        return self._key("key")

    @property
    def next_signer(self) -> Ed25519Signer:
        """The key that the log entry commits to as the next one."""
        return self._key("next")

    @property
    def revocation_signer(self) -> Ed25519Signer:
        """A key that can only end the grant: it may be given to somebody who is trusted."""
        return self._key("revocation")

    @property
    def next_key_hash(self) -> str:
        """What the log entry says of the next key: the multihash of its Multikey, `nk`."""
        return _key_hash(self.next_signer.public_key)

    @property
    def revocation_key_hash(self) -> str:
        """What the log entry says of the key that can only end the grant, `rk`."""
        return _key_hash(self.revocation_signer.public_key)

    @property
    def issuer(self) -> Did:
        """The did:key of the grant's own key: what the credential has as `iss`."""
        return did_key.did_for(self.signer.public_key)

    def salt(self, name: str) -> bytes:
        """Return the 16-byte salt of the disclosure `name`."""
        info = f"consentry/grant/salt/{name}".encode()
        return derive_key(self.raw, info=info, length=_SALT_BYTES)

    def _key(self, name: str) -> Ed25519Signer:
        return Ed25519Signer(derive_key(self.raw, info=f"consentry/grant/{name}".encode()))


def disclosures(grant: Grant, secret: GrantSecret) -> tuple[Disclosure, ...]:
    """Return the five disclosures of `grant`, in the order of `DISCLOSED`."""
    return tuple(
        Disclosure.make(name, value, salt=secret.salt(name))
        for name, value in grant.disclosed().items()
    )


def commitments(disclosed: Collection[Disclosure]) -> dict[str, str]:
    """Return what the log entry commits to: the digest of each of the five disclosures."""
    by_name = {each.name: each.digest() for each in disclosed}
    if len(disclosed) != len(DISCLOSED) or by_name.keys() != set(DISCLOSED):
        raise MalformedError("a grant has exactly its five disclosures", at="/disclosures")
    return {COMMITMENTS[name]: by_name[name] for name in DISCLOSED}


def issue(grant: Grant, secret: GrantSecret, *, holder_jwk: JsonObject, at: datetime) -> SdJwt:
    """Sign `grant` as a credential bound to `holder_jwk`, one of the keys that the grant names.

    The grant must have the id of its log entry. The caller has checked it with `require_within`.
    """
    if grant.id is None:
        raise MalformedError("a grant is logged before it is signed", at="/grant_id")
    if thumbprint(holder_jwk) not in grant.holder_keys:
        raise HolderBindingError("the grant does not name this holder key", at="/cnf/jwk")
    salts = (secret.salt(name) for name in DISCLOSED)
    return sd_jwt_vc.issue(
        vct=VCT,
        issuer=str(secret.issuer),
        key_id=None,
        signer=secret.signer,
        claims={
            "grant_id": grant.id,
            "log": grant.log,
            **{name: Sd(value) for name, value in grant.disclosed().items()},
        },
        holder_key=holder_jwk,
        issued_at=at,
        valid=grant.period,
        salts=salts.__next__,
    )


def commitments_of(presented: SdJwt) -> dict[str, str]:
    """Return the commitments that a grant credential stands for, to compare with the log's.

    Raises `MalformedError` unless its `_sd` has the digests of its five disclosures and no other:
    a sixth would be a part of the grant that the recipient was not shown.
    """
    payload = presented.payload()
    found = commitments(presented.disclosures)
    digests = as_array(payload.get(DIGESTS), at=f"/{DIGESTS}")
    stated = {as_digest(each, at=f"/{DIGESTS}") for each in digests}
    if len(digests) != len(DISCLOSED) or stated != set(found.values()):
        raise MalformedError("a grant has exactly its five digests", at=f"/{DIGESTS}")
    if payload.get(HASH_ALGORITHM, "sha-256") != "sha-256":
        raise MalformedError("a grant's digests are SHA-256", at=f"/{HASH_ALGORITHM}")
    return found


def require_committed(presented: SdJwt, logged: JsonObject) -> None:
    """Return if the log's commitments are those of `presented`; raise `LogProofError` if not."""
    if commitments_of(presented) != dict(logged):
        raise LogProofError("the log has another grant under this id", at="/c")


def control_key(verified: VerifiedSdJwtVc) -> Ed25519PublicKey:
    """Return the grant's own key, which its issuer is: the log entry must name the same."""
    key = did_key.public_key(Did.parse(verified.issuer, at="/iss"))
    if not isinstance(key, Ed25519PublicKey):
        raise ProofError("a grant is signed by an Ed25519 key of its own", at="/iss")
    return key


def read(verified: VerifiedSdJwtVc, disclosed: Sequence[Disclosure]) -> Grant:
    """Return the grant that a verified credential states; `disclosed` are all of its disclosures.

    Raises `MalformedError` for a missing or an additional member, and `HolderBindingError` unless
    the credential is bound to a key that the grant names. `require_committed` compares with the
    log.
    """
    commitments(disclosed)
    if verified.vct != VCT or verified.claims.keys() != _NAMED:
        raise MalformedError("not a consent grant, or more than that", at="/vct")
    _require_whole(verified, disclosed)
    control_key(verified)
    members = {name: verified.claims[name] for name in _NAMED - {"iss", "vct", "iat", "cnf"}}
    grant = Grant.parse(members)
    if verified.holder_key is None or thumbprint(verified.holder_key.jwk) not in grant.holder_keys:
        raise HolderBindingError("the grant does not name its own holder key", at="/cnf/jwk")
    return grant


def _require_whole(verified: VerifiedSdJwtVc, disclosed: Sequence[Disclosure]) -> None:
    """Refuse a disclosure that conceals a part of itself: it could be a term that binds us."""
    if {path: each.text for path, each in verified.disclosures.items()} != {
        (each.name,): each.text for each in disclosed
    }:
        raise MalformedError("a grant discloses five members and nothing else", at="/disclosures")
    for each in disclosed:
        if each.name is None or verified.claims[each.name] != each.value:
            raise MalformedError("a disclosure conceals a part of itself", at="/disclosures")


def _key_hash(key: Ed25519PublicKey) -> str:
    return multibase_encode(sha256_multihash(key.multikey.encode("ascii")))
