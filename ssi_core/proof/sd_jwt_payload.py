"""The payload of an SD-JWT: claims concealed behind digests, and revealed again.

https://www.rfc-editor.org/rfc/rfc9901#section-4.2.4 (embedding digests) and section 7.1 (step 3).
"""

import math
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Final, TypeAlias, Union, final

from ssi_core.claim_path import WITHHELD, ClaimPath, pointer
from ssi_core.errors import AlgorithmError, DisclosureError, MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.proof.disclosure import (
    DEFAULT_HASH_ALGORITHM,
    DIGESTS,
    ELEMENT_DIGEST,
    HASH_ALGORITHM,
    HASH_ALGORITHMS,
    RESERVED_NAMES,
    SALT_BYTES,
    Disclosure,
    by_digest,
    digest,
)
from ssi_core.strict_json import as_array, as_object

# Disclosures nest inside disclosures, so each text being shallow does not bound the whole.
MAX_DEPTH: Final = 64
# Asked of every value: abstract classes take longer to answer.
_SCALARS: Final = (str, int, float, NoneType)
_OBJECTS: Final = (dict, Mapping)


@dataclass(frozen=True, slots=True)
class Sd:
    """Marks a claim or an array element as selectively disclosable; what is inside may be too."""

    value: "SdValue"


SdValue: TypeAlias = Union[JsonValue, Sd, "Sequence[SdValue]", "Mapping[str, SdValue]"]
SdClaims: TypeAlias = Mapping[str, SdValue]


@dataclass(frozen=True, slots=True)
class Revealed:
    """A payload with its disclosures put back.

    `as_issued` has `WITHHELD` for each array element that was not disclosed, so that positions are
    the issuer's; the paths of `disclosures` are positions in it.
    """

    as_issued: JsonObject
    disclosures: Mapping[ClaimPath, Disclosure]
    has_withheld: bool

    def claims(self) -> JsonObject:
        """Return the Processed SD-JWT Payload: withheld array elements are gone (step 3.d)."""
        return _without_withheld(self.as_issued) if self.has_withheld else self.as_issued

    def processed_path(self, path: ClaimPath) -> ClaimPath:
        """Return where in `claims()` the value is that has `path` in `as_issued`."""
        if not self.has_withheld:
            return path
        node: JsonValue = self.as_issued
        processed: list[str | int | None] = []
        for component in path:
            if isinstance(component, str):
                node = as_object(node, at=pointer(path))[component]
                processed.append(component)
            else:
                before = as_array(node, at=pointer(path))[:component]
                node = as_array(node, at=pointer(path))[len(before)]
                processed.append(sum(item is not WITHHELD for item in before))
        return tuple(processed)


def random_salt() -> bytes:
    """Return 128 random bits (section 9.3)."""
    return secrets.token_bytes(SALT_BYTES)


def conceal(
    claims: SdClaims, *, decoys: int = 0, salts: Callable[[], bytes] = random_salt
) -> tuple[JsonObject, tuple[Disclosure, ...]]:
    """Return the payload to sign and the disclosures of everything marked `Sd`.

    `decoys` digests of nothing join every object and array that conceals something; in arrays they
    come last, so that positions stay. `salts` is called once per disclosure in the order of the
    claims, what is inside a disclosure before the disclosure itself, and once per decoy.
    """
    concealer = _Concealer(decoys, salts)
    payload = concealer.object(claims, ())
    if concealer.conceals:
        payload[HASH_ALGORITHM] = DEFAULT_HASH_ALGORITHM
    return payload, tuple(concealer.disclosures)


def hash_algorithm(payload: JsonObject, *, accepted: Collection[str] = HASH_ALGORITHMS) -> str:
    """Return the payload's hash algorithm (section 4.1.1) if it is accepted."""
    name = payload.get(HASH_ALGORITHM, DEFAULT_HASH_ALGORITHM)
    if not isinstance(name, str):
        raise MalformedError("the hash algorithm is named by a string", at=f"/{HASH_ALGORITHM}")
    if name not in accepted or name not in HASH_ALGORITHMS:
        raise AlgorithmError("hash algorithm is not accepted here", at=f"/{HASH_ALGORITHM}")
    return name


