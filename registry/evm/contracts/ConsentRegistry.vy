# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version london
"""
@title ConsentRegistry
@license Apache-2.0
@notice Grants of consent by commitment, for networks that want their state on a chain.
    A grant's id binds its commitment, its control key and its period. So whoever registers it
    can change nothing about it, and being first with somebody else's grant gains nothing.
    That a person gave the grant is proved off chain, by the signed grant that is committed to.
@dev One storage word for each grant, packed by hand, since Vyper gives each member of a struct a
    word of its own: the control address, when it begins, when it ends, and whether withdrawn.
"""

MAX_BATCH: constant(uint256) = 200
HOUR: constant(uint64) = 3600
# Periods are whole hours below 2^40 seconds, so that times tell little and fit.
BEGINS_AT: constant(uint256) = 160
EXPIRES_AT: constant(uint256) = 200
WITHDRAWN: constant(uint256) = 1 << 240
TIME_MASK: constant(uint256) = 2**40 - 1
CONTROL_MASK: constant(uint256) = 2**160 - 1
STATEMENT: constant(bytes32) = keccak256("consentry withdraw 1")

flag State:
    PENDING
    ACTIVE
    EXPIRED
    WITHDRAWN

struct Grant:
    commitment: bytes32
    control: address
    begins: uint64
    expires: uint64

event Given:
    id: indexed(bytes32)

event Withdrawn:
    id: indexed(bytes32)

words: HashMap[bytes32, uint256]


@external
def give(grant: Grant) -> bytes32:
    """@notice Register one grant, and return its id."""
    return self._give(grant)


@external
def give_batch(grants: DynArray[Grant, MAX_BATCH]):
    """@notice Register several grants, all or none."""
    assert len(grants) > 0, "nothing given"
    for grant: Grant in grants:
        self._give(grant)


@external
def withdraw(id: bytes32):
    """@notice End a grant, as the account that controls it."""
    self._withdraw(id, msg.sender)


@external
def withdraw_signed(id: bytes32, v: uint256, r: uint256, s: uint256):
    """@notice End a grant by its control key's signature, which anybody may carry here."""
    digest: bytes32 = keccak256(abi_encode(STATEMENT, chain.id, self, id))
    self._withdraw(id, ecrecover(digest, v, r, s))


@view
@external
def state(id: bytes32) -> State:
    """@notice Return the grant's state at this block's time; zero if nobody registered it."""
    word: uint256 = self.words[id]
    if word == 0:
        return empty(State)
    if word & WITHDRAWN != 0:
        return State.WITHDRAWN
    if block.timestamp < (word >> BEGINS_AT) & TIME_MASK:
        return State.PENDING
    if block.timestamp < (word >> EXPIRES_AT) & TIME_MASK:
        return State.ACTIVE
    return State.EXPIRED


@pure
@external
def id_of(grant: Grant) -> bytes32:
    """@notice Return the id that `give` registers this grant under."""
    return keccak256(abi_encode(grant))


def _give(grant: Grant) -> bytes32:
    assert grant.commitment != empty(bytes32) and grant.control != empty(address), "an empty grant"
    assert grant.begins < grant.expires, "a period ends after it begins"
    assert convert(grant.expires, uint256) <= TIME_MASK, "too late"
    assert grant.begins % HOUR == 0 and grant.expires % HOUR == 0, "whole hours"
    id: bytes32 = keccak256(abi_encode(grant))
    assert self.words[id] == 0, "given already"
    self.words[id] = (
        convert(grant.control, uint256)
        | (convert(grant.begins, uint256) << BEGINS_AT)
        | (convert(grant.expires, uint256) << EXPIRES_AT)
    )
    log Given(id=id)
    return id


def _withdraw(id: bytes32, by: address):
    word: uint256 = self.words[id]
    assert word != 0, "not given"
    assert word & WITHDRAWN == 0, "withdrawn already"
    assert convert(by, uint256) == word & CONTROL_MASK, "not the control key"
    self.words[id] = word | WITHDRAWN
    log Withdrawn(id=id)
