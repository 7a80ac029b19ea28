"""What the contracts cost is what the reference says."""

import re
from hashlib import sha256
from pathlib import Path

import pytest

from registry.adapters.evm_anchor import EvmAnchor
from registry.adapters.evm_chain import EvmChain
from registry.evm.artifacts import CONSENT_REGISTRY, LOG_ANCHOR, load_artifact
from registry.ports import SeenTree
from tests.support.evm import account

ORIGIN = "registry.example/log"
BEGINS, EXPIRES = 3_600 * 500_000, 3_600 * 500_024
BATCH = 100
# Zero bytes in hashes and signatures are cheaper, and how many there are is chance.
TOLERANCE = 0.02
ROW = re.compile(r"^\| ([^|]+) \| ([\d,]+) \|", re.MULTILINE)


def test_the_reference_states_what_each_step_costs(node: str, project: Path):
    page = (project / "docs" / "reference" / "evm.md").read_text(encoding="utf-8")
    stated = {name: int(gas.replace(",", "")) for name, gas in ROW.findall(page)}
    chain, person = account(node, "gas"), account(node, "gas of a person")

    measured = {**anchoring(chain), **giving(chain, person)}

    assert len(measured) == 8
    for name, gas in measured.items():
        assert gas == pytest.approx(stated[name], rel=TOLERANCE), name


def anchoring(chain: EvmChain) -> dict[str, int]:
    artifact = load_artifact(LOG_ANCHOR)
    contract = chain.deploy(artifact, [chain.address], 1)
    anchor = EvmAnchor(chain, contract=contract, origin=ORIGIN)

    def signed(size: int, name: bytes = b"") -> tuple[bytes, int, int, int]:
        tree = SeenTree(size, sha256(b"%d" % size + name).digest())
        return (tree.root, *chain.sign(anchor.statement(tree)))

    def cost(function: str, *arguments: object) -> int:
        return chain.transact(artifact, contract, function, *arguments)[1]

    name = anchor.log_id
    return {
        "vote for a log that one vote admits": cost("vote_log", name, chain.address),
        "anchor, the first time": cost("anchor", name, 1_000, signed(1_000)),
        "anchor, from then on": cost("anchor", name, 2_000, signed(2_000)),
        "accuse": cost("accuse", name, 5, signed(5), signed(5, b"another")),
    }


def giving(chain: EvmChain, person: EvmChain) -> dict[str, int]:
    artifact = load_artifact(CONSENT_REGISTRY)
    contract = chain.deploy(artifact)

    def grant(number: int) -> tuple[bytes, str, int, int]:
        return sha256(b"%d" % number).digest(), person.address, BEGINS, EXPIRES

    def name(number: int) -> bytes:
        return bytes(chain.call(artifact, contract, "id_of", grant(number)))

    def cost(by: EvmChain, function: str, *arguments: object) -> int:
        return by.transact(artifact, contract, function, *arguments)[1]

    batch = cost(chain, "give_batch", [grant(number) for number in range(BATCH)])
    words = (
        chain.keccak(b"consentry withdraw 1"),
        chain.chain_id().to_bytes(32, "big"),
        bytes.fromhex(contract[2:]).rjust(32, b"\0"),
        name(1),
    )
    return {
        "give one grant": cost(chain, "give", grant(BATCH)),
        "give, each of a batch of 100": batch // BATCH,
        "withdraw": cost(person, "withdraw", name(0)),
        "withdraw, carried by another": cost(
            chain, "withdraw_signed", name(1), *person.sign(chain.keccak(b"".join(words)))
        ),
    }
