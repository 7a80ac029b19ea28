"""Whatever is done to an entry, a proof or a checkpoint: refused, and only in our own words."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.model import profile
from registry.model.envelope import Entry, inception_id
from registry.model.state import check, validate
from registry.model.view import EmptyView, Overlay
from ssi_core import jcs
from ssi_core.errors import MalformedError, SsiError
from tests.support.registry import ORIGIN, every_type

# Each entry with those that must come before it.
ENTRIES = every_type()

ascii_names = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=8)
leaves = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20)
json_values = st.recursive(
    leaves,
    lambda items: st.lists(items, max_size=4) | st.dictionaries(ascii_names, items, max_size=4),
    max_leaves=12,
)
junk_values = st.recursive(
    leaves | st.floats() | st.integers(),
    lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=5), x, max_size=3),
    max_leaves=6,
)


def prefix(before: list[bytes]) -> Overlay:
    state = Overlay(EmptyView())
    for raw in before:
        state.apply(validate(check(Entry.parse(raw), log=ORIGIN), state))
    return state


@pytest.mark.parametrize("kind", ENTRIES)
@given(data=st.data())
@settings(max_examples=40)
def test_an_entry_with_any_byte_changed_is_refused(kind, data):
    raw, before = ENTRIES[kind]
    index = data.draw(st.integers(0, len(raw) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != raw[index]))
    changed = raw[:index] + bytes([byte]) + raw[index + 1 :]
    state = prefix(before)

    with pytest.raises(SsiError):
        validate(check(Entry.parse(changed), log=ORIGIN), state)


@pytest.mark.parametrize("kind", ENTRIES)
@given(data=st.data())
@settings(max_examples=40)
def test_an_entry_with_any_member_changed_is_refused(kind, data):
    raw, before = ENTRIES[kind]
    members = json.loads(raw)
    name = data.draw(st.sampled_from(sorted(members)))
    value = data.draw(junk_values.filter(lambda drawn: repr(drawn) != repr(members[name])))
    state = prefix(before)

    changed = json.dumps(
        {**members, name: value}, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode("utf-8", "surrogatepass")

    with pytest.raises(SsiError):
        validate(check(Entry.parse(changed), log=ORIGIN), state)


@given(st.binary(max_size=300) | junk_values.map(lambda value: json.dumps(value).encode()))
def test_junk_is_no_entry(raw):
    with pytest.raises(MalformedError):
        Entry.parse(raw)


@given(json_values)
def test_the_profile_writes_what_jcs_writes(value):
    with suppress(MalformedError):
        assert profile.render(value) == jcs.canonicalize(value)


@given(st.dictionaries(ascii_names, json_values, max_size=5))
def test_what_the_profile_writes_it_reads(members):
    try:
        raw = profile.render(members)
    except MalformedError:
        return

    assert profile.parse(raw, max_bytes=len(raw)) == members


@given(inner=st.dictionaries(ascii_names, json_values, max_size=3), echo=st.booleans())
def test_an_entrys_parts_are_cut_out_where_they_stand(inner, echo):
    members: dict[str, Any] = {
        "v": 1,
        "t": "did.op",
        "log": ORIGIN,
        "id": "zQm",
        "proof": {"a": "b"},
    }
    # An inner object may repeat what stands above, to the letter.
    members["line"] = {**inner, **({"id": "zQm", "proof": {"a": "b"}, "z": 1} if echo else {})}
    try:
        parsed = Entry.parse(profile.render(members))
    except MalformedError:
        return

    unsigned = {name: value for name, value in members.items() if name != "proof"}
    assert parsed.unsigned == profile.render(unsigned)
    with pytest.raises(MalformedError):
        parsed.require_inception_id()
    whole = Entry.parse(profile.render({**members, "id": inception_id(members)}))
    assert whole.require_inception_id() == inception_id(members)
