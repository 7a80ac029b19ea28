"""Which parts of a document are selectively disclosable, said by their paths."""

from collections.abc import Collection, Mapping, Sequence

from ssi_core import claim_path
from ssi_core.claim_path import ClaimPath
from ssi_core.errors import QueryError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.proof.sd_jwt_payload import Sd, SdClaims, SdValue


def mark(claims: JsonObject, paths: Collection[ClaimPath]) -> SdClaims:
    """Mark what each of `paths` selects with `Sd`; `QueryError` for one that selects nothing."""
    selected: set[ClaimPath] = set()
    for path in paths:
        if not path or not (found := claim_path.select(claims, path)):
            raise QueryError("there is no such claim", at=claim_path.pointer(path))
        selected.update(found)
    return {name: _marked(value, (name,), selected) for name, value in claims.items()}


def _marked(value: JsonValue, path: ClaimPath, selected: Collection[ClaimPath]) -> SdValue:
    inside: SdValue = value
    if isinstance(value, Mapping):
        inside = {name: _marked(item, (*path, name), selected) for name, item in value.items()}
    elif isinstance(value, Sequence) and not isinstance(value, str):
        inside = [_marked(item, (*path, index), selected) for index, item in enumerate(value)]
    return Sd(inside) if path in selected else inside
