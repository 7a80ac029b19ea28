"""What a mirror is told and proves: entries in packages, each with its own proof.

https://c2sp.org/tlog-mirror. A mirror's cosignature is that of any other cosigner, under a name of
its own: `registry.model.cosignature` makes it, once everything up to the checkpoint is stored.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self, TypeAlias, TypeVar

from registry.model.checkpoint import parse_size
from registry.model.merkle import HASH_BYTES, MAX_PATH, fold, node_hash
from registry.model.signed_note import base64_decode, base64_encode
from registry.model.stored_nodes import LoadNodes, Span
from registry.model.tlog_tiles import WIDTH, bundle
from ssi_core.errors import LogProofError, MalformedError

INFO_TYPE: Final = "text/x.tlog.mirror-info"
MAX_PACKAGES: Final = 32
# Of 32 packages whose entries have eight kilobytes each.
MAX_UPLOAD: Final = 67_108_864
_SHORT: Final = 2
_LONG: Final = 8
_MAX_SHORT: Final = 65_535
_Read = TypeVar("_Read")
# Says how many bytes it wants, is sent just as many, and returns what they are.
Reading: TypeAlias = Generator[int, bytes, _Read]


@dataclass(frozen=True, slots=True)
class Subtree:
    """The leaves from `start` up to `end`, which begin where a tree of that height could."""

    start: int
    end: int

    def __post_init__(self) -> None:
        width = 1 << (self.end - self.start - 1).bit_length() if self.end > self.start else 0
        if not width or self.start < 0 or self.start % width:
            raise MalformedError("a subtree begins at a multiple of its width")


@dataclass(frozen=True, slots=True)
class AddEntries:
    """The beginning of an `add-entries` request; packages of entries follow it."""

    origin: str
    start: int
    end: int
    ticket: bytes = b""

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end or len(self.ticket) > _MAX_SHORT:
            raise MalformedError("an upload has a start, an end and a ticket")

    def render(self) -> bytes:
        """Return these bytes of the request's body."""
        origin = self.origin.encode()
        return b"".join(
            (
                len(origin).to_bytes(_SHORT, "big"),
                origin,
                self.start.to_bytes(_LONG, "big"),
                self.end.to_bytes(_LONG, "big"),
                len(self.ticket).to_bytes(_SHORT, "big"),
                self.ticket,
            )
        )

    @classmethod
    def parse(cls, body: bytes) -> tuple[Self, bytes]:
        """Read the beginning of a body; return what follows it too."""
        return _all_of(cls.read(), body)

    @classmethod
    def read(cls) -> Reading[Self]:
        """Read the beginning of a body that arrives in parts: yield how many bytes are wanted."""
        origin = yield from _prefixed()
        start = yield _LONG
        end = yield _LONG
        ticket = yield from _prefixed()
        try:
            name = origin.decode("utf-8")
        except UnicodeDecodeError:
            raise MalformedError("an origin is UTF-8") from None
        return cls(name, int.from_bytes(start, "big"), int.from_bytes(end, "big"), ticket)

    def packages(self) -> Iterator[Subtree]:
        """Return which leaves each package is proved by, of the whole upload in order.

        A package has those of them that are not before `start`.
        """
        first = self.start - self.start % WIDTH if self.start < self.end else self.end
        for at in range(first, self.end, WIDTH):
            yield Subtree(at, min(self.end, at + WIDTH))


@dataclass(frozen=True, slots=True)
class EntryPackage:
    """Up to 256 entries, and the path that proves their subtree in the tree of the upload's end."""

    entries: tuple[bytes, ...]
    path: tuple[bytes, ...]

    def render(self) -> bytes:
        """Return the package's bytes."""
        if len(self.entries) > WIDTH or len(self.path) > MAX_PATH:
            raise MalformedError("a package has at most 256 entries and 63 hashes")
        return bundle(self.entries) + bytes([len(self.path)]) + b"".join(self.path)

    @classmethod
    def parse(cls, body: bytes, *, entries: int) -> tuple[Self, bytes]:
        """Read a package of so many entries; return what follows it too."""
        return _all_of(cls.read(entries=entries), body)

    @classmethod
    def read(cls, *, entries: int) -> Reading[Self]:
        """Read a package of so many entries that arrives in parts, as `AddEntries.read` does."""
        found = []
        for _ in range(entries):
            found.append((yield from _prefixed()))  # noqa: PERF401 - no comprehension can yield
        count = (yield 1)[0]
        if count > MAX_PATH:
            raise MalformedError("a path is at most 63 hashes")
        hashes = yield count * HASH_BYTES
        path = tuple(hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES))
        return cls(tuple(found), path)


