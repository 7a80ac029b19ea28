"""What a log and its witness say to each other: https://c2sp.org/tlog-witness."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Self

from registry.model.checkpoint import parse_size
from registry.model.merkle import HASH_BYTES, MAX_PATH
from registry.model.signed_note import MAX_CHARACTERS, base64_decode, base64_encode
from ssi_core.errors import MalformedError

SIZE_TYPE: Final = "text/x.tlog.size"
# A note, with 63 hashes and a size before it.
MAX_BYTES: Final = 4 * MAX_CHARACTERS


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """The request to cosign `note`, which `path` proves to continue the tree of `old_size`."""

    old_size: int
    path: tuple[bytes, ...]
    note: str

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Read the body of an `add-checkpoint` request."""
        if len(body) > MAX_BYTES:
            raise MalformedError("the request is larger than allowed")
        try:
            head, blank, note = body.decode("utf-8").partition("\n\n")
        except UnicodeDecodeError:
            raise MalformedError("a checkpoint is UTF-8") from None
        first, *lines = head.split("\n")
        if not blank or not first.startswith("old ") or len(lines) > MAX_PATH:
            raise MalformedError("a request has an old size, a proof and a checkpoint")
        return cls(parse_size(first.removeprefix("old ")), path_of(lines), note)

    def render(self) -> bytes:
        """Return the request's body."""
        return f"old {self.old_size}\n{path_lines(self.path)}\n{self.note}".encode()


@dataclass(frozen=True, slots=True)
class SeenSize:
    """The answer that the old size is another: how large the tree is that was cosigned last."""

    size: int

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Read the body of a 409 answer."""
        text = body.decode("ascii", "replace")
        if not text.endswith("\n"):
            raise MalformedError("a size ends in a newline")
        return cls(parse_size(text[:-1]))

    def render(self) -> str:
        """Return the body of a 409 answer."""
        return f"{self.size}\n"


def origin_hash(origin: str) -> str:
    """Return what stands for a log in the path of its last cosigned checkpoint."""
    return sha256(origin.encode()).hexdigest()


def path_of(lines: list[str]) -> tuple[bytes, ...]:
    """Read a Merkle path, one base64 hash to a line."""
    path = tuple(base64_decode(line) for line in lines)
    if any(len(node) != HASH_BYTES for node in path):
        raise MalformedError("a line of a proof is a hash of 32 bytes")
    return path


def path_lines(path: tuple[bytes, ...]) -> str:
    """Return a Merkle path, one base64 hash to a line."""
    return "".join(f"{base64_encode(node)}\n" for node in path)
