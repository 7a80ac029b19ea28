"""What a replica signs when it keeps an entry for a log that it cannot reach."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from registry.model import signed_message
from registry.model.conflict_receipt import leaf_at
from registry.model.merkle import leaf_hash
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_encode
from ssi_core.errors import LogProofError, MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.keys import Signer
from ssi_core.period import from_timestamp, to_timestamp
from ssi_core.strict_json import as_integer, as_text

QUEUED_TYPE: Final = "consent-log-queued+jwt"
_MEMBERS: Final = frozenset({"iss", "log", "leaf", "at"})


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedReceipt:
    """`replica` has, since `at`, kept the entry with the hash `leaf`, and will send it to `log`.

    It is no word of the log: the entry may be refused, and is in no tree yet.
    """

    replica: Did
    log: str
    leaf: bytes
    at: datetime

    def to_json(self) -> JsonObject:
        """Return the claims."""
        return {
            "iss": str(self.replica),
            "log": self.log,
            "leaf": base64url_encode(self.leaf),
            "at": to_timestamp(self.at),
        }

    def require_of(self, entry: bytes) -> None:
        """Return if the receipt is about these bytes."""
        if leaf_hash(entry) != self.leaf:
            raise LogProofError("the receipt is of another entry", at="/leaf")


def sign_queued(*, log: str, leaf: bytes, at: datetime, signer: Signer) -> str:
    """Sign that the entry is kept, durably, since `at`."""
    replica = signed_message.did_of(signer.public_key)
    said = QueuedReceipt(replica=replica, log=log, leaf=leaf, at=at)
    return signed_message.sign(said.to_json(), typ=QUEUED_TYPE, signer=signer)


def verify_queued(text: str, *, replica: Did, log: str) -> QueuedReceipt:
    """Return the receipt if `replica` signed it, about an entry for `log`."""
    claims = signed_message.verify(text, typ=QUEUED_TYPE, signer=replica)
    if claims.keys() != _MEMBERS:
        raise MalformedError("a receipt of a replica has iss, log, leaf and at", at="")
    said = QueuedReceipt(
        replica=Did.parse(as_text(claims["iss"], at="/iss"), at="/iss"),
        log=as_text(claims["log"], at="/log"),
        leaf=leaf_at(claims["leaf"], at="/leaf"),
        at=from_timestamp(as_integer(claims["at"], at="/at"), at="/at"),
    )
    if (said.replica, said.log) != (replica, log):
        raise LogProofError("the receipt is of another replica, or for another log", at="/log")
    return said
