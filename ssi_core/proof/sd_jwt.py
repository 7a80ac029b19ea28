"""SD-JWT and SD-JWT+KB: https://www.rfc-editor.org/rfc/rfc9901.

Nothing here verifies an issuer's signature: `ssi_core.verification` does.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self

from ssi_core import claim_path, jws
from ssi_core.claim_path import ClaimPath
from ssi_core.errors import MalformedError, QueryError, WorkLimitError
from ssi_core.json_types import JsonObject
from ssi_core.keys import Signer
from ssi_core.period import to_timestamp
from ssi_core.proof.disclosure import HASH_ALGORITHMS, Disclosure, digest
from ssi_core.proof.sd_jwt_payload import (
    Revealed,
    Sd,
    SdClaims,
    SdValue,
    conceal,
    hash_algorithm,
    random_salt,
    reveal,
)

__all__ = [
    "KEY_BINDING_TYPE",
    "Disclosure",
    "Revealed",
    "Sd",
    "SdClaims",
    "SdJwt",
    "SdValue",
    "bind",
    "conceal",
    "derive",
    "disclosed_paths",
    "index",
    "issue",
    "process",
    "reveal",
]

KEY_BINDING_TYPE: Final = "kb+jwt"
MAX_CHARACTERS: Final = 1_048_576
# Each is parsed before the signature is looked at.
MAX_DISCLOSURES: Final = 10_000
_KEY_BINDING_CLAIMS: Final = frozenset({"iat", "aud", "nonce", "sd_hash"})


@dataclass(frozen=True, slots=True)
class SdJwt:
    """An issuer-signed JWT, some of its disclosures, and perhaps a key binding JWT."""

    jws_text: str
    disclosures: tuple[Disclosure, ...]
    key_binding: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take the compact serialization apart (section 4)."""
        if len(text) > MAX_CHARACTERS:
            raise MalformedError("SD-JWT is larger than allowed")
        jws_text, *parts = text.split("~")
        if not parts:
            raise MalformedError("an SD-JWT has a tilde after each part")
        if len(parts) - 1 > MAX_DISCLOSURES:
            raise WorkLimitError("an SD-JWT has more disclosures than allowed", at="/disclosures")
        return cls(jws_text, Disclosure.parse_all(parts[:-1]), parts[-1] or None)

    def __str__(self) -> str:
        return self.without_key_binding + (self.key_binding or "")

    @property
    def without_key_binding(self) -> str:
        """The compact serialization up to its last tilde: what a key binding JWT hashes."""
        return "~".join([self.jws_text, *[item.text for item in self.disclosures], ""])

    def payload(self) -> JsonObject:
        """Return the issuer-signed claims, digests and all, unverified."""
        return jws.parse(self.jws_text).claims()

    def hash(self, algorithm: str) -> str:
        """Return the `sd_hash` of this SD-JWT (section 4.3.1)."""
        try:
            return digest(self.without_key_binding.encode("ascii"), algorithm)
        except UnicodeEncodeError:
            raise MalformedError("an SD-JWT is ASCII") from None


def issue(
    claims: SdClaims,
    *,
    header: JsonObject,
    signer: Signer,
    decoys: int = 0,
    salts: Callable[[], bytes] = random_salt,
) -> SdJwt:
    """Sign `claims`, hiding each part marked `Sd` behind a digest; see `conceal`."""
    payload, disclosures = conceal(claims, decoys=decoys, salts=salts)
    return SdJwt(jws.sign(header, payload, signer=signer), disclosures)


def process(
    payload: JsonObject,
    disclosures: Sequence[Disclosure],
    *,
    hash_algorithms: Collection[str] = HASH_ALGORITHMS,
) -> JsonObject:
    """Return the Processed SD-JWT Payload (section 7.1); see `reveal` for what is refused."""
    return reveal(payload, disclosures, hash_algorithms=hash_algorithms).claims()


def index(sd_jwt: SdJwt) -> Mapping[ClaimPath, Disclosure]:
    """Return each disclosure under the path that its claim has in the processed payload."""
    revealed = reveal(sd_jwt.payload(), sd_jwt.disclosures)
    return {revealed.processed_path(path): item for path, item in revealed.disclosures.items()}


def disclosed_paths(sd_jwt: SdJwt) -> frozenset[ClaimPath]:
    """Return the path of every claim that has a disclosure of its own here."""
    return frozenset(index(sd_jwt))


def derive(sd_jwt: SdJwt, keep: Collection[ClaimPath]) -> SdJwt:
    """Return the SD-JWT with only what `keep` selects, all that is below, and needed parents.

    A path in `keep` that selects nothing raises `QueryError`. Key binding does not survive.
    """
    revealed = reveal(sd_jwt.payload(), sd_jwt.disclosures)
    claims = revealed.claims()
    selected = [path for pattern in keep for path in _selected(claims, pattern)]
    kept = {
        disclosure.text
        for place, disclosure in revealed.disclosures.items()
        if _is_needed(revealed.processed_path(place), selected)
    }
    return SdJwt(sd_jwt.jws_text, tuple(d for d in sd_jwt.disclosures if d.text in kept))


def bind(
    sd_jwt: SdJwt,
    *,
    signer: Signer,
    audience: str,
    nonce: str,
    at: datetime,
    extra: JsonObject | None = None,
) -> SdJwt:
    """Return the SD-JWT+KB that the holder's `signer` makes for one verifier (section 4.3)."""
    if sd_jwt.key_binding is not None:
        raise MalformedError("key binding is already there")
    if extra is not None and _KEY_BINDING_CLAIMS & extra.keys():
        raise MalformedError("key binding claims are not for callers to set")
    claims: JsonObject = {
        "iat": to_timestamp(at),
        "aud": audience,
        "nonce": nonce,
        "sd_hash": sd_jwt.hash(hash_algorithm(sd_jwt.payload())),
        **(extra or {}),
    }
    return replace(sd_jwt, key_binding=jws.sign({"typ": KEY_BINDING_TYPE}, claims, signer=signer))


def _selected(claims: JsonObject, pattern: ClaimPath) -> Collection[ClaimPath]:
    if not (found := claim_path.select(claims, pattern)):
        raise QueryError("there is no such claim", at=claim_path.pointer(pattern))
    return found.keys()


def _is_needed(path: ClaimPath, selected: Collection[ClaimPath]) -> bool:
    return any(claim_path.covers(keep, path) or claim_path.covers(path, keep) for keep in selected)
