"""What may happen to an accreditation after it was given: the entries that say so.

The proofs need the keys of who says it, which the log prefix holds.
"""

from dataclasses import dataclass
from typing import Final, Self

from registry.model.accreditations import organisation_at
from registry.model.envelope import Entry, digest_at, moment_at, multihash_at
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError

_SINCE: Final = "compromised_since"


@dataclass(frozen=True, slots=True)
class AccreditRevoke:
    """What an `accredit.revoke` entry says: that an accreditation ends, and who says so.

    With `compromised_since`, a NumericDate, what was issued before it stays good.
    """

    id: str
    issuer: Did
    compromised_since: int | None = None

    @classmethod
    def parse(cls, entry: Entry) -> Self:
        """Read the members."""
        members = entry.members
        accreditation_id = entry.require_changed("iss", *({_SINCE} & members.keys()))
        since = moment_at(members, _SINCE) if _SINCE in members else None
        if since is not None and since > moment_at(members, "ts"):
            raise MalformedError("a compromise is told of after it began", at=f"/{_SINCE}")
        return cls(accreditation_id, organisation_at(members, "iss"), since)


@dataclass(frozen=True, slots=True)
class AccreditSuspend:
    """What an `accredit.suspend` entry says: that nothing stands on an accreditation for now."""

    id: str
    issuer: Did

    @classmethod
    def parse(cls, entry: Entry) -> Self:
        """Read the members; the nonce makes each suspension another entry."""
        accreditation_id = entry.require_changed("iss", "n")
        digest_at(entry.members, "n")
        return cls(accreditation_id, organisation_at(entry.members, "iss"))


@dataclass(frozen=True, slots=True)
class AccreditResume:
    """What an `accredit.resume` entry says: that the suspension in the entry `previous` is over."""

    id: str
    issuer: Did
    previous: str

    @classmethod
    def parse(cls, entry: Entry) -> Self:
        """Read the members."""
        accreditation_id, members = entry.require_changed("iss", "prev"), entry.members
        return cls(accreditation_id, organisation_at(members, "iss"), multihash_at(members, "prev"))