@dataclass(frozen=True, slots=True)
class MirrorInfo:
    """Where an upload may go on: the tree it may lead to, the first entry wanted, and a ticket."""

    size: int
    next_entry: int
    ticket: bytes = b""

    def render(self) -> str:
        """Return the body of a 202 or 409 answer."""
        return f"{self.size}\n{self.next_entry}\n{base64_encode(self.ticket)}\n"

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Read the body of a 202 or 409 answer."""
        match body.decode("ascii", "replace").split("\n"):
            case [size, next_entry, ticket, ""]:
                return cls(parse_size(size), parse_size(next_entry), base64_decode(ticket))
            case _:
                raise MalformedError("a mirror's answer has a size, an index and a ticket")


def subtree_path(subtree: Subtree, size: int, *, load: LoadNodes) -> tuple[bytes, ...]:
    """Return the subtree consistency proof (draft-ietf-plants-merkle-tree-certs, section 4.4)."""
    if subtree.end > size:
        raise MalformedError("a subtree lies within its tree")
    spans, _ = _spans(subtree, size)
    wanted = [span.peaks() for span in spans]
    nodes = load([place.entry for peaks in wanted for place in peaks])
    return tuple(fold([place.of(nodes) for place in peaks]) for peaks in wanted)


def verify_subtree(
    subtree: Subtree, *, subtree_root: bytes, size: int, root: bytes, path: Sequence[bytes]
) -> None:
    """Return if the subtree with that root stands in the tree; raise `LogProofError` if not."""
    if subtree.end > size or len(path) > MAX_PATH:
        raise LogProofError("the subtree lies outside the tree")
    spans, is_node = _spans(subtree, size)
    if len(path) != len(spans) or any(len(node) != HASH_BYTES for node in path):
        raise LogProofError("the proof is not as long as this one has to be")
    known, whole = dict(zip(spans, path, strict=True)), Span(subtree.start, subtree.end)
    if is_node:
        # It is a node of the tree itself, so that its own root is part of the way up.
        known[whole] = subtree_root
    if _made(whole, known) != subtree_root or _made(Span(0, size), known) != root:
        raise LogProofError("the subtree's proof does not lead to the roots")


def _spans(subtree: Subtree, size: int) -> tuple[list[Span], bool]:
    """Return what the proof's nodes are the roots of, lowest first; and if the subtree is a node.

    One that ends within the right half of a node consists of the left half and a part of that.
    """
    spans: list[Span] = []
    start, end, is_node = 0, size, True
    first, last = subtree.start, subtree.end
    while (start, end) != (first, last):
        middle = _middle(start, end)
        if last <= middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            if first < middle:
                is_node = False
            spans.append(Span(start, middle))
            start, first = middle, max(first, middle)
    if not is_node:
        spans.append(Span(start, end))
    return spans[::-1], is_node


def _made(span: Span, known: dict[Span, bytes]) -> bytes:
    if span in known:
        return known[span]
    if span.end - span.start == 1:
        raise LogProofError("the subtree's proof lacks a node")
    middle = _middle(span.start, span.end)
    return node_hash(_made(Span(span.start, middle), known), _made(Span(middle, span.end), known))


def _middle(start: int, end: int) -> int:
    return start + (1 << ((end - start - 1).bit_length() - 1))


def _prefixed() -> Reading[bytes]:
    length = yield _SHORT
    return (yield int.from_bytes(length, "big"))


def _all_of(reading: Reading[_Read], body: bytes) -> tuple[_Read, bytes]:
    at = 0
    try:
        wanted = next(reading)
        while True:
            if len(body) - at < wanted:
                raise MalformedError("the body ends too early")
            part, at = body[at : at + wanted], at + wanted
            wanted = reading.send(part)
    except StopIteration as end:
        return end.value, body[at:]
