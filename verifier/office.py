"""The organisation at work: who it is, what it asks, which log it believes, where it is reached."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from registry.model.evidence import LogPolicy
from ssi_core import sealing
from ssi_core.errors import MalformedError, NotFoundError
from ssi_core.x5c import CertificateChain
from verifier.policy import Policy
from verifier.ports import Identity
from verifier.question import Recipient

REQUEST_LIFETIME: Final = timedelta(minutes=10)
_CHECKPOINT_AGE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedLog:
    """The log whose word is believed, if its witnesses have seen it lately. Keys are C2SP vkeys.

    `policy` (C2SP tlog-policy) says how many witnesses are enough; without it all must have.
    """

    origin: str
    log_vkey: str
    witness_vkeys: tuple[str, ...]
    policy: str | None = None

    def believed(self, policy: Policy) -> LogPolicy:
        """Return how much of the log's word `policy` believes."""
        rule = policy.grant
        return LogPolicy.pinned(
            origin=self.origin,
            log_vkey=self.log_vkey,
            witness_vkeys=self.witness_vkeys,
            policy=self.policy,
            max_checkpoint_age=_CHECKPOINT_AGE if rule is None else rule.max_checkpoint_age,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What all use cases of one verifier share. `key` seals what is kept (AES-256-GCM).

    `certificate` is a chain for the identity's assertion key, for wallets that know authorities.
    """

    identity: Identity
    name: str
    public_url: str
    policies: Mapping[str, Policy]
    log: TrustedLog
    key: bytes = field(repr=False)
    lifetime: timedelta = REQUEST_LIFETIME
    certificate: CertificateChain | None = None

    def __post_init__(self) -> None:
        chain = self.certificate
        if chain is not None and chain.leaf_key != self.identity.assertion_signer.public_key:
            raise MalformedError("the certificate is for another key", at="/certificate")

    @property
    def recipient(self) -> Recipient:
        """How the organisation presents itself to a person."""
        return Recipient(
            did=self.identity.did,
            name=self.name,
            withdrawal_uri=f"{self.public_url}/withdrawals",
            log=self.log.origin,
        )

    def policy(self, policy_id: str) -> Policy:
        """Return the policy with this id; `NotFoundError` if there is none."""
        try:
            return self.policies[policy_id]
        except KeyError:
            raise NotFoundError("there is no such policy", at="/policy") from None

    def request_uri(self, request_id: str) -> str:
        """Return where wallets fetch a request."""
        return f"{self.public_url}/requests/{request_id}"

    def response_uri(self, response_id: str) -> str:
        """Return where wallets post their answer."""
        return f"{self.public_url}/responses/{response_id}"

    def seal(self, plaintext: bytes, *, kind: str, request_id: str) -> bytes:
        """Encrypt what is kept of a request; it opens for the same kind and request only."""
        return sealing.seal(plaintext, key=self.key, context=f"{kind}/{request_id}".encode())

    def open_sealed(self, sealed: bytes, *, kind: str, request_id: str) -> bytes:
        """Decrypt what `seal` made."""
        context = f"{kind}/{request_id}".encode()
        return sealing.open_sealed(sealed, key=self.key, context=context)
