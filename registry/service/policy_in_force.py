"""Which policy is in force: the one that was given, from the first checkpoint on that meets it."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import final

from registry.model.quorum import Quorum
from registry.model.signed_note import VerifierKey
from registry.model.tlog_policy import KnownLog, TlogPolicy
from registry.ports import PolicyMemory
from ssi_core.errors import MalformedError


@final
class PolicyInForce:
    """Stays with the policy that was met last until the one that was given is met.

    So a mirror that a new policy counts on, and that has to be brought the log first, holds up
    nobody. Threads may share it only under a lock of theirs.
    """

    def __init__(
        self,
        log_key: VerifierKey,
        policy: TlogPolicy | None,
        *,
        asked: Collection[VerifierKey],
        met: PolicyMemory | None = None,
    ) -> None:
        """Take the policy given for the log with this key, by default that all must cosign.

        They are those who are `asked`. `met` has the policy that was met last; without it the one
        that is given is in force at once.
        """
        self._given = given = _given(log_key, policy, asked=asked)
        self._met = met
        kept = _kept(met, log_key)
        self._is_met = _is_same(kept, given)
        stays = given is not None and kept is not None and not self._is_met
        self.policy = kept if stays and _can_be_met(kept, asked) else given
        """What readers are told to ask for; nothing if nobody else watches the log."""

    def is_met_by(self, times: Mapping[VerifierKey, datetime]) -> bool:
        """Say whether these are enough, each of whom cosigned at that time."""
        return _meets(self.policy, times)

    def is_blocked_without(self, keys: Collection[VerifierKey]) -> bool:
        """Say whether nobody could have met this policy, or the one that was given, without these.

        The one that was given counts too: it may have been met before a backup was put back.
        """
        quorums = [one.quorum for one in (self.policy, self._given) if one is not None]
        return all(one is None or one.is_blocked_without(keys) for one in quorums)

    def see(self, times: Mapping[VerifierKey, datetime]) -> None:
        """Hear who has cosigned one checkpoint. What meets the given policy puts it into force.

        That is remembered first: `UnavailableError` if it cannot be.
        """
        if self._is_met or self._given is None or not _meets(self._given, times):
            return
        if self._met is not None:
            self._met.keep(self._given)
        self.policy, self._is_met = self._given, True


def _given(
    log_key: VerifierKey, policy: TlogPolicy | None, *, asked: Collection[VerifierKey]
) -> TlogPolicy | None:
    if policy is None:
        return TlogPolicy.of(log_key, Quorum.all_of(tuple(asked))) if asked else None
    if policy.quorum is None or not policy.quorum.is_blocked_without(asked):
        raise MalformedError("too few of the policy's witnesses have an address to ask")
    return replace(policy, logs=(KnownLog(log_key),))


def _kept(met: PolicyMemory | None, log_key: VerifierKey) -> TlogPolicy | None:
    kept = None if met is None else met.load()
    is_ours = kept is not None and [log.key for log in kept.logs] == [log_key]
    return kept if is_ours else None


def _meets(policy: TlogPolicy | None, times: Mapping[VerifierKey, datetime]) -> bool:
    quorum = _quorum(policy)
    return quorum is None or quorum.reached_at(times) is not None


def _can_be_met(policy: TlogPolicy | None, asked: Collection[VerifierKey]) -> bool:
    quorum = _quorum(policy)
    return quorum is not None and quorum.is_met_by(asked) and quorum.is_blocked_without(asked)


def _is_same(one: TlogPolicy | None, other: TlogPolicy | None) -> bool:
    # How a policy names a witness, and where that is asked, changes nothing.
    return _quorum(one) is not None and _quorum(one) == _quorum(other)


def _quorum(policy: TlogPolicy | None) -> Quorum | None:
    return None if policy is None else policy.quorum
