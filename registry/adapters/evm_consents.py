"""Grants in a `ConsentRegistry` contract, for networks that want their state on a chain."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeAlias, final

from registry.adapters.evm_chain import EvmChain
from registry.evm.artifacts import CONSENT_REGISTRY, load_artifact
from ssi_core.errors import MalformedError
from ssi_core.period import Period, to_timestamp

MAX_BATCH: Final = 200
_STATEMENT: Final = b"consentry withdraw 1"
_HASH_BYTES: Final = 32
_WORD_BYTES: Final = 32
_Members: TypeAlias = tuple[bytes, str, int, int]


class ChainState(IntEnum):
    """What the contract says of a grant, at the time of its newest block."""

    NOT_GIVEN = 0
    PENDING = 1
    ACTIVE = 2
    EXPIRED = 4
    WITHDRAWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainGrant:
    """A grant as the chain sees it: what it commits to, the account that may end it, and when."""

    commitment: bytes
    control: str
    period: Period

    def __post_init__(self) -> None:
        if len(self.commitment) != _HASH_BYTES:
            raise MalformedError("a commitment has 32 bytes")
        if self.period.start is None or self.period.end is None:
            raise MalformedError("a grant on a chain begins and ends")


@final
class EvmConsents:
    """Registers, ends and looks up grants, as the account of `chain`. Threads may share it."""

    def __init__(self, chain: EvmChain, *, contract: str) -> None:
        self._chain = chain
        self.contract = chain.address_of(contract)
        self._artifact = load_artifact(CONSENT_REGISTRY)

    def give(self, grants: Sequence[ChainGrant]) -> str:
        """Register between 1 and 200 grants, all or none; return the transaction's hash."""
        if not 0 < len(grants) <= MAX_BATCH:
            raise MalformedError("a batch has between 1 and 200 grants")
        members = [_members(grant) for grant in grants]
        if len(members) == 1:
            return self._transact("give", members[0])
        return self._transact("give_batch", members)

    def withdraw(self, grant_id: bytes, *, control: EvmChain | None = None) -> str:
        """End a grant that this account controls, or carry the word of the account that does."""
        if control is None:
            return self._transact("withdraw", grant_id)
        words = (
            self._chain.keccak(_STATEMENT),
            self._chain.chain_id().to_bytes(_WORD_BYTES, "big"),
            bytes.fromhex(self.contract[2:]).rjust(_WORD_BYTES, b"\0"),
            grant_id,
        )
        signed = control.sign(self._chain.keccak(b"".join(words)))
        return self._transact("withdraw_signed", grant_id, *signed)

    def state(self, grant_id: bytes) -> ChainState:
        """Return what the contract says of a grant."""
        return ChainState(self._chain.call(self._artifact, self.contract, "state", grant_id))

    def id_of(self, grant: ChainGrant) -> bytes:
        """Return the id that the contract registers a grant under; nobody is asked."""
        commitment, control, begins, expires = _members(grant)
        words = (
            commitment,
            bytes.fromhex(self._chain.address_of(control)[2:]).rjust(_WORD_BYTES, b"\0"),
            begins.to_bytes(_WORD_BYTES, "big"),
            expires.to_bytes(_WORD_BYTES, "big"),
        )
        return self._chain.keccak(b"".join(words))

    def _transact(self, function: str, *arguments: object) -> str:
        return self._chain.transact(self._artifact, self.contract, function, *arguments)[0]


def _members(grant: ChainGrant) -> _Members:
    begins, expires = (
        0 if moment is None else to_timestamp(moment)
        for moment in (grant.period.start, grant.period.end)
    )
    return grant.commitment, grant.control, begins, expires
