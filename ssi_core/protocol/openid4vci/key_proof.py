"""Key proofs of type `jwt`: the wallet holds the key it wants bound (appendix F.1)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ssi_core import jws
from ssi_core.did import jwk as did_jwk
from ssi_core.did import key as did_key
from ssi_core.did.document import VerificationRelationship
from ssi_core.did.syntax import Did, DidUrl
from ssi_core.errors import (
    AudienceError,
    ExpiredError,
    NonceError,
    NotYetValidError,
    ProofError,
)
from ssi_core.json_types import JsonObject
from ssi_core.jws import Jws
from ssi_core.keys import PublicKey, Signer, public_key_from_jwk
from ssi_core.period import from_timestamp, to_timestamp
from ssi_core.strict_json import as_integer, as_object, as_text

PROOF_TYPE: Final = "openid4vci-proof+jwt"
ALGORITHMS: Final = frozenset({"ES256", "EdDSA", "Ed25519"})
MAX_AGE: Final = timedelta(minutes=10)
CLOCK_SKEW: Final = timedelta(minutes=2)
_MAX_CHARACTERS: Final = 16_384
_KEY_MEMBERS: Final = frozenset({"jwk", "kid", "x5c"})
_RESOLVERS: Final = {"jwk": did_jwk.resolve, "key": did_key.resolve}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyProof:
    """A proof that held: whoever sent it has the private key. Only `verify_proof` makes one.

    `did` is the one that it named its key by, or else the did:key of that key. `client_id` is its
    `iss`, if it has one: whether that is right is for the caller to know.
    """

    public_key: PublicKey
    did: Did
    nonce: str
    client_id: str | None

    @property
    def jwk(self) -> JsonObject:
        """The key as it goes into a credential's `cnf` claim."""
        return self.public_key.jwk


def make_proof(
    signer: Signer, *, audience: str, nonce: str | None, at: datetime, issuer: str | None = None
) -> str:
    """Return the proof JWT for `signer`'s key, carried in `jwk`.

    `audience` is the Credential Issuer Identifier, `nonce` its c_nonce if it has a nonce endpoint,
    `issuer` the client_id, which is left out where the token was had anonymously.
    """
    claims: dict[str, str | int] = {"aud": audience, "iat": to_timestamp(at)}
    if nonce is not None:
        claims["nonce"] = nonce
    if issuer is not None:
        claims["iss"] = issuer
    header: JsonObject = {"typ": PROOF_TYPE, "jwk": signer.public_key.jwk}
    return jws.sign(header, claims, signer=signer)


def proof_nonce(text: str) -> str:
    """Return the c_nonce that a proof was made for, unverified; refused when it has none."""
    return as_text(_parse(text).claims().get("nonce"), at="/nonce")


def verify_proof(
    text: str,
    *,
    audience: str,
    nonces: Collection[str],
    at: datetime,
    algorithms: Collection[str] = ALGORITHMS,
    max_age: timedelta = MAX_AGE,
) -> KeyProof:
    """Return the key whose possession `text` proves, freshly and to `audience` (appendix F.4).

    Raises `AudienceError`, `NonceError` when its nonce is not among `nonces`, `ExpiredError` or
    `NotYetValidError` when it was not made in the last `max_age`, else `ProofError`.
    """
    proof = _parse(text)
    jws.require_header(proof, algorithms=algorithms, typ=PROOF_TYPE)
    key = _key(proof.header)
    claims = jws.verify(proof, key=key).claims()
    if claims.get("aud") != audience:
        raise AudienceError("the proof is for another issuer", at="/aud")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or nonce not in nonces:
        raise NonceError("the nonce is not one of ours, or no longer", at="/nonce")
    _require_fresh(claims, at, max_age)
    issuer = as_text(claims["iss"], at="/iss") if "iss" in claims else None
    return KeyProof(public_key=key, did=_did(proof.header, key), nonce=nonce, client_id=issuer)


def _parse(text: str) -> Jws:
    return jws.parse(text, max_characters=_MAX_CHARACTERS)


def _key(header: JsonObject) -> PublicKey:
    if len(_KEY_MEMBERS & header.keys()) != 1:
        raise ProofError("the header has one of jwk, kid and x5c", at="/header")
    if "jwk" in header:
        return public_key_from_jwk(as_object(header["jwk"], at="/header/jwk"), at="/header/jwk")
    if "kid" in header:
        return _key_of_did(as_text(header["kid"], at="/header/kid"))
    raise ProofError("keys in certificates are not accepted", at="/header/x5c")


def _key_of_did(kid: str) -> PublicKey:
    url = DidUrl.parse(kid, at="/header/kid")
    resolve = _RESOLVERS.get(url.did.method)
    if resolve is None or url.path or url.query is not None:
        raise ProofError("kid is a DID URL of did:jwk or did:key", at="/header/kid")
    document = resolve(url.did)
    methods = document.method_ids(VerificationRelationship.AUTHENTICATION)
    # A bare DID of these methods can only mean its one key.
    named = kid if url.fragment is not None else next(iter(methods), kid)
    return document.key_for(named, VerificationRelationship.AUTHENTICATION)


def _did(header: JsonObject, key: PublicKey) -> Did:
    if "kid" in header:
        return DidUrl.parse(as_text(header["kid"], at="/header/kid")).did
    return did_key.did_for(key)


def _require_fresh(claims: JsonObject, at: datetime, max_age: timedelta) -> None:
    issued_at = _moment(claims, "iat")
    if issued_at > at + CLOCK_SKEW:
        raise NotYetValidError("the proof is from the future", at="/iat")
    if issued_at < at - max_age:
        raise ExpiredError("the proof is too old", at="/iat")
    if "exp" in claims and _moment(claims, "exp") <= at:
        raise ExpiredError("the proof is no longer valid", at="/exp")


def _moment(claims: JsonObject, name: str) -> datetime:
    value = claims.get(name)
    # A NumericDate may have a fraction (RFC 7519 section 2), and JavaScript's often do.
    seconds = int(value) if isinstance(value, float) else as_integer(value, at=f"/{name}")
    return from_timestamp(seconds, at=f"/{name}")
