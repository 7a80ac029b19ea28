"""A policy takes effect with the first checkpoint that meets it."""

import pytest

from registry.adapters.memory import MemoryPolicyMemory
from registry.model.cosignature import cosigner_key
from registry.model.quorum import Quorum
from registry.model.signed_note import VerifierKey
from registry.model.tlog_policy import TlogPolicy
from registry.service.policy_in_force import PolicyInForce
from ssi_core.errors import MalformedError, UnavailableError
from tests.support.mirror import LOG_KEY
from tests.support.registry import AT, signer

W, V, M = (cosigner_key(f"{name}.example", signer(name)) for name in "wvm")
OTHER_LOG = VerifierKey("other.example", LOG_KEY.signature_type, LOG_KEY.public_key)


def policy(threshold: int, *keys: VerifierKey) -> TlogPolicy:
    return TlogPolicy.of(LOG_KEY, Quorum(threshold, keys))


def times(*keys: VerifierKey):
    return dict.fromkeys(keys, AT)


def opened(given: TlogPolicy | None, *asked: VerifierKey, met: MemoryPolicyMemory | None = None):
    return PolicyInForce(LOG_KEY, given, asked=asked, met=met)


def after(given: TlogPolicy, *asked: VerifierKey) -> MemoryPolicyMemory:
    """What is remembered once this policy has been met."""
    met = MemoryPolicyMemory()
    opened(given, *asked, met=met).see(times(*asked))
    assert met.load() == given
    return met


def test_the_first_policy_of_a_log_is_in_force_at_once_and_remembered_when_it_is_met():
    met, given = MemoryPolicyMemory(), policy(1, W)
    policies = opened(given, W, met=met)

    assert policies.policy == given
    assert not policies.is_met_by({})
    assert met.load() is None
    policies.see(times(W))
    assert met.load() == given


def test_a_new_policy_takes_effect_when_it_is_met_and_the_last_one_counts_until_then():
    met, given = after(policy(1, W), W), policy(2, W, M)
    policies = opened(given, W, M, met=met)

    policies.see(times(W))
    before, enough = policies.policy, policies.is_met_by(times(W))
    again = opened(given, W, M, met=met).policy
    policies.see(times(W, M))

    assert (before, enough, again) == (policy(1, W), True, policy(1, W))
    assert policies.policy == given
    assert not policies.is_met_by(times(W))
    assert opened(given, W, M, met=met).policy == given


def test_the_last_policy_counts_no_more_when_nobody_can_be_asked_who_met_it():
    met, given = after(policy(2, W, V), W, V), policy(2, W, M)

    policies = opened(given, W, M, met=met)

    assert policies.policy == given
    assert not policies.is_met_by(times(W))


def test_writing_waits_for_who_may_have_met_either_policy():
    met = after(policy(1, W), W)
    policies = opened(policy(1, V), V, W, met=met)

    assert not policies.is_blocked_without([W])
    assert not policies.is_blocked_without([V])
    assert policies.is_blocked_without([V, W])
    counting_on_all = opened(policy(2, W, M), W, M, met=met)
    assert counting_on_all.is_blocked_without([W])


def test_without_a_policy_all_who_are_asked_must_cosign_and_a_new_one_joins_them_later():
    met = MemoryPolicyMemory()
    opened(None, W, met=met).see(times(W))

    policies = opened(None, W, M, met=met)

    assert policies.is_met_by(times(W))
    policies.see(times(W, M))
    assert not policies.is_met_by(times(W))


def test_what_another_log_was_watched_by_counts_for_nothing():
    met = MemoryPolicyMemory()
    met.keep(TlogPolicy.of(OTHER_LOG, Quorum(1, (W,))))

    assert opened(policy(2, W, M), W, M, met=met).policy == policy(2, W, M)


def test_who_has_nobody_to_ask_has_no_policy():
    met = after(policy(1, W), W)

    alone = opened(None, met=met)

    assert alone.policy is None
    assert alone.is_blocked_without([])


def test_a_policy_that_cannot_be_remembered_does_not_take_effect():
    class Full:
        def load(self) -> TlogPolicy:
            return policy(1, W)

        def keep(self, policy: TlogPolicy) -> None:
            del policy
            raise UnavailableError("a file cannot be written")

    policies = PolicyInForce(LOG_KEY, policy(2, W, M), asked=[W, M], met=Full())

    with pytest.raises(UnavailableError):
        policies.see(times(W, M))

    assert policies.policy == policy(1, W)


def test_a_policy_whose_witnesses_nobody_can_ask_is_refused():
    with pytest.raises(MalformedError):
        opened(policy(1, W, M), M)
