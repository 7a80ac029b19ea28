"""The anchor's contract: who may vote, what it keeps, and what freezes a log."""

from dataclasses import dataclass
from hashlib import sha256
from uuid import uuid4

import pytest

from registry.adapters.evm_anchor import EvmAnchor, log_id
from registry.adapters.evm_chain import EvmChain
from registry.evm.artifacts import LOG_ANCHOR, load_artifact
from registry.ports import SeenTree
from ssi_core.errors import ConflictError, LogProofError, MalformedError, RejectedError
from tests.support.evm import account

JOINS, LEAVES = True, False
ARTIFACT = load_artifact(LOG_ANCHOR)


def tree(size: int, name: str = "") -> SeenTree:
    return SeenTree(size, sha256(f"{name} {size}".encode()).digest())


@dataclass
class Scene:
    """A contract of three members, two of whom decide, and a log that is admitted."""

    members: list[EvmChain]
    contract: str
    origin: str
    log: EvmChain

    @property
    def anchor(self) -> EvmAnchor:
        return EvmAnchor(self.log, contract=self.contract, origin=self.origin)

    def vote(self, member: int, function: str, *arguments: object) -> None:
        self.members[member].transact(ARTIFACT, self.contract, function, *arguments)

    def read(self, function: str, *arguments: object):
        return self.log.call(ARTIFACT, self.contract, function, *arguments)

    def signed(self, kept: SeenTree) -> tuple[bytes, int, int, int]:
        return (kept.root, *self.log.sign(self.anchor.statement(kept)))


@pytest.fixture
def scene(node: str) -> Scene:
    members = [account(node, f"member {number}") for number in range(3)]
    addresses = [member.address for member in members]
    contract = members[0].deploy(ARTIFACT, addresses, 2)
    origin = f"{uuid4()}.example/log"
    scene = Scene(members, contract, origin, account(node, "the log"))
    for member in (0, 1):
        scene.vote(member, "vote_log", log_id(scene.log, origin), scene.log.address)
    return scene


def test_a_log_is_anchored_further_and_further(scene):
    first = scene.anchor.seen()

    done = [scene.anchor.anchor(tree(size)) for size in (1, 7, 2**40)]

    assert first is None
    assert [anchored.tree for anchored in done] == [tree(1), tree(7), tree(2**40)]
    assert len({anchored.transaction for anchored in done}) == 3
    assert scene.anchor.seen() == tree(2**40)


def test_a_smaller_tree_and_the_same_again_are_refused(scene):
    scene.anchor.anchor(tree(7))

    for again in (tree(7), tree(6), tree(6, "another")):
        with pytest.raises(ConflictError):
            scene.anchor.anchor(again)

    assert scene.anchor.seen() == tree(7)


def test_another_root_for_the_size_that_is_kept_freezes_the_log_for_good(scene):
    scene.anchor.anchor(tree(7))

    with pytest.raises(LogProofError):
        scene.anchor.anchor(tree(7, "another"))

    with pytest.raises(LogProofError):
        scene.anchor.anchor(tree(8))
    with pytest.raises(LogProofError):
        scene.anchor.seen()


def test_anybody_may_show_two_signed_roots_from_long_ago(scene, node):
    scene.anchor.anchor(tree(9))
    stranger = account(node, "a stranger")
    proof = [scene.signed(tree(3)), scene.signed(tree(3, "another"))]

    stranger.transact(ARTIFACT, scene.contract, "accuse", scene.anchor.log_id, 3, *proof)

    with pytest.raises(LogProofError, match="frozen"):
        scene.anchor.seen()


def test_nobody_is_accused_with_one_root_or_with_what_it_did_not_sign(scene):
    scene.anchor.anchor(tree(9))
    good, same = scene.signed(tree(3)), scene.signed(tree(3))
    of_another_size = scene.signed(tree(4))
    forged = (tree(3, "another").root, *good[1:])

    for other in (same, of_another_size, forged):
        with pytest.raises(RejectedError):
            scene.members[0].transact(
                ARTIFACT, scene.contract, "accuse", scene.anchor.log_id, 3, good, other
            )

    assert scene.anchor.seen() == tree(9)


def test_what_another_key_signed_is_not_the_logs(scene, node):
    stranger = EvmAnchor(account(node, "a stranger"), contract=scene.contract, origin=scene.origin)

    with pytest.raises(RejectedError, match="not signed by the log"):
        stranger.anchor(tree(1))

    assert scene.anchor.seen() is None


def test_a_log_that_too_few_members_voted_for_is_not_there(scene):
    other = EvmAnchor(scene.log, contract=scene.contract, origin="other.example/log")
    scene.vote(0, "vote_log", other.log_id, scene.log.address)

    with pytest.raises(RejectedError, match="voted already"):
        scene.vote(0, "vote_log", other.log_id, scene.log.address)
    with pytest.raises(RejectedError, match="no such log"):
        other.anchor(tree(1))
    with pytest.raises(RejectedError, match="not a member"):
        scene.log.transact(ARTIFACT, scene.contract, "vote_log", other.log_id, scene.log.address)


def test_an_open_log_keeps_its_key(scene):
    thief = scene.members[2].address

    with pytest.raises(RejectedError, match="the log is open"):
        scene.vote(2, "vote_log", scene.anchor.log_id, thief)


def test_members_change_by_votes_and_older_votes_are_void_then(scene):
    leaving, joining = scene.members[2].address, scene.log.address
    scene.vote(0, "vote_member", joining, JOINS, 3)
    scene.vote(0, "vote_member", leaving, LEAVES, 2)

    scene.vote(1, "vote_member", leaving, LEAVES, 2)
    scene.vote(1, "vote_member", joining, JOINS, 3)

    assert not scene.read("is_member", leaving)
    assert not scene.read("is_member", joining)
    assert (scene.read("member_count"), scene.read("quorum"), scene.read("term")) == (2, 2, 1)
    with pytest.raises(RejectedError, match="not a member"):
        scene.vote(2, "vote_member", joining, JOINS, 2)


def test_the_quorum_can_be_changed_alone_but_not_out_of_reach(scene):
    first = scene.members[0].address
    scene.vote(0, "vote_member", first, JOINS, 3)
    scene.vote(1, "vote_member", first, JOINS, 3)

    for impossible in (0, 4):
        for member in (0, 1):
            scene.vote(member, "vote_member", first, JOINS, impossible)
        with pytest.raises(RejectedError, match="quorum out of range"):
            scene.vote(2, "vote_member", first, JOINS, impossible)

    assert (scene.read("quorum"), scene.read("term")) == (3, 1)


@pytest.mark.parametrize("quorum", [0, 3])
def test_a_contract_nobody_could_decide_in_is_not_created(node, quorum):
    members = [account(node, f"member {number}") for number in range(2)]

    with pytest.raises(RejectedError):
        members[0].deploy(ARTIFACT, [member.address for member in members], quorum)


def test_an_address_has_its_form(node):
    with pytest.raises(MalformedError):
        EvmAnchor(account(node, "the log"), contract="0x12", origin="a.example/log")
