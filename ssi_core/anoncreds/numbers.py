"""The numbers and points of a proof, as text: of the size that honest ones have, and so written.

What is written otherwise makes the library panic, and long numbers make its arithmetic long.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from ssi_core.errors import MalformedError, WorkLimitError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_array, as_integer, as_object

# Honest numbers have up to 3100 bits, and a modular power of one takes a millisecond or more.
_MAX_DIGITS: Final = 1_000
_MAX_COMMITMENTS: Final = 256
_NUMBER: Final = re.compile(r"-?[0-9]+", re.ASCII)
_SCALAR: Final = re.compile(r"[0-9A-F]{64}", re.ASCII)
# Coordinates in Montgomery form, each with how far it may exceed the modulus.
_COORDINATE: Final = r"[0-9A-F]{1,3} [0-9A-F]{64,70}"
_POINT: Final = re.compile(rf"{_COORDINATE}(?: {_COORDINATE}){{2}}(?: {_COORDINATE}){{0,3}}")
# A difference that is not negative is the sum of four squares.
_SQUARES: Final = frozenset({"0", "1", "2", "3"})
_PARTS_OF_PREDICATE: Final = {"u": _SQUARES, "r": _SQUARES | {"DELTA"}, "t": _SQUARES | {"DELTA"}}
_AT: Final = "/proof"


def require_numbers(proof: JsonObject) -> None:
    """Return if every number of a proof can be one; `WorkLimitError` for long ones."""
    for text in _texts(proof):
        if len(text) > _MAX_DIGITS:
            raise WorkLimitError("a number is longer than allowed", at=_AT)
    for item in as_array(proof.get("proofs"), at="/proof/proofs"):
        part = as_object(item, at="/proof/proofs")
        primary = as_object(part.get("primary_proof"), at="/proof/proofs/primary_proof")
        _require_primary(primary)
        if (non_revocation := part.get("non_revoc_proof")) is not None:
            _require_non_revocation(as_object(non_revocation, at="/proof/proofs/non_revoc_proof"))
    _require_aggregate(as_object(proof.get("aggregated_proof"), at="/proof/aggregated_proof"))


def _require_primary(primary: JsonObject) -> None:
    at = "/proof/proofs/primary_proof"
    equality = as_object(primary.get("eq_proof"), at=f"{at}/eq_proof")
    _require_all(equality, ("a_prime", "e", "v", "m2"), _NUMBER, at=f"{at}/eq_proof")
    for name in ("revealed_attrs", "m"):
        numbers = as_object(equality.get(name), at=f"{at}/eq_proof/{name}")
        _require_all(numbers, numbers, _NUMBER, at=f"{at}/eq_proof/{name}")
    for item in as_array(primary.get("ge_proofs"), at=f"{at}/ge_proofs"):
        inequality = as_object(item, at=f"{at}/ge_proofs")
        _require_all(inequality, ("mj", "alpha"), _NUMBER, at=f"{at}/ge_proofs")
        for name, parts in _PARTS_OF_PREDICATE.items():
            numbers = as_object(inequality.get(name), at=f"{at}/ge_proofs")
            if numbers.keys() != parts:
                raise MalformedError("a proof of a predicate has four parts", at=f"{at}/ge_proofs")
            _require_all(numbers, numbers, _NUMBER, at=f"{at}/ge_proofs")


def _require_non_revocation(proof: JsonObject) -> None:
    at = "/proof/proofs/non_revoc_proof"
    for name, shape in (("x_list", _SCALAR), ("c_list", _POINT)):
        numbers = as_object(proof.get(name), at=f"{at}/{name}")
        _require_all(numbers, numbers, shape, at=f"{at}/{name}")


def _require_aggregate(aggregate: JsonObject) -> None:
    at = "/proof/aggregated_proof"
    _require_all(aggregate, ("c_hash",), _NUMBER, at=at)
    commitments = as_array(aggregate.get("c_list"), at=f"{at}/c_list")
    if len(commitments) > _MAX_COMMITMENTS:
        raise WorkLimitError("a proof has more commitments than allowed", at=f"{at}/c_list")
    for commitment in commitments:
        for byte in as_array(commitment, at=f"{at}/c_list"):
            if not 0 <= as_integer(byte, at=f"{at}/c_list") < 1 << 8:
                raise MalformedError("a commitment is made of bytes", at=f"{at}/c_list")


def _require_all(
    numbers: JsonObject, names: Iterable[str], shape: re.Pattern[str], *, at: str
) -> None:
    for name in names:
        value = numbers.get(name)
        if not isinstance(value, str) or shape.fullmatch(value) is None:
            raise MalformedError("a number of a proof is not one", at=at)


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            if not isinstance(item, int):
                yield from _texts(item)
