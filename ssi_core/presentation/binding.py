"""What ties a presentation to one verifier, one request and one transaction.

Key binding JWTs: RFC 9901 section 7.3. Transaction data: OpenID4VP 1.0 section 8.4, and the profile
for SD-JWT VC in its appendix B.3.3.1.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from ssi_core import jws, strict_json
from ssi_core.credential.sd_jwt_vc import numeric_date
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import (
    AlgorithmError,
    AudienceError,
    HolderBindingError,
    MalformedError,
    NonceError,
    ProofError,
    StaleError,
)
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import PublicKey
from ssi_core.period import Period
from ssi_core.proof.disclosure import DEFAULT_HASH_ALGORITHM, HASH_ALGORITHMS, digest
from ssi_core.proof.sd_jwt import KEY_BINDING_TYPE, SdJwt
from ssi_core.proof.sd_jwt_payload import hash_algorithm
from ssi_core.strict_json import as_text, as_texts

_HASHES: Final = "transaction_data_hashes"
_HASHES_ALGORITHM: Final = "transaction_data_hashes_alg"


@dataclass(frozen=True, slots=True)
class TransactionData:
    """One transaction that a verifier asks the holder to authorise; `body` is all of it."""

    text: str
    type: str
    credential_ids: tuple[str, ...]
    hash_algorithms: tuple[str, ...] | None
    body: JsonObject

    @classmethod
    def parse(cls, text: str, *, at: str = "/transaction_data") -> Self:
        """Read one element of the `transaction_data` request parameter (base64url of JSON)."""
        body = strict_json.parse_object(base64url_decode(text, at=at))
        named = body.get(_HASHES_ALGORITHM)
        return cls(
            text,
            as_text(body.get("type"), at=f"{at}/type"),
            as_texts(body.get("credential_ids"), at=f"{at}/credential_ids"),
            None if named is None else as_texts(named, at=f"{at}/{_HASHES_ALGORITHM}"),
            body,
        )

    @classmethod
    def encode(cls, body: JsonObject) -> Self:
        """Write `body` as the text that goes into a request."""
        return cls.parse(base64url_encode(strict_json.render(body).encode()))


def hashes(texts: Sequence[str], algorithm: str = DEFAULT_HASH_ALGORITHM) -> list[str]:
    """Return the hash of each transaction data text as it was sent, not decoded."""
    try:
        return [digest(text.encode("ascii"), algorithm) for text in texts]
    except UnicodeEncodeError:
        raise MalformedError("transaction data is base64url", at="/transaction_data") from None


def transaction_claims(texts: Sequence[str]) -> JsonObject:
    """Return the key binding claims by which a holder authorises these transactions."""
    if not texts:
        return {}
    items = [TransactionData.parse(text) for text in texts]
    algorithm = _common_algorithm(items)
    claims: dict[str, JsonValue] = {_HASHES: hashes(texts, algorithm)}
    if any(item.hash_algorithms is not None for item in items):
        claims[_HASHES_ALGORITHM] = algorithm
    return claims


def check_transactions(claims: JsonObject, texts: Sequence[str]) -> None:
    """Return if the key binding `claims` authorise all of `texts` and nothing besides.

    Without `texts` nothing is asked, so whatever a holder authorises is not looked at.
    """
    if not texts:
        return
    items = [TransactionData.parse(text) for text in texts]
    algorithm = claims.get(_HASHES_ALGORITHM)
    if algorithm is None and any(item.hash_algorithms is not None for item in items):
        raise ProofError("the hash algorithm of transaction data is missing", at="/key_binding")
    name = DEFAULT_HASH_ALGORITHM if algorithm is None else as_text(algorithm, at="/key_binding")
    if any(name not in _accepted(item) for item in items):
        raise AlgorithmError(
            "hash algorithm was not offered", at=f"/key_binding/{_HASHES_ALGORITHM}"
        )
    given = claims.get(_HASHES)
    if given is None:
        raise ProofError("transaction data was not authorised", at=f"/key_binding/{_HASHES}")
    if sorted(as_texts(given, at=f"/key_binding/{_HASHES}")) != sorted(hashes(texts, name)):
        raise ProofError("other transaction data was authorised", at=f"/key_binding/{_HASHES}")


def verify_key_binding(
    sd_jwt: SdJwt,
    *,
    holder_key: PublicKey,
    audience: str,
    nonce: str,
    at: datetime,
    max_age: timedelta,
    transaction_data: Sequence[str] = (),
    algorithms: Collection[str] | None = None,
    clock_skew: timedelta = timedelta(0),
    sd_hash: str | None = None,
) -> JsonObject:
    """Return the claims of the key binding JWT if it was made for this (RFC 9901 section 7.3).

    `sd_hash` spares the caller who already knows it from hashing again. Raises
    `HolderBindingError`, `AudienceError`, `NonceError`, `StaleError` (too old), `NotYetValidError`
    (from the future), or `ProofError` for other transactions.
    """
    if sd_jwt.key_binding is None:
        raise HolderBindingError("key binding is missing")
    claims = _verified_claims(sd_jwt.key_binding, holder_key, algorithms)
    if as_text(claims.get("aud"), at="/key_binding/aud") != audience:
        raise AudienceError("made for another audience", at="/key_binding/aud")
    if as_text(claims.get("nonce"), at="/key_binding/nonce") != nonce:
        raise NonceError("made for another request", at="/key_binding/nonce")
    _check_times(claims, at=at, max_age=max_age, clock_skew=clock_skew)
    expected = sd_hash or sd_jwt.hash(hash_algorithm(sd_jwt.payload()))
    if as_text(claims.get("sd_hash"), at="/key_binding/sd_hash") != expected:
        raise HolderBindingError("made for other disclosures", at="/key_binding/sd_hash")
    check_transactions(claims, transaction_data)
    return claims


def _verified_claims(
    text: str, holder_key: PublicKey, algorithms: Collection[str] | None
) -> JsonObject:
    parsed = jws.parse(text)
    accepted = holder_key.algorithms if algorithms is None else algorithms
    jws.require_header(parsed, algorithms=accepted, typ=KEY_BINDING_TYPE)
    try:
        return jws.verify(parsed, key=holder_key).claims()
    except AlgorithmError:
        raise
    except ProofError:
        raise HolderBindingError("made by another key than the credential's") from None


def _check_times(
    claims: JsonObject, *, at: datetime, max_age: timedelta, clock_skew: timedelta
) -> None:
    issued_at = _moment(claims.get("iat"), "/key_binding/iat")
    Period(issued_at, None).require(at + clock_skew, at="/key_binding/iat")
    if at - issued_at > max_age + clock_skew:
        raise StaleError("key binding is older than allowed", at="/key_binding/iat")
    if "nbf" in claims:
        start = _moment(claims["nbf"], "/key_binding/nbf")
        Period(start, None).require(at + clock_skew, at="/key_binding/nbf")
    if "exp" in claims:
        end = _moment(claims["exp"], "/key_binding/exp")
        Period(None, end).require(at - clock_skew, at="/key_binding/exp")


def _moment(value: JsonValue, at: str) -> datetime:
    if (moment := numeric_date(value, at=at)) is None:
        raise MalformedError("must be a NumericDate", at=at)
    return moment


def _accepted(item: TransactionData) -> Collection[str]:
    return item.hash_algorithms or (DEFAULT_HASH_ALGORITHM,)


def _common_algorithm(items: Sequence[TransactionData]) -> str:
    for name in _accepted(items[0]):
        if name in HASH_ALGORITHMS and all(name in _accepted(item) for item in items):
            return name
    raise AlgorithmError("no hash algorithm fits all transaction data", at="/transaction_data")
