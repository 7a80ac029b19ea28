"""Strict JSON: what is read, what is refused, and members taken out by type."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core import strict_json
from ssi_core.errors import MalformedError, SsiError

pytestmark = pytest.mark.spec("RFC 8259", "2")

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null", None),
        (" [1, 2.5, -0.0, 1e3] ", [1, 2.5, -0.0, 1000.0]),
        ('{"a": {"a": true}}', {"a": {"a": True}}),
        ('"\\ud83d\\ude00 \\u00e9"', "\U0001f600 \u00e9"),
        ('{"\u00e9": "\u20ac"}', {"\u00e9": "\u20ac"}),
    ],
)
def test_json_is_read(text: str, value: Any):
    assert strict_json.parse(text) == value
    assert strict_json.parse(text.encode()) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "nul",
        "{",
        "[1,]",
        "{'a': 1}",
        "01",
        "+1",
        ".5",
        "0x1",
        "[1] [2]",
        "\ufeff{}",
        '"\t"',
        '"\\x41"',
        '{"a": 1, "a": 2}',
        '{"a": 1, "\\u0061": 2}',
        '[{"b": {"a": 1, "a": 1}}]',
        "NaN",
        "[Infinity]",
        '{"a": -Infinity}',
        "1e400",
        "-1e400",
        "1" * 5000,
        '"\\ud800"',
        '{"\\udfff": 1}',
        '["\\udc00\\ud800"]',
        "\ud800",
        '"\ud800"',
    ],
)
def test_what_lenient_parsers_let_through_is_refused(text: str):
    with pytest.raises(MalformedError):
        strict_json.parse(text)


@pytest.mark.parametrize("data", [b"\xff", b'"\xc0\xaf"', b'"\xed\xa0\x80"', "{}".encode("utf-16")])
def test_bytes_that_are_not_utf_8_are_refused(data: bytes):
    with pytest.raises(MalformedError):
        strict_json.parse(data)


@pytest.mark.parametrize("form", [str, str.encode])
def test_a_text_longer_than_allowed_is_refused(form: Callable[[str], Any]):
    strict_json.parse(form('"' + "x" * 8 + '"'), max_bytes=10)
    with pytest.raises(MalformedError, match="larger"):
        strict_json.parse(form('"' + "x" * 9 + '"'), max_bytes=10)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
def test_a_text_nested_deeper_than_allowed_is_refused(opening: str, closing: str):
    depth = 64 // opening.count("[") if opening == "[" else 32 if "[" in opening else 64

    strict_json.parse(opening * depth + "1" + closing * depth)
    with pytest.raises(MalformedError, match="deeper"):
        strict_json.parse(opening * (depth + 1) + "1" + closing * (depth + 1))


def test_brackets_in_strings_and_beside_each_other_are_not_depth():
    text = '["' + "[" * 200 + '\\"]{", ' + ", ".join(["[]"] * 200) + "]"

    assert len(strict_json.as_array(strict_json.parse(text), at="")) == 201


@pytest.mark.parametrize("opening", ["[", '{"a":', '"\\\n"[', '"\\\n" "['])
def test_nesting_without_end_is_refused_and_not_fallen_into(opening: str):
    with pytest.raises(MalformedError):
        strict_json.parse(opening * 100_000)


def test_an_object_is_asked_for_by_name():
    assert strict_json.parse_object(b'{"a": 1}') == {"a": 1}
    for text in ("[]", '"x"', "null", "1"):
        with pytest.raises(MalformedError):
            strict_json.parse_object(text)


def test_rendering_is_compact_and_keeps_order_and_letters():
    assert strict_json.render({"b": [1, None], "a": "\u00e9"}) == '{"b":[1,null],"a":"\u00e9"}'


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), "\ud800", {"\udfff": 1}, {1j: 1}, b"x", object()]
)
def test_what_is_not_json_is_not_written(value: Any):
    with pytest.raises(MalformedError):
        strict_json.render([value])


def test_a_value_without_end_is_not_written():
    value: list[Any] = []
    value.append(value)

    with pytest.raises(MalformedError):
        strict_json.render(value)


@given(VALUES)
def test_what_is_written_is_read_again(value: Any):
    text = strict_json.render(value)

    assert strict_json.parse(text) == strict_json.parse(text.encode()) == value


@given(st.text() | st.binary() | VALUES.map(json.dumps))
def test_junk_raises_only_our_own_errors(source: str | bytes):
    try:
        value = strict_json.parse(source)
    except SsiError:
        return

    assert strict_json.parse(strict_json.render(value)) == value


FRAGMENTS = st.sampled_from(
    ['["a"', '"b"]', "]", "[", '{"a":1}', '{"a":1,"a":2}', " 1 ", "NaN", '"\\ud800"', '"\\u0041"',
     "\ufeff1", "[1][2]", "", "1e999", "\u00e9", '"\u00e9"', "[" * 65 + "]" * 65]
)  # fmt: skip


@given(st.lists(st.binary(max_size=4) | FRAGMENTS.map(str.encode), max_size=4))
def test_texts_are_read_together_as_strictly_as_one_by_one(sources: list[bytes]):
    try:
        expected = [strict_json.parse(source) for source in sources]
    except MalformedError:
        with pytest.raises(MalformedError):
            strict_json.parse_all(sources)
        return

    assert strict_json.parse_all(sources) == expected


@pytest.mark.parametrize("count", [1, 65, 1000])
def test_many_texts_are_read_though_together_they_have_what_none_may_have(count: int):
    sources = [b'["\\u00e9",{"a":[]}]'] * count

    assert strict_json.parse_all(sources) == [["\u00e9", {"a": []}]] * count


TAKERS: dict[Callable[..., Any], tuple[list[Any], list[Any]]] = {
    strict_json.as_object: ([{}, {"a": 1}], [None, [], "x", 1, True]),
    strict_json.as_array: ([[], [1]], [None, {}, "x", 1, True]),
    strict_json.as_text: (["x", " "], ["", None, 1, True, [], {}]),
    strict_json.as_integer: (
        [0, -1, 2**53 - 1, -(2**53) + 1],
        [2**53, -(2**53), 1.0, True, False, None, "1", []],
    ),
    strict_json.as_boolean: ([True, False], [0, 1, None, "true", []]),
    strict_json.as_texts: ([["x"], ["x", "y"]], [[], "x", None, [""], ["x", 1], [None]]),
}


@pytest.mark.parametrize("take", TAKERS, ids=lambda take: take.__name__)
def test_a_member_is_taken_out_by_its_type(take: Callable[..., Any]):
    good, bad = TAKERS[take]

    for value in good:
        taken = take(value, at="/a")
        assert (list(taken) if isinstance(taken, tuple) else taken) == value
    for value in bad:
        with pytest.raises(MalformedError, match="/a"):
            take(value, at="/a")


def test_the_item_that_is_wrong_is_pointed_at():
    with pytest.raises(MalformedError, match="/names/1"):
        strict_json.as_texts(["x", 7], at="/names")
