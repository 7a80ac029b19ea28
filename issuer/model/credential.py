"""Issued credentials: one per dataset of an offer, in as many copies as the wallet has keys."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from ssi_core.errors import ConflictError
from ssi_core.status.token import Status


class CredentialState(StrEnum):
    """Whether a credential is good: a revocation is final, a suspension is not."""

    VALID = "valid"
    SUSPENDED = "suspended"
    REVOKED = "revoked"

    @property
    def status(self) -> Status:
        """The status of every copy in its status list."""
        return _STATUS[self]


_STATUS: Final = {
    CredentialState.VALID: Status.VALID,
    CredentialState.SUSPENDED: Status.SUSPENDED,
    CredentialState.REVOKED: Status.INVALID,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """Where the status of one copy is: a list and an index that no other copy ever had."""

    status_list: int
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One issued credential. `version` grows with every change, so that no change is lost."""

    id: str
    offer: str
    identifier: str
    configuration: str
    created_at: datetime
    state: CredentialState = CredentialState.VALID
    version: int = 0

    def in_state(self, state: CredentialState) -> "Credential":
        """Return the credential in another state, or itself; nothing undoes a revocation."""
        if state is self.state:
            return self
        if self.state is CredentialState.REVOKED:
            raise ConflictError("a revocation is final")
        return replace(self, state=state, version=self.version + 1)

    def with_more_copies(self) -> "Credential":
        """Return the credential as it is once copies were added."""
        return replace(self, version=self.version + 1)
