"""The life of grants in a log, against the simplest picture of it."""

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from registry.model.envelope import Entry
from registry.model.evidence import GrantState, verify_grant
from registry.model.state import check, validate
from registry.model.view import EmptyView, Overlay
from ssi_core.errors import ConflictError, NotFoundError, SsiError
from tests.support.registry import AT, ORIGIN, POLICY, SmallLog, grant, signer

NAMES = ("a", "b", "c")
KEYS = ("key", "next_key", "revocation_key")


class GrantsInALog(RuleBasedStateMachine):
    """A log of a few grants, beside the simplest picture of what it should say of them."""

    def __init__(self) -> None:
        super().__init__()
        self.state = Overlay(EmptyView())
        self.raws: list[bytes] = []
        self.expected: dict[str, str] = {}
        self.now = AT

    def append(self, raw: bytes) -> None:
        """Append `raw`, or raise and change nothing."""
        self.state.apply(validate(check(Entry.parse(raw), log=ORIGIN), self.state))
        self.raws.append(raw)

    @rule(name=st.sampled_from(NAMES))
    def give(self, name: str) -> None:
        """A grant can be given once."""
        if name in self.expected:
            with pytest.raises(ConflictError):
                self.append(grant(name).raw)
            return
        self.append(grant(name).raw)
        self.expected[name] = "given"

    @rule(name=st.sampled_from(NAMES), key=st.sampled_from(KEYS))
    def end(self, name: str, key: str) -> None:
        """A grant that was given can be ended once, by three keys."""
        raw = grant(name).revoked(getattr(grant(name), key))
        match self.expected.get(name):
            case "given":
                self.append(raw)
                self.expected[name] = "ended"
            case "ended":
                with pytest.raises(ConflictError):
                    self.append(raw)
            case _:
                with pytest.raises(NotFoundError):
                    self.append(raw)

    @rule(name=st.sampled_from(NAMES))
    def try_to_end_what_is_not_ones_own(self, name: str) -> None:
        """A stranger ends nothing."""
        with pytest.raises(SsiError):
            self.append(grant(name).revoked(signer("stranger")))

    @rule(days=st.integers(0, 40))
    def wait(self, days: int) -> None:
        """Time passes, and writes nothing."""
        self.now += timedelta(days=days)

    @invariant()
    def the_log_says_what_happened(self) -> None:
        """Nothing but the grants' own entries and the time decides about them."""
        assert self.state.size == len(self.raws)
        for name in NAMES:
            found = self.state.grant(grant(name).id)
            ended = None if found is None else found.is_over
            assert ended == {"given": False, "ended": True}.get(self.expected.get(name, ""))

    @precondition(lambda self: self.expected)
    @rule(data=st.data())
    def ask(self, data: st.DataObject) -> None:
        """A verifier sees the same, with time added."""
        name = data.draw(st.sampled_from(sorted(self.expected)))
        evidence = SmallLog(self.raws).evidence(at=self.now)

        seen = verify_grant(evidence, grant_id=grant(name).id, policy=POLICY, at=self.now)

        over = self.now >= AT.replace(minute=0) + timedelta(days=30, hours=1)
        ended = self.expected[name] == "ended"
        in_time = GrantState.EXPIRED if over else GrantState.ACTIVE
        assert seen.state is (GrantState.WITHDRAWN if ended else in_time)


GrantsInALog.TestCase.settings = settings(max_examples=25, stateful_step_count=20)
TestGrantsInALog = GrantsInALog.TestCase