def reveal(
    payload: JsonObject,
    disclosures: Sequence[Disclosure],
    *,
    hash_algorithms: Collection[str] = HASH_ALGORITHMS,
) -> Revealed:
    """Put `disclosures` where `payload` has their digests (section 7.1, steps 3 to 5).

    Raises `DisclosureError` for one that no digest names, or that collides with another claim, and
    for a digest that stands twice; `MalformedError` where the payload misuses a reserved name.
    """
    named = by_digest(disclosures, hash_algorithm(payload, accepted=hash_algorithms))
    if len(named) != len(disclosures):
        raise DisclosureError("a disclosure was sent twice", at="/disclosures")
    revealer = _Revealer(named)
    plain = {name: value for name, value in payload.items() if name != HASH_ALGORITHM}
    as_issued = revealer.object(plain, ())
    if len(revealer.revealed) != len(named):
        raise DisclosureError("no digest names a disclosure", at="/disclosures")
    return Revealed(as_issued, revealer.revealed, revealer.has_withheld)


@final
class _Concealer:
    def __init__(self, decoys: int, salts: Callable[[], bytes]) -> None:
        self.disclosures: list[Disclosure] = []
        self.conceals = False
        self._decoys = decoys
        self._salts = salts

    def object(self, node: SdClaims, path: ClaimPath) -> dict[str, JsonValue]:
        plain: dict[str, JsonValue] = {}
        digests: list[str] = []
        for name, value in node.items():
            below = (*path, _name(name, path))
            if isinstance(value, Sd):
                digests.append(self._disclose(name, value, below))
            else:
                plain[name] = self._value(value, below)
        if digests:
            # Sorted, so that the order of the claims does not show (section 4.2.4.1).
            plain[DIGESTS] = sorted(digests + self._decoy_digests())
        return plain

    def _array(self, node: Sequence[SdValue], path: ClaimPath) -> list[JsonValue]:
        elements: list[JsonValue] = []
        for index, value in enumerate(node):
            below = (*path, index)
            if isinstance(value, Sd):
                elements.append({ELEMENT_DIGEST: self._disclose(None, value, below)})
            else:
                elements.append(self._value(value, below))
        if any(isinstance(value, Sd) for value in node):
            elements += ({ELEMENT_DIGEST: decoy} for decoy in self._decoy_digests())
        return elements

    def _value(self, node: SdValue, path: ClaimPath) -> JsonValue:
        if len(path) > MAX_DEPTH:
            raise MalformedError("claims are nested deeper than allowed", at=pointer(path[:1]))
        match node:
            case Sd():
                raise MalformedError("a claim is marked twice", at=pointer(path))
            case str():
                return _text(node, path)
            case Mapping():
                return self.object(node, path)
            case bool() | int() | None:
                return node
            case float() if math.isfinite(node):
                return node
            case Sequence() if not isinstance(node, bytes | bytearray):
                return self._array(node, path)
            case _:
                raise MalformedError("a claim value is not JSON", at=pointer(path))

    def _disclose(self, name: str | None, marked: Sd, path: ClaimPath) -> str:
        value = self._value(marked.value, path)
        disclosure = Disclosure.make(name, value, salt=self._salts())
        self.disclosures.append(disclosure)
        self.conceals = True
        return disclosure.digest()

    def _decoy_digests(self) -> list[str]:
        return [digest(self._salts(), DEFAULT_HASH_ALGORITHM) for _ in range(self._decoys)]


