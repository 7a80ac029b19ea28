"""What a caller accepts, and what it expects a presentation to be made for."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from ssi_core.credential.sd_jwt_vc import TYPE
from ssi_core.errors import MalformedError
from ssi_core.proof.disclosure import HASH_ALGORITHMS

_SIGNATURES: Final = frozenset({"EdDSA", "Ed25519", "ES256"})


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationPolicy:
    """What a caller accepts; nothing is accepted by default.

    A credential that names a status list is always checked against it; `require_status` refuses
    those that name none. `status_issuers` may sign status lists of credentials that others issue.
    `trusted_certificates` (DER) is None where issuers are not trusted through certificates.
    """

    algorithms: frozenset[str]
    vcts: frozenset[str]
    require_status: bool
    require_holder_binding: bool = True
    status_max_age: timedelta | None = None
    status_issuers: frozenset[str] = frozenset()
    clock_skew: timedelta = timedelta(seconds=30)
    key_binding_max_age: timedelta = timedelta(minutes=5)
    accepted_types: frozenset[str] = frozenset({TYPE})
    hash_algorithms: frozenset[str] = HASH_ALGORITHMS
    trusted_certificates: frozenset[bytes] | None = None

    def __post_init__(self) -> None:
        if not (self.algorithms and self.vcts and self.accepted_types and self.hash_algorithms):
            raise MalformedError("a policy that accepts nothing is no policy")
        if not self.algorithms <= _SIGNATURES:
            raise MalformedError("a policy accepts signature algorithms that we have")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What key binding must have been made for."""

    audience: str
    nonce: str
    transaction_data: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (self.audience and self.nonce):
            raise MalformedError("key binding is made for an audience and a nonce")
