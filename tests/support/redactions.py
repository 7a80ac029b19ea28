"""Grants that end and are redacted, in a log of the tests."""

from registry.adapters.memory import MemoryWitnessMemory
from registry.model import entry
from registry.model.merkle import leaf_hash
from registry.service.registry import Registry
from tests.support.registry import AT, ORIGIN, grant
from tests.support.replica import open_source

OLD, NEW, LAST = grant("old"), grant("new"), grant("last")


def redaction(one, index: int, *, old=None, key=None) -> bytes:
    return entry.consent_redact(
        log=ORIGIN,
        grant_id=one.id,
        index=index,
        signer=key or one.key,
        at=AT,
        superseded=None if old is None else old.id,
    )


def superseding(old, new) -> bytes:
    return entry.consent_supersede(grant_id=old.id, new=new.raw, signer=old.key, at=AT)


def hand_in(registry: Registry, *raws: bytes) -> None:
    for raw in raws:
        registry.submit(raw)


def redacted_log(store) -> Registry:
    """A log in which a grant ended and a grant that took another's place are redacted."""
    registry = open_source(store, MemoryWitnessMemory())
    hand_in(registry, OLD.raw, superseding(OLD, NEW), LAST.raw, NEW.revoked())
    supersede_at = registry.reader.index_of(leaf_hash(superseding(OLD, NEW)))
    hand_in(registry, redaction(NEW, supersede_at, old=OLD), redaction(OLD, 0))
    return registry
