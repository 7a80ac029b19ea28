"""The quick reader of grants never says anything that the two slow ones do not."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest
from hypothesis import given as given_that
from hypothesis import strategies as st

from registry.model import plain_grants, profile
from registry.model.contents import content_of
from registry.model.envelope import Entry
from registry.model.state import CheckedEntry, check
from ssi_core import strict_json
from ssi_core.errors import MalformedError, SsiError
from tests.support.registry import AT, ORIGIN, grant

RAW = grant("plain").raw
SWAPS = st.lists(
    st.tuples(st.integers(0, len(RAW) - 1), st.integers(0, 255)), min_size=1, max_size=3
)
_VALUES: Mapping[str, Sequence[object]] = {
    "seq": [1, -0.0, "0"],
    "prev": ["z"],
    "ms": [-1, 2**53, 366 * 86_400 + 1],
    "nbf": [0, 1, 2**45],
    "exp": [0, 3_601, 10**15, 253_402_300_800],
    "ts": [10**15, -1, 253_402_300_800],
    "log": ["other.example", "a b", ""],
    "nk": ["z" + "1" * 46, "z" + "z" * 46, ""],
    "rk": ["z" + "1" * 46, "z" + "z" * 46],
    "id": ["z" + "1" * 46, grant("other").id],
    "n": ["A" * 43, "B" * 43, "A" * 42],
    "ctl": ["z6Mk", "z" + "1" * 47],
    "t": ["consent.revoke"],
    "v": [2],
    "extra": [1],
}
CHANGES = [(name, value) for name, values in _VALUES.items() for value in values]


def slowly(raw: bytes) -> tuple[Entry, object] | None:
    """What the parsers say of an entry for this log."""
    try:
        entry = Entry.parse(raw)
        found = (entry, content_of(entry))
    except SsiError:
        return None
    return found if entry.log == ORIGIN else None


def require_no_more(raw: bytes) -> None:
    """Compare, where the quick reader says something."""
    quick = plain_grants.read_all([raw], log=ORIGIN)[0]
    assert quick is None or quick == slowly(raw)


@pytest.mark.parametrize("number", range(8))
def test_what_a_wallet_writes_is_read_quickly_and_alike(number):
    given = grant(str(number), start=AT + timedelta(days=number))

    found = plain_grants.read_all([given.raw], log=ORIGIN)[0]

    assert found is not None
    assert found == slowly(given.raw)
    assert CheckedEntry(*found) == check(Entry.parse(given.raw), log=ORIGIN)


@given_that(swaps=SWAPS)
def test_no_changed_byte_is_read_otherwise(swaps):
    changed = bytearray(RAW)
    for place, byte in swaps:
        changed[place] = byte

    require_no_more(bytes(changed))


@given_that(
    start=st.integers(0, len(RAW)), end=st.integers(0, len(RAW)), text=st.binary(max_size=4)
)
def test_nothing_that_was_cut_or_put_in_is_read_otherwise(start, end, text):
    require_no_more(RAW[:start] + text + RAW[end:])


@pytest.mark.parametrize(("name", "value"), CHANGES)
def test_no_value_is_read_otherwise(name, value):
    members = {**json.loads(RAW), name: value}

    require_no_more(json.dumps(members, sort_keys=True, separators=(",", ":")).encode())


@given_that(
    value=st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False)
        | st.text(max_size=6),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    spaced=st.booleans(),
    is_sorted=st.booleans(),
)
def test_the_quick_way_to_read_canonical_text_takes_nothing_that_the_slow_one_refuses(
    value, spaced, is_sorted
):
    separators = (", ", ": ") if spaced else (",", ":")
    text = json.dumps(
        {"a": value, "B": value}, sort_keys=is_sorted, separators=separators, ensure_ascii=False
    )
    raw = text.encode("utf-8", "surrogatepass")

    try:
        read = profile.parse(raw, max_bytes=10_000)
    except MalformedError:
        return

    # Strictly read, within the profile, and written again as the same bytes.
    assert read == strict_json.parse_object(raw)
    assert profile.render(read) == raw
