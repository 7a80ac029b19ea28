"""CBOR (RFC 8949) as signatures need it: one encoding written, and only strict ones read.

Integers, strings, arrays, maps, tags, true, false and null: no floats, no other simple values.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, Union, final

from ssi_core.errors import MalformedError

MAX_BYTES: Final = 4_194_304
MAX_DEPTH: Final = 16
MAX_ITEMS: Final = 65_536

CborKey: TypeAlias = int | str | bytes
CborValue: TypeAlias = Union[
    bool, int, bytes, str, "Tagged", "Sequence[CborValue]", "Mapping[CborKey, CborValue]", None
]
CborMap: TypeAlias = Mapping[CborKey, CborValue]

_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
_SIMPLE_HEADS: Final = {False: 20, True: 21, None: 22}
_SIMPLE_VALUES: Final = {head: value for value, head in _SIMPLE_HEADS.items()}
_IN_HEAD: Final = 24
# By the low five bits of an initial byte: how many bytes of argument follow.
_ARGUMENT_BYTES: Final = {24: 1, 25: 2, 26: 4, 27: 8}


@dataclass(frozen=True, slots=True)
class Tagged:
    """A value with a tag (section 3.4), which is for the reader to accept or refuse."""

    tag: int
    value: CborValue


def encode(value: CborValue) -> bytes:
    """Write `value` in the one deterministic way of section 4.2.1."""
    match value:
        case None | bool():
            return bytes([_SIMPLE << 5 | _SIMPLE_HEADS[value]])
        case int():
            return _head(_NEGATIVE, -1 - value) if value < 0 else _head(_UNSIGNED, value)
        case bytes():
            return _head(_BYTES, len(value)) + value
        case str():
            text = _utf8(value)
            return _head(_TEXT, len(text)) + text
        case _:
            return _encode_inside(value)


def decode(data: bytes, *, at: str, ordered: bool = True, max_bytes: int = MAX_BYTES) -> CborValue:
    """Read one data item that is all of `data`, or raise `MalformedError`.

    Lengths are definite and heads as short as can be, map keys are integers or strings, each once,
    and `ordered` asks for them in the order of section 4.2.1. At most 16 levels, 65,536 items.
    """
    if len(data) > max_bytes:
        raise MalformedError("CBOR is larger than allowed", at=at)
    reader = _Reader(data, at, ordered=ordered)
    value = reader.item(0)
    reader.require_end()
    return value


def as_map(value: CborValue, *, at: str) -> CborMap:
    """Return `value` if it is a map."""
    if isinstance(value, Mapping):
        return value
    raise MalformedError("must be a CBOR map", at=at)


def as_bytes(value: CborValue, *, at: str) -> bytes:
    """Return `value` if it is a byte string."""
    if isinstance(value, bytes):
        return value
    raise MalformedError("must be a CBOR byte string", at=at)


def as_text(value: CborValue, *, at: str) -> str:
    """Return `value` if it is a text that is not empty."""
    if isinstance(value, str) and value:
        return value
    raise MalformedError("must be a CBOR text that is not empty", at=at)


def as_integer(value: CborValue, *, at: str) -> int:
    """Return `value` if it is an integer."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise MalformedError("must be a CBOR integer", at=at)


@final
class _Reader:
    """One walk over the bytes; every item is seen once."""

    __slots__ = ("_at", "_data", "_items", "_ordered", "_place")

    def __init__(self, data: bytes, at: str, *, ordered: bool) -> None:
        self._data = data
        self._at = at
        self._ordered = ordered
        self._place = 0
        self._items = 0

    def item(self, depth: int) -> CborValue:
        self._items += 1
        if depth > MAX_DEPTH or self._items > MAX_ITEMS:
            raise self._refuse("CBOR is nested deeper, or has more items, than allowed")
        initial = self._take(1)[0]
        major, low = initial >> 5, initial & 31
        if major == _SIMPLE:
            return self._simple(low)
        argument = self._argument(low)
        if major in (_UNSIGNED, _NEGATIVE):
            return argument if major == _UNSIGNED else -1 - argument
        if major in (_BYTES, _TEXT):
            return self._take(argument) if major == _BYTES else self._text(argument)
        return self._inside(major, argument, depth + 1)

    def require_end(self) -> None:
        if self._place != len(self._data):
            raise self._refuse("CBOR is followed by something")

    def _inside(self, major: int, argument: int, depth: int) -> CborValue:
        if major == _ARRAY:
            return [self.item(depth) for _ in range(argument)]
        return self._map(argument, depth) if major == _MAP else Tagged(argument, self.item(depth))

    def _map(self, length: int, depth: int) -> CborMap:
        members: dict[CborKey, CborValue] = {}
        previous = b""
        for _ in range(length):
            start = self._place
            name = self.item(depth)
            if isinstance(name, bool) or not isinstance(name, int | str | bytes):
                raise self._refuse("a key of a CBOR map is an integer or a string")
            if name in members:
                raise self._refuse("a CBOR map has a key twice")
            encoded = self._data[start : self._place]
            if self._ordered and encoded < previous:
                raise self._refuse("a CBOR map is not in order")
            previous = encoded
            members[name] = self.item(depth)
        return members

    def _argument(self, low: int) -> int:
        if low < _IN_HEAD:
            return low
        if (length := _ARGUMENT_BYTES.get(low)) is None:
            raise self._refuse("CBOR has definite lengths and no reserved heads")
        argument = int.from_bytes(self._take(length), "big")
        if len(_head(0, argument)) != 1 + length:
            raise self._refuse("CBOR has heads as short as can be")
        return argument

    def _simple(self, low: int) -> CborValue:
        if low not in _SIMPLE_VALUES:
            raise self._refuse("CBOR has no floats and no simple values besides true, false, null")
        return _SIMPLE_VALUES[low]

    def _text(self, length: int) -> str:
        try:
            return self._take(length).decode("utf-8")
        except UnicodeDecodeError:
            raise self._refuse("a CBOR text is UTF-8") from None

    def _take(self, length: int) -> bytes:
        end = self._place + length
        if end > len(self._data):
            raise self._refuse("CBOR ends too early")
        taken = self._data[self._place : end]
        self._place = end
        return taken

    def _refuse(self, reason: str) -> MalformedError:
        return MalformedError(reason, at=self._at)


def _encode_inside(value: CborValue) -> bytes:
    match value:
        case Tagged(tag, inner):
            return _head(_TAG, tag) + encode(inner)
        case Mapping():
            pairs = sorted((encode(name), encode(item)) for name, item in value.items())
            return _head(_MAP, len(pairs)) + b"".join(name + item for name, item in pairs)
        case Sequence():
            return _head(_ARRAY, len(value)) + b"".join(map(encode, value))
        case _:
            raise MalformedError("the value has no CBOR form")


def _head(major: int, argument: int) -> bytes:
    if argument < _IN_HEAD:
        return bytes([major << 5 | argument])
    for low, length in _ARGUMENT_BYTES.items():
        if argument < 1 << 8 * length:
            return bytes([major << 5 | low]) + argument.to_bytes(length, "big")
    raise MalformedError("an integer does not fit CBOR")


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedError("a CBOR text is UTF-8") from None
