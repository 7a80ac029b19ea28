"""The contract that keeps grants: by commitment, in their period, ended by their own key."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import uuid4

import pytest

from registry.adapters.evm_chain import EvmChain
from registry.adapters.evm_consents import ChainGrant, ChainState, EvmConsents
from registry.evm.artifacts import CONSENT_REGISTRY, load_artifact
from ssi_core.errors import MalformedError, RejectedError
from ssi_core.period import Period
from tests.support.evm import account, ask, pass_seconds

ARTIFACT = load_artifact(CONSENT_REGISTRY)
WITHOUT_TRANSACTIONS = False
HOUR = timedelta(hours=1)


@pytest.fixture
def gateway(node: str) -> EvmChain:
    return account(node, "gateway")


@pytest.fixture
def person(node: str) -> EvmChain:
    return account(node, "person")


@pytest.fixture
def consents(gateway: EvmChain) -> EvmConsents:
    return EvmConsents(gateway, contract=gateway.deploy(ARTIFACT))


@pytest.fixture
def begins(node: str) -> datetime:
    """The last whole hour of the chain."""
    # One chain writes numbers in decimal, one in hexadecimal.
    seconds = int(
        str(ask(node, "eth_getBlockByNumber", "latest", WITHOUT_TRANSACTIONS)["timestamp"]), 0
    )
    return datetime.fromtimestamp(seconds - seconds % 3600, UTC)


@pytest.fixture
def grant(person: EvmChain, begins: datetime) -> ChainGrant:
    commitment = sha256(uuid4().bytes).digest()
    return ChainGrant(
        commitment=commitment, control=person.address, period=Period(begins, begins + 2 * HOUR)
    )


def test_a_grant_is_active_until_its_key_ends_it(consents, gateway, person, grant):
    name = consents.id_of(grant)
    before = consents.state(name)
    consents.give([grant])
    given = consents.state(name)

    EvmConsents(person, contract=consents.contract).withdraw(name)

    assert (before, given) == (ChainState.NOT_GIVEN, ChainState.ACTIVE)
    assert consents.state(name) is ChainState.WITHDRAWN
    assert gateway.call(ARTIFACT, consents.contract, "id_of", _members(grant)) == name


def test_another_carries_what_the_key_signed(consents, person, grant):
    consents.give([grant])

    consents.withdraw(consents.id_of(grant), control=person)

    assert consents.state(consents.id_of(grant)) is ChainState.WITHDRAWN


def test_time_alone_begins_and_ends_a_grant(consents, grant, begins, node):
    later = replace(grant, period=Period(begins + HOUR, begins + 2 * HOUR))
    consents.give([later])
    seen = [consents.state(consents.id_of(later))]

    for _ in range(2):
        pass_seconds(node, 3600)
        seen.append(consents.state(consents.id_of(later)))

    assert seen == [ChainState.PENDING, ChainState.ACTIVE, ChainState.EXPIRED]


def test_nobody_else_ends_it(consents, grant, node):
    consents.give([grant])
    name = consents.id_of(grant)

    with pytest.raises(RejectedError, match="not the control key"):
        consents.withdraw(name)
    with pytest.raises(RejectedError, match="not the control key"):
        consents.withdraw(name, control=account(node, "a stranger"))

    assert consents.state(name) is ChainState.ACTIVE


def test_a_word_for_one_contract_ends_nothing_in_another(consents, gateway, person, grant):
    other = EvmConsents(gateway, contract=gateway.deploy(ARTIFACT))
    name = consents.id_of(grant)
    for registry in (consents, other):
        registry.give([grant])
    words = (other.contract, name)
    digest = _digest(gateway, *words)

    with pytest.raises(RejectedError, match="not the control key"):
        gateway.transact(ARTIFACT, consents.contract, "withdraw_signed", name, *person.sign(digest))

    gateway.transact(ARTIFACT, other.contract, "withdraw_signed", name, *person.sign(digest))
    assert (consents.state(name), other.state(name)) == (ChainState.ACTIVE, ChainState.WITHDRAWN)


def test_an_end_is_an_end(consents, person, grant):
    name = consents.id_of(grant)
    with pytest.raises(RejectedError, match="not given"):
        consents.withdraw(name, control=person)
    consents.give([grant])
    consents.withdraw(name, control=person)

    with pytest.raises(RejectedError, match="withdrawn already"):
        consents.withdraw(name, control=person)
    with pytest.raises(RejectedError, match="given already"):
        consents.give([grant])

    assert consents.state(name) is ChainState.WITHDRAWN


def test_who_is_first_with_a_strangers_commitment_gains_nothing(consents, gateway, grant):
    stolen = replace(grant, control=gateway.address)
    longer = replace(grant, period=Period(grant.period.start, grant.period.end + HOUR))

    consents.give([stolen, longer])

    assert consents.state(consents.id_of(grant)) is ChainState.NOT_GIVEN
    consents.give([grant])
    assert consents.state(consents.id_of(grant)) is ChainState.ACTIVE


def test_a_batch_is_given_whole_or_not_at_all(consents, grant):
    batch = [replace(grant, commitment=sha256(bytes([n])).digest()) for n in range(1, 8)]

    with pytest.raises(RejectedError, match="given already"):
        consents.give([*batch, batch[0]])
    before = [consents.state(consents.id_of(each)) for each in batch]
    consents.give(batch)

    assert set(before) == {ChainState.NOT_GIVEN}
    after = [consents.state(consents.id_of(each)) for each in batch]
    assert after == [ChainState.ACTIVE] * 7


def test_what_makes_no_grant_is_refused(consents, grant, begins):
    odd = timedelta(minutes=1)
    wrong = {
        "an empty grant": replace(grant, commitment=bytes(32)),
        "whole hours": replace(grant, period=Period(begins + odd, begins + HOUR)),
    }

    for reason, each in wrong.items():
        with pytest.raises(RejectedError, match=reason):
            consents.give([each])


def test_a_period_that_does_not_fit_is_refused(consents, gateway, grant):
    hour = 3600
    too_late = (grant.commitment, grant.control, 0, 2**40 // hour * hour + hour)
    backwards = (grant.commitment, grant.control, 2 * hour, hour)

    for reason, members in (("too late", too_late), ("a period ends", backwards)):
        with pytest.raises(RejectedError, match=reason):
            gateway.transact(ARTIFACT, consents.contract, "give", members)


def test_what_the_adapter_can_refuse_is_not_sent(consents, grant, begins):
    with pytest.raises(MalformedError):
        consents.give([])
    with pytest.raises(MalformedError):
        consents.give([grant] * 201)
    with pytest.raises(MalformedError):
        replace(grant, commitment=b"short")
    with pytest.raises(MalformedError):
        replace(grant, period=Period(begins, None))


def _members(grant: ChainGrant) -> tuple[bytes, str, int, int]:
    period = grant.period
    assert period.start is not None
    assert period.end is not None
    begins, expires = int(period.start.timestamp()), int(period.end.timestamp())
    return grant.commitment, grant.control, begins, expires


def _digest(chain: EvmChain, contract: str, name: bytes) -> bytes:
    words = (
        chain.keccak(b"consentry withdraw 1"),
        chain.chain_id().to_bytes(32, "big"),
        bytes.fromhex(contract[2:]).rjust(32, b"\0"),
        name,
    )
    return chain.keccak(b"".join(words))
