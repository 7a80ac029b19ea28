"""The life of grants in a real log, against the simplest picture of it."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from registry.adapters.memory import MemoryLogStore, MemoryWitnessMemory
from registry.model.envelope import Entry
from registry.model.evidence import GrantState, LogEvidence, LogPolicy, verify_grant
from registry.model.redacted_grants import verify_redaction
from registry.service.fsck import fsck
from registry.service.registry import LogKeys, Registry
from ssi_core.adapters.clock import FixedClock
from ssi_core.errors import GrantNotLoggedError, SsiError
from tests.support.log_oracle import Step, grant_state, is_taken, latest_suspension
from tests.support.registry import AT, LOG_SIGNER, ORIGIN, WITNESS_SIGNER, grant, signer
from tests.support.small_state import Log

END = AT.replace(minute=0) + timedelta(days=30, hours=1)
NAMES = ("a", "b", "c", "d")
BY = ("key", "next_key", "revocation_key", "stranger")
STATES = {
    "ended": GrantState.WITHDRAWN,
    "superseded": GrantState.SUPERSEDED,
    "suspended": GrantState.SUSPENDED,
    "given": GrantState.ACTIVE,
}
names, keys = st.sampled_from(NAMES), st.sampled_from(BY)


def _ends(raw: bytes, grant_id: str) -> bool:
    said = Entry.parse(raw)
    ends = said.type in ("consent.revoke", "consent.supersede")
    return ends and said.members["id"] == grant_id


class Entries:
    """The entries of steps that were or were not taken, and where grants stand."""

    def __init__(self) -> None:
        self.history: list[Step] = []
        self.taken: list[bytes] = []
        self.places: dict[str, int] = {}
        self._nonces = count()

    def of(self, step: Step) -> bytes:
        """Make the entry of a step."""
        subject = grant(step.name)
        key = signer("stranger") if step.by == "stranger" else getattr(subject, step.by)
        match step.what:
            case "give":
                return subject.raw
            case "end":
                return subject.revoked(key)
            case "supersede":
                return subject.superseded(grant(str(step.other)), key)
            case "suspend":
                return subject.suspended(key, nonce=str(next(self._nonces)).encode())
            case "resume":
                assert isinstance(step.other, int)
                return subject.resumed(self.taken[step.other], key)
            case _:
                new = [each.name for each in self.history if each.other == step.name]
                old = grant(new[0]).id if new else None
                return subject.redacted(self.places.get(step.name, 0), key, old=old)

    def took(self, step: Step, raw: bytes, index: int) -> None:
        """Remember a step that was taken, and where."""
        self.history.append(step)
        self.taken.append(raw)
        if step.what == "give":
            self.places[step.name] = index
        if step.what == "supersede":
            self.places[str(step.other)] = index


class GrantsInALog(RuleBasedStateMachine):
    """A registry with a few grants, beside the picture of what it should say of them."""

    def __init__(self) -> None:
        super().__init__()
        self.store = MemoryLogStore()
        self.clock = FixedClock(AT)
        self.log_clock = AT
        self.registry = Registry(
            self.store,
            origin=ORIGIN,
            public_url="http://localhost:8100",
            keys=LogKeys(log=LOG_SIGNER, witness=WITNESS_SIGNER, did_witness=signer("dw")),
            memory=MemoryWitnessMemory(),
            clock=self.clock,
        )
        self.entries = Entries()

    def try_to(self, step: Step) -> None:
        """Hand in the entry of a step; it is taken exactly when the picture says so."""
        expected = is_taken(self.entries.history, step, expired=self.log_clock >= END)
        raw = self.entries.of(step)
        try:
            receipt = self.registry.submit(raw)
        except SsiError:
            assert not expected, step
        else:
            assert expected or receipt.known, step
            if not receipt.known:
                self.entries.took(step, raw, receipt.index)
                self.log_clock = self.clock.now()

    @rule(name=names)
    def give(self, name: str) -> None:
        """A grant can be given once."""
        self.try_to(Step("give", name))

    @rule(name=names, by=keys, what=st.sampled_from(["end", "suspend", "redact"]))
    def change(self, name: str, by: str, what: str) -> None:
        """Whoever has a key of a grant may end, suspend or redact it, if its state allows it."""
        self.try_to(Step(what, name, by))

    @rule(name=names, by=keys, other=names)
    def supersede(self, name: str, by: str, other: str) -> None:
        """One grant may take the place of another."""
        self.try_to(Step("supersede", name, by, other))

    @precondition(lambda self: any(step.what == "suspend" for step in self.entries.history))
    @rule(data=st.data(), by=keys)
    def resume(self, data: st.DataObject, by: str) -> None:
        """A suspension is undone by name, the latest or an older one."""
        history = self.entries.history
        known = [i for i, step in enumerate(history) if step.what == "suspend"]
        latest = latest_suspension(history, history[known[-1]].name)
        which = data.draw(st.sampled_from([*known, known[-1] if latest is None else latest]))
        self.try_to(Step("resume", history[which].name, by, which))

    @rule(days=st.integers(0, 20))
    def wait(self, days: int) -> None:
        """Time passes, and writes nothing."""
        self.clock.advance(timedelta(days=days))

    @precondition(lambda self: self.entries.history)
    @rule(name=names)
    def ask(self, name: str) -> None:
        """A verifier sees the same, with time added; of what was dropped, that, and its end."""
        expected = grant_state(self.entries.history, name)
        over = self.clock.now() >= END
        evidence = self.registry.reader.grant(grant(name).id)
        try:
            seen = verify_grant(
                evidence, grant_id=grant(name).id, policy=self.policy(), at=self.clock.now()
            )
        except GrantNotLoggedError:
            assert expected == "absent" or expected.startswith("redacted")
            if expected != "absent":
                self.ask_of_redacted(name, evidence)
            return
        in_time = expected in ("ended", "superseded") or not over
        assert seen.state is (STATES[expected] if in_time else GrantState.EXPIRED)

    def ask_of_redacted(self, name: str, evidence: LogEvidence) -> None:
        """What ended it is proved, if its bytes are there."""
        one = grant(name).id
        found = verify_redaction(evidence, grant_id=one, policy=self.policy(), at=self.clock.now())
        ended = [
            index
            for index, raw in enumerate(self.registry.reader.entries(0, limit=1_000))
            if raw is not None and _ends(raw, one)
        ]
        assert [] if found.ended is None else [found.ended.index] == ended

    def policy(self) -> LogPolicy:
        """What a verifier believes."""
        return LogPolicy(
            origin=ORIGIN,
            log_vkey=str(self.registry.log_key),
            witness_vkeys=(str(self.registry.witness_key),),
            max_checkpoint_age=timedelta(minutes=5),
        )

    def teardown(self) -> None:
        """The state that was stored is the one that the entries make."""
        self.registry.close()
        if not any(step.what == "redact" for step in self.entries.history):
            assert fsck(self.store).size >= len(self.entries.taken)


GrantsInALog.TestCase.settings = settings(max_examples=20, stateful_step_count=20)
TestGrantsInALog = GrantsInALog.TestCase


def life_of(name: str, whats: Sequence[str]) -> list[bytes]:
    """Return the entries of a grant's life, as far as each may follow on those before."""
    entries = Entries()
    for what in whats:
        other = latest_suspension(entries.history, name) if what == "resume" else f"new {name}"
        if what == "resume" and other is None:
            continue
        step = Step(what, name, "key", other)
        if is_taken(entries.history, step):
            entries.took(step, entries.of(step), 0)
    return entries.taken


@given(st.data())
@settings(max_examples=40)
def test_the_order_of_entries_about_different_grants_does_not_matter(data):
    what = st.lists(st.sampled_from(["suspend", "resume", "end", "supersede"]), max_size=5)
    lives = [life_of(name, ["give", *data.draw(what)]) for name in NAMES]
    one = [raw for life in lives for raw in life]
    turns = data.draw(st.permutations([i for i, life in enumerate(lives) for _ in life]))
    waiting = [iter(life) for life in lives]
    other = [next(waiting[turn]) for turn in turns]

    first, second = Log(*one), Log(*other)

    for name in (*NAMES, *(f"new {name}" for name in NAMES)):
        pair = [log.state.grant(grant(name).id) for log in (first, second)]
        one_status, other_status = (each and each.status for each in pair)
        assert one_status == other_status
        for log, found in zip((first, second), pair, strict=True):
            if found is not None:
                assert log.state.status_map().get(found.granted) is found.status
