"""An entry with the path that proves its place in a log."""

from dataclasses import dataclass
from typing import Self

from registry.model.checkpoint import VerifiedCheckpoint
from registry.model.envelope import MAX_DID_OP_BYTES
from registry.model.merkle import leaf_hash, verify_inclusion
from ssi_core.encoding import base64url_decode, base64url_encode_all
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.strict_json import as_array, as_integer, as_text


@dataclass(frozen=True, slots=True)
class EntryProof:
    """The exact bytes of an entry, its index, and its inclusion path in the evidence's tree."""

    raw: bytes
    index: int
    path: tuple[bytes, ...]

    def require_included(self, checkpoint: VerifiedCheckpoint) -> None:
        """Return if the entry stands at its index in that tree; raise `LogProofError` if not."""
        verify_inclusion(
            leaf_hash(self.raw),
            index=self.index,
            size=checkpoint.size,
            path=self.path,
            root=checkpoint.root,
        )

    def to_json(self) -> JsonObject:
        """Return the proof as the registry's API writes it."""
        path = base64url_encode_all(self.path)
        return {"entry": self.raw.decode(), "index": self.index, "path": path}

    @classmethod
    def from_json(cls, body: JsonObject) -> Self:
        """Read what `to_json` wrote."""
        text = as_text(body.get("entry"), at="/entry")
        if len(text) > MAX_DID_OP_BYTES:
            raise MalformedError("the entry is larger than allowed", at="/entry")
        nodes = as_array(body.get("path"), at="/path")
        return cls(
            raw=_utf8(text),
            index=as_integer(body.get("index"), at="/index"),
            path=tuple(base64url_decode(as_text(node, at="/path"), at="/path") for node in nodes),
        )


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedError("the entry is not UTF-8", at="/entry") from None
