"""What is concealed can be revealed, in any part, and nothing more than that."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ssi_core.claim_path import ClaimPath
from ssi_core.keys import P256Signer
from ssi_core.proof.disclosure import RESERVED_NAMES
from ssi_core.proof.sd_jwt import Sd, SdJwt, derive, disclosed_paths, index, issue, process

_SIGNER = P256Signer.generate()
_NAMES = st.text(max_size=6).filter(lambda name: name not in RESERVED_NAMES)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10)
)


def _marked(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    item = inner | inner.map(Sd)
    return st.lists(item, max_size=4) | st.dictionaries(_NAMES, item, max_size=4)


_CLAIMS = st.dictionaries(
    _NAMES,
    st.recursive(_SCALARS, _marked, max_leaves=8).flatmap(lambda v: st.sampled_from([v, Sd(v)])),
    max_size=5,
)


def _plain(value: Any) -> Any:
    match value:
        case Sd():
            return _plain(value.value)
        case dict():
            return {name: _plain(item) for name, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case _:
            return value


def _paths(value: Any, path: ClaimPath = ()) -> list[ClaimPath]:
    match value:
        case dict():
            return [path, *(p for name, item in value.items() for p in _paths(item, (*path, name)))]
        case list():
            return [path, *(p for i, item in enumerate(value) for p in _paths(item, (*path, i)))]
        case _:
            return [path]


@given(_CLAIMS, st.integers(0, 3))
def test_what_was_issued_is_read_back_whole(claims: Any, decoys: int) -> None:
    credential = issue(claims, header={}, signer=_SIGNER, decoys=decoys)

    parsed = SdJwt.parse(str(credential))

    assert process(parsed.payload(), parsed.disclosures) == _plain(claims)


@given(_CLAIMS, st.integers(0, 2), st.data())
def test_what_was_derived_has_what_was_kept_its_parents_and_nothing_else(
    claims: Any, decoys: int, data: st.DataObject
) -> None:
    credential = issue(claims, header={}, signer=_SIGNER, decoys=decoys)
    everything = [path for path in _paths(_plain(claims)) if path]
    keep = data.draw(st.lists(st.sampled_from(everything), max_size=3)) if everything else []

    derived = derive(credential, keep)

    processed = process(derived.payload(), derived.disclosures)
    by_text = {item.text: path for path, item in index(credential).items()}
    kept = {by_text[item.text] for item in derived.disclosures}
    needed = {
        path
        for path in disclosed_paths(credential)
        if any(path[: len(k)] == k or k[: len(path)] == path for k in keep)
    }
    assert kept == needed
    assert _is_part_of(processed, _plain(claims))


def _is_part_of(part: Any, whole: Any) -> bool:
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            name in whole and _is_part_of(item, whole[name]) for name, item in part.items()
        )
    if isinstance(part, list):
        rest = iter(whole if isinstance(whole, list) else [])
        return isinstance(whole, list) and all(
            any(_is_part_of(item, candidate) for candidate in rest) for item in part
        )
    return bool(part == whole)


@given(_CLAIMS, st.data())
def test_deriving_twice_is_deriving_once(claims: Any, data: st.DataObject) -> None:
    credential = issue(claims, header={}, signer=_SIGNER)
    members = list(_plain(claims))
    keep = [(name,) for name in (data.draw(st.sets(st.sampled_from(members))) if members else [])]

    once = derive(credential, keep)

    assert derive(once, keep) == once
