# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version london
"""
@title LogAnchor
@license Apache-2.0
@notice Shows the organisations of a network how far each other's logs have come. Members and
    logs are admitted by the votes of `quorum` members. A log's own secp256k1 key signs each size
    and root, so whoever carries them here need not be believed; two signed roots for one size
    freeze the log, for good. That a root continues the one before is for witnesses to verify.
"""
MAX_MEMBERS: constant(uint256) = 32
# One word for each log: the signer's address, the size above it, and the frozen bit above that.
SIZE_AT: constant(uint256) = 160
FROZEN_AT: constant(uint256) = 224
SIZE_MASK: constant(uint256) = 2**64 - 1
SIGNER_MASK: constant(uint256) = 2**160 - 1
# A log signs this about itself and not about this chain: what it signed elsewhere counts here.
STATEMENT: constant(bytes32) = keccak256("consentry log anchor 1")

struct Signed:
    root: bytes32
    v: uint256
    r: uint256
    s: uint256

event Voted:
    digest: indexed(bytes32)
    member: indexed(address)
event MemberSet:
    account: indexed(address)
    admitted: bool
    quorum: uint256
event LogOpened:
    log_id: indexed(bytes32)
    signer: address
event Anchored:
    log_id: indexed(bytes32)
    size: uint64
    signed: Signed
event Frozen:
    log_id: indexed(bytes32)
    size: uint64
    root: bytes32
    other_root: bytes32

is_member: public(HashMap[address, bool])
member_count: public(uint256)
quorum: public(uint256)
# Rises with every change of the member set: votes cast before it no longer count.
term: public(uint256)
votes: public(HashMap[bytes32, uint256])
has_voted: HashMap[bytes32, HashMap[address, bool]]
words: HashMap[bytes32, uint256]
roots: HashMap[bytes32, bytes32]

@deploy
def __init__(members: DynArray[address, MAX_MEMBERS], quorum: uint256):
    for member: address in members:
        assert member != empty(address) and not self.is_member[member], "a member twice, or none"
        self.is_member[member] = True
        log MemberSet(account=member, admitted=True, quorum=quorum)
    self.member_count = len(members)
    assert 0 < quorum and quorum <= len(members), "quorum out of range"
    self.quorum = quorum

@external
def vote_member(account: address, admitted: bool, quorum: uint256):
    """@notice Vote that `account` joins or leaves, and that `quorum` votes decide from then on."""
    assert account != empty(address), "no account"
    moves: bool = self.is_member[account] != admitted
    assert moves or quorum != self.quorum, "nothing would change"
    if not self._decided(keccak256(abi_encode(self.term, account, admitted, quorum))):
        return
    if moves:
        self.is_member[account] = admitted
        self.member_count = self.member_count + 1 if admitted else self.member_count - 1
    assert self.member_count <= MAX_MEMBERS, "too many members"
    assert 0 < quorum and quorum <= self.member_count, "quorum out of range"
    self.quorum = quorum
    self.term += 1
    log MemberSet(account=account, admitted=admitted, quorum=quorum)

@external
def vote_log(log_id: bytes32, signer: address):
    """@notice Vote that the log `log_id` is anchored here, signed by `signer` and no other."""
    assert signer != empty(address), "no signer"
    assert self.words[log_id] == 0, "the log is open"
    if not self._decided(keccak256(abi_encode(self.term, log_id, signer))):
        return
    self.words[log_id] = convert(signer, uint256)
    log LogOpened(log_id=log_id, signer=signer)

@external
def anchor(log_id: bytes32, size: uint64, signed: Signed):
    """@notice Keep a larger tree; another root for the size that is kept freezes the log."""
    word: uint256 = self._open(log_id)
    self._require_signed(word, log_id, size, signed)
    kept: uint64 = convert((word >> SIZE_AT) & SIZE_MASK, uint64)
    if size == kept and size != 0 and signed.root != self.roots[log_id]:
        self._freeze(log_id, word, size, self.roots[log_id], signed.root)
        return
    assert size > kept, "not larger"
    self.words[log_id] = (word & SIGNER_MASK) | (convert(size, uint256) << SIZE_AT)
    self.roots[log_id] = signed.root
    log Anchored(log_id=log_id, size=size, signed=signed)

@external
def accuse(log_id: bytes32, size: uint64, one: Signed, other: Signed):
    """@notice Freeze a log that signed two roots for one size, whenever and wherever it did."""
    word: uint256 = self._open(log_id)
    assert one.root != other.root, "one root"
    self._require_signed(word, log_id, size, one)
    self._require_signed(word, log_id, size, other)
    self._freeze(log_id, word, size, one.root, other.root)

@view
@external
def anchored(log_id: bytes32) -> (address, uint64, bytes32, bool):
    """@notice Return a log's signer, the largest size with its root, and whether it is frozen."""
    word: uint256 = self.words[log_id]
    signer: address = convert(convert(word & SIGNER_MASK, uint160), address)
    size: uint64 = convert((word >> SIZE_AT) & SIZE_MASK, uint64)
    return signer, size, self.roots[log_id], word >> FROZEN_AT != 0

def _decided(digest: bytes32) -> bool:
    assert self.is_member[msg.sender], "not a member"
    assert not self.has_voted[digest][msg.sender], "voted already"
    self.has_voted[digest][msg.sender] = True
    self.votes[digest] += 1
    log Voted(digest=digest, member=msg.sender)
    return self.votes[digest] >= self.quorum

@view
def _open(log_id: bytes32) -> uint256:
    word: uint256 = self.words[log_id]
    assert word != 0, "no such log"
    assert word >> FROZEN_AT == 0, "frozen"
    return word

@view
def _require_signed(word: uint256, log_id: bytes32, size: uint64, signed: Signed):
    digest: bytes32 = keccak256(abi_encode(STATEMENT, log_id, size, signed.root))
    by: address = ecrecover(digest, signed.v, signed.r, signed.s)
    assert convert(by, uint256) == word & SIGNER_MASK, "not signed by the log"

def _freeze(log_id: bytes32, word: uint256, size: uint64, root: bytes32, other: bytes32):
    self.words[log_id] = word | (1 << FROZEN_AT)
    log Frozen(log_id=log_id, size=size, root=root, other_root=other)
