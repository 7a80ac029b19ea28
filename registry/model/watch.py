"""What somebody watches a log for, and which entries concern it.

Whoever watches reads the whole log and looks here, so that nobody learns what they look for.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from registry.model.envelope import Entry, EntryType, multikey_hash
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonValue

_DID_KEY: Final = "did:key:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Keys (Multikeys, or their hashes as entries hold them), issuers, DIDs and ids of histories.

    A key concerns whatever it signs or is committed to in; an issuer, what it says and what is said
    of it; a DID, its versions.
    """

    keys: frozenset[str] = frozenset()
    issuers: frozenset[Did] = frozenset()
    dids: frozenset[Did] = frozenset()
    histories: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not (self.keys or self.issuers or self.dids or self.histories):
            raise MalformedError("a watch names a key, an issuer, a DID or a grant")

    def concerns(self, raw: bytes) -> tuple[str, ...]:
        """Return what of this an entry concerns, sorted; nothing if it does not."""
        return tuple(sorted(set(self._found(Entry.parse(raw)))))

    def _found(self, entry: Entry) -> Iterator[str]:
        texts = list(_texts(entry.members))
        hashes = {multikey_hash(text) for text in _keys(texts)}.union(texts)
        yield from (f"key {key}" for key in self.keys if not hashes.isdisjoint(_both(key)))
        yield from (f"grant {one}" for one in self.histories if one in texts)
        about = _dids(texts)
        yield from (f"issuer {did}" for did in self.issuers if str(did) in about)
        if entry.type is EntryType.DID_OP:
            yield from (f"did {did}" for did in self.dids if str(did) in about)


def _both(key: str) -> tuple[str, ...]:
    return (key,) if _is_hash(key) else (key, multikey_hash(key))


def _is_hash(key: str) -> bool:
    return key.startswith("zQm")


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from _texts(member)
    elif isinstance(value, Sequence):
        for item in value:
            yield from _texts(item)


def _keys(texts: list[str]) -> Iterator[str]:
    for text in texts:
        multikey = text.removeprefix(_DID_KEY).partition("#")[0]
        if multikey.startswith("z6M"):
            yield multikey


def _dids(texts: list[str]) -> frozenset[str]:
    return frozenset(text.partition("#")[0] for text in texts if text.startswith("did:"))
