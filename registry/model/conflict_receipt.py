"""What the log signs when it refuses an entry because another was there first.

It says which entry was refused, by which rule, and where the one stands that won. Whoever has both
entries can show it to others: what the log says of their signers is then plain to see, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from registry.model import signed_message
from registry.model.contention import contradicted_by
from registry.model.envelope import Entry
from registry.model.log_event import log_index
from registry.model.merkle import HASH_BYTES, leaf_hash
from registry.model.signed_note import VerifierKey
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import LogProofError, MalformedError, ProofError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import Signer
from ssi_core.period import from_timestamp, to_timestamp
from ssi_core.strict_json import as_array, as_integer, as_object, as_text

CONFLICT_TYPE: Final = "consent-log-conflict+jwt"
_MEMBERS: Final = frozenset({"log", "leaf", "rule", "pointer", "winner", "size", "by", "at"})
_MAX_TEXT: Final = 200


@dataclass(frozen=True, slots=True)
class Winner:
    """The entry that was first: its index and its leaf hash."""

    index: int
    leaf: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictReceipt:
    """The entry with the hash `leaf` was refused by `rule`, because the log has `winner`.

    It was judged at `at`, before a tree of `size` entries, all of which are durable. `signers` have
    signed both, as statements of which the log can have one: that is duplicity.
    """

    log: str
    leaf: bytes
    rule: str
    pointer: str | None
    winner: Winner
    size: int
    signers: tuple[Did, ...]
    at: datetime

    def __post_init__(self) -> None:
        if not self.winner.index < self.size or self.winner.leaf == self.leaf:
            raise MalformedError("what has won is another entry, and in the log", at="/winner")
        if not 0 < len(self.rule) <= _MAX_TEXT or len(self.pointer or "") > _MAX_TEXT:
            raise MalformedError("a receipt names one rule", at="/rule")
        if list(self.signers) != sorted(set(self.signers), key=str):
            raise MalformedError("signers are named once, and in order", at="/by")

    @classmethod
    def parse(cls, claims: JsonObject) -> Self:
        """Read the claims of a receipt, unverified."""
        if claims.keys() != _MEMBERS:
            raise MalformedError("a conflict receipt has eight members, and no others", at="")
        pointer = claims["pointer"]
        return cls(
            log=as_text(claims["log"], at="/log"),
            leaf=leaf_at(claims["leaf"], at="/leaf"),
            rule=as_text(claims["rule"], at="/rule"),
            pointer=None if pointer is None else as_text(pointer, at="/pointer"),
            winner=_winner(as_object(claims["winner"], at="/winner")),
            size=log_index(claims["size"], at="/size"),
            signers=tuple(
                Did.parse(as_text(did, at="/by"), at="/by")
                for did in as_array(claims["by"], at="/by")
            ),
            at=from_timestamp(as_integer(claims["at"], at="/at"), at="/at"),
        )

    def to_json(self) -> JsonObject:
        """Return the claims that `parse` reads."""
        winner: JsonObject = {
            "index": self.winner.index,
            "leaf": base64url_encode(self.winner.leaf),
        }
        return {
            "log": self.log,
            "leaf": base64url_encode(self.leaf),
            "rule": self.rule,
            "pointer": self.pointer,
            "winner": winner,
            "size": self.size,
            "by": [str(did) for did in self.signers],
            "at": to_timestamp(self.at),
        }

    def require_of(self, refused: bytes) -> None:
        """Return if the receipt is about these bytes."""
        if leaf_hash(refused) != self.leaf:
            raise LogProofError("the receipt is of another entry", at="/leaf")


@dataclass(frozen=True, slots=True)
class Duplicity:
    """`signers` signed both entries, of which the log can have one. Made by `duplicity_in`."""

    signers: Sequence[Did]
    refused: Entry
    winner: Entry


def sign_conflict(receipt: ConflictReceipt, *, signer: Signer) -> str:
    """Sign a receipt with the log's own key."""
    return signed_message.sign(receipt.to_json(), typ=CONFLICT_TYPE, signer=signer)


def verify_conflict(text: str, *, log_key: VerifierKey) -> ConflictReceipt:
    """Return the receipt if the log with this key signed it."""
    signer = signed_message.did_of(log_key.public_key)
    claims = signed_message.verify(text, typ=CONFLICT_TYPE, signer=signer)
    receipt = ConflictReceipt.parse(claims)
    if receipt.log != log_key.name:
        raise ProofError("the receipt is of another log", at="/log")
    return receipt


def duplicity_in(receipt: ConflictReceipt, *, refused: bytes, winner: bytes) -> Duplicity:
    """Return the proof that somebody said two things, of which the log can have one.

    The receipt is verified before. It says that the log has verified the signatures, and `refused`
    and `winner` show what was signed. Raises `LogProofError` if they are not the receipt's entries,
    or do not contradict each other.
    """
    receipt.require_of(refused)
    if leaf_hash(winner) != receipt.winner.leaf:
        raise LogProofError("another entry has won", at="/winner/leaf")
    one, other = Entry.parse(refused), Entry.parse(winner)
    if not receipt.signers or contradicted_by(one, other) != receipt.signers:
        raise LogProofError("nobody has signed two entries that contradict", at="/by")
    return Duplicity(receipt.signers, one, other)


def leaf_at(value: JsonValue, *, at: str) -> bytes:
    """Read a leaf hash."""
    leaf = base64url_decode(as_text(value, at=at), at=at)
    if len(leaf) != HASH_BYTES:
        raise MalformedError("a leaf hash has 32 bytes", at=at)
    return leaf


def _winner(body: JsonObject) -> Winner:
    if body.keys() != {"index", "leaf"}:
        raise MalformedError("a winner has an index and a leaf", at="/winner")
    return Winner(
        log_index(body["index"], at="/winner/index"), leaf_at(body["leaf"], at="/winner/leaf")
    )
