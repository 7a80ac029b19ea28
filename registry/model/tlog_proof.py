"""A proof of logging that is checked offline, as one file: https://c2sp.org/tlog-proof."""

from dataclasses import dataclass
from typing import Final, Self

from registry.model.checkpoint import VerifiedCheckpoint, parse_size
from registry.model.merkle import MAX_PATH, verify_inclusion
from registry.model.signed_note import MAX_CHARACTERS, base64_decode, base64_encode
from registry.model.tlog_witness import path_lines, path_of
from ssi_core.errors import MalformedError

FIRST_LINE: Final = "c2sp.org/tlog-proof@v1"
MAX_BYTES: Final = 4 * MAX_CHARACTERS + 262_144


@dataclass(frozen=True, slots=True)
class TlogProof:
    """An entry's index, its inclusion path, and the cosigned checkpoint. Parsing proves nothing.

    `extra` is the sender's word alone: nothing signs it.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Read a `.tlog-proof` file."""
        if len(content) > MAX_BYTES:
            raise MalformedError("the proof is larger than allowed")
        try:
            head, blank, note = content.decode("utf-8").partition("\n\n")
        except UnicodeDecodeError:
            raise MalformedError("a proof is UTF-8") from None
        first, *lines = head.split("\n")
        extra = lines.pop(0) if lines and lines[0].startswith("extra ") else None
        if not blank or first != FIRST_LINE or not lines or not lines[0].startswith("index "):
            raise MalformedError("a proof has a version, an index, a path and a checkpoint")
        index, *path = lines
        if len(path) > MAX_PATH:
            raise MalformedError("a path is at most 63 hashes")
        return cls(
            index=parse_size(index.removeprefix("index ")),
            path=path_of(path),
            checkpoint=note,
            extra=None if extra is None else base64_decode(extra.removeprefix("extra ")),
        )

    def render(self) -> bytes:
        """Return the file."""
        extra = "" if self.extra is None else f"extra {base64_encode(self.extra)}\n"
        head = f"{FIRST_LINE}\n{extra}index {self.index}\n{path_lines(self.path)}"
        return f"{head}\n{self.checkpoint}".encode()

    def require_included(self, leaf: bytes, checkpoint: VerifiedCheckpoint) -> None:
        """Return if the leaf hash stands at the index in that tree; `LogProofError` if not.

        `checkpoint` is this proof's own, after a policy verified it.
        """
        verify_inclusion(
            leaf,
            index=self.index,
            size=checkpoint.size,
            path=self.path,
            root=checkpoint.root,
        )
