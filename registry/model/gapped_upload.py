"""What is uploaded in place of an entry that was redacted: its leaf hash, and why, proved.

tlog-mirror's packages have no word for a gap, so an upload that has one is of a media type of its
own, and not tlog-mirror's. In a package of it, what stands where an entry would is either that
entry's bytes or `{"redacted": <leaf hash>, "by": <the redaction, its index and path>}`.
"""

from dataclasses import dataclass
from typing import Final, Self

from registry.model import transfer
from registry.model.checkpoint import Checkpoint
from registry.model.merkle import leaf_hash, verify_inclusion
from registry.model.proof import EntryProof
from registry.model.transfer import Gap, Shown
from ssi_core import strict_json
from ssi_core.encoding import base64url_encode
from ssi_core.strict_json import as_object

GAPPED_TYPE: Final = "application/x.tlog.gapped-entries"
# A redaction as text within text, and a path of at most 63 hashes.
_MAX_BYTES: Final = 20_480


@dataclass(frozen=True, slots=True)
class ProvedGap:
    """What is left of an entry, and its redaction, proved in the tree of the upload's end."""

    leaf: bytes
    redaction: EntryProof

    def render(self) -> bytes:
        """Return what stands in the entry's place."""
        redacted = base64url_encode(self.leaf)
        return strict_json.render({"redacted": redacted, "by": self.redaction.to_json()}).encode()

    @classmethod
    def parse(cls, place: bytes) -> Self:
        """Read what `render` wrote."""
        content = strict_json.parse_object(place, max_bytes=_MAX_BYTES)
        redaction = EntryProof.from_json(as_object(content.get("by"), at="/by"))
        return cls(transfer.leaf_in(content), redaction)

    def require_in(self, tree: Checkpoint) -> Gap:
        """Return the gap if the entry that it names stands in `tree`; `LogProofError` if not.

        Whether that entry redacts this one is for the log's state to say.
        """
        by = self.redaction
        leaf = leaf_hash(by.raw)
        verify_inclusion(leaf, index=by.index, size=tree.size, path=by.path, root=tree.root)
        return Gap(self.leaf, by.index, by.raw)


def shown_in(place: bytes, *, tree: Checkpoint) -> Shown:
    """Return what stands in one place of a package: an entry, or a gap that is proved in `tree`."""
    if not place.startswith(transfer.BEGINNING):
        return place
    return ProvedGap.parse(place).require_in(tree)