@final
class _Revealer:
    """One walk over the payload and what is put into it: every node is seen once."""

    __slots__ = ("_named", "_seen", "has_withheld", "revealed")

    def __init__(self, named: Mapping[str, Disclosure]) -> None:
        self.revealed: dict[ClaimPath, Disclosure] = {}
        self.has_withheld = False
        self._named = named
        self._seen: set[str] = set()

    def object(self, node: JsonObject, path: ClaimPath) -> dict[str, JsonValue]:
        if ELEMENT_DIGEST in node or HASH_ALGORITHM in node:
            raise MalformedError("a reserved claim name is misused", at=pointer(path))
        claims = {
            name: value if isinstance(value, _SCALARS) else self._value(value, (*path, name))
            for name, value in node.items()
            if name != DIGESTS
        }
        if DIGESTS not in node:
            return claims
        digests = node[DIGESTS]
        if not isinstance(digests, list | tuple):
            raise MalformedError("digests are an array of strings", at=pointer((*path, DIGESTS)))
        for text in self._unseen(digests, path):
            if (disclosure := self._named.get(text)) is not None:
                self._insert(disclosure, claims, path)
        return claims

    def _insert(self, found: Disclosure, claims: dict[str, JsonValue], path: ClaimPath) -> None:
        if (name := found.name) is None:
            raise DisclosureError("an object names an element's disclosure", at=pointer(path))
        if name in claims:
            raise DisclosureError("a disclosed claim is already there", at=pointer(path))
        below, value = (*path, name), found.value
        self.revealed[below] = found
        claims[name] = value if isinstance(value, _SCALARS) else self._value(value, below)

    def _array(self, node: Sequence[JsonValue], path: ClaimPath) -> list[JsonValue]:
        return [self._element(item, (*path, index)) for index, item in enumerate(node)]

    def _element(self, item: JsonValue, path: ClaimPath) -> JsonValue:
        if isinstance(item, _SCALARS):
            return item
        if not isinstance(item, Mapping) or ELEMENT_DIGEST not in item:
            return self._value(item, path)
        if len(item) != 1:
            raise MalformedError("an element's digest stands alone", at=pointer(path))
        disclosure = self._named.get(*self._unseen((item[ELEMENT_DIGEST],), path))
        if disclosure is None:
            self.has_withheld = True
            return WITHHELD
        if disclosure.name is not None:
            raise DisclosureError("an element names a property's disclosure", at=pointer(path))
        self.revealed[path] = disclosure
        return self._value(disclosure.value, path)

    def _value(self, node: JsonValue, path: ClaimPath) -> JsonValue:
        if isinstance(node, _SCALARS):
            return node
        if len(path) > MAX_DEPTH:
            raise MalformedError("claims are nested deeper than allowed", at=pointer(path[:1]))
        if isinstance(node, _OBJECTS):
            return self.object(node, path)
        return self._array(node, path)

    def _unseen(self, digests: Sequence[JsonValue], path: ClaimPath) -> list[str]:
        """Return `digests` if they are strings, none of which has stood anywhere before."""
        texts = [item for item in digests if isinstance(item, str)]
        if len(texts) != len(digests):
            raise MalformedError("a digest is a string", at=pointer(path))
        before = len(self._seen)
        self._seen.update(texts)
        if len(self._seen) != before + len(texts):
            raise DisclosureError("a digest stands twice", at=pointer(path))
        return texts


def _name(name: str, path: ClaimPath) -> str:
    if name in RESERVED_NAMES:
        raise MalformedError("a claim has a reserved name", at=pointer(path))
    return _text(name, path)


def _text(text: str, path: ClaimPath) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedError("a claim has a lone surrogate", at=pointer(path[:-1])) from None
    return text


def _without_withheld(node: JsonObject) -> JsonObject:
    return {name: _strip(value) for name, value in node.items()}


def _strip(value: JsonValue) -> JsonValue:
    if isinstance(value, Mapping):
        return _without_withheld(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_strip(item) for item in value if item is not WITHHELD]
    return value
