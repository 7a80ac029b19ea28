"""What the feed tells those who ask late: the same, however little it remembers."""

import pytest

from registry.adapters.memory import MemoryLogStore, MemoryWitnessMemory
from registry.model import checkpoint as checkpoints
from registry.model.log_event import Change, verify_event
from registry.model.signed_note import SignatureType
from registry.service import event_feed
from registry.service.registry import LogKeys, Registry
from ssi_core.adapters.clock import SystemClock
from tests.support.registry import ORIGIN, grant, signer

KEYS = LogKeys(log=signer("log"), witness=signer("witness"), did_witness=signer("did"))
LOG_KEY = checkpoints.verifier_key(ORIGIN, KEYS.log, SignatureType.ED25519)


@pytest.mark.parametrize("window", [1, 3, 65_536])
def test_who_asks_after_nobody_has_for_long_hears_of_every_change(monkeypatch, window):
    monkeypatch.setattr(event_feed, "_WINDOW", window)
    given = [grant(str(number)) for number in range(6)]
    with Registry(
        MemoryLogStore(),
        origin=ORIGIN,
        public_url="http://localhost:8100",
        keys=KEYS,
        memory=MemoryWitnessMemory(),
        clock=SystemClock(),
    ) as registry:
        feed = registry.feed()
        registry.submit_all([one.raw for one in given])
        registry.submit_all([one.revoked() for one in given])

        feed.look()

        told: list[Change] = []
        heard = 0
        while (signed := feed.after(heard)) is not None:
            told += verify_event(signed.text, log_key=LOG_KEY).changed
            heard = signed.end
    assert [change.id for change in told] == [one.id for one in given]
