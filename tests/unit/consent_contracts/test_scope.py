from typing import Any

import pytest

from consent_contracts.access import AccessLevel
from consent_contracts.scope import ScopeItem, is_within, level_of
from ssi_core.errors import MalformedError
from tests.support.consent import DIAGNOSIS, LABORATORY, scope_item

ITEM: dict[str, Any] = {
    "vct": DIAGNOSIS,
    "claims": [["code"], ["values", None]],
    "access": "sample",
}


def test_an_item_is_written_as_it_was_read() -> None:
    assert ScopeItem.parse(ITEM).to_json() == ITEM


@pytest.mark.parametrize(
    "change",
    [
        {"vct": ""},
        {"vct": "two\nlines"},
        {"vct": None},
        {"claims": []},
        {"claims": "code"},
        {"claims": [[]]},
        {"claims": [["code"], ["code"]]},
        {"claims": [["code", -1]]},
        {"claims": [["code", 1.5]]},
        {"claims": [[f"c{number}"] for number in range(257)]},
        {"access": "everything"},
        {"more": 1},
    ],
)
def test_an_item_that_is_not_quite_one_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        ScopeItem.parse(ITEM | change)


@pytest.mark.parametrize("items", [None, [], "x", 1])
def test_what_is_no_object_is_no_item(items: Any) -> None:
    with pytest.raises(MalformedError):
        ScopeItem.parse(items)


def test_a_claim_has_the_highest_level_that_reaches_it() -> None:
    scope = (scope_item("code", access="sample"), scope_item("code.display"))

    assert level_of(scope, DIAGNOSIS, ("code",)) is AccessLevel.SAMPLE
    assert level_of(scope, DIAGNOSIS, ("code", "display")) is AccessLevel.FULL
    assert level_of(scope, DIAGNOSIS, ("onset",)) is None
    assert level_of(scope, LABORATORY, ("code",)) is None


def test_none_wins_over_every_other_level_above_and_below() -> None:
    scope = (scope_item("encounter"), scope_item("encounter.class", access="none"))

    assert level_of(scope, DIAGNOSIS, ("encounter", "class", "code")) is AccessLevel.NONE
    assert level_of(scope, DIAGNOSIS, ("encounter",)) is AccessLevel.NONE
    assert level_of(scope, DIAGNOSIS, ("encounter", "type")) is AccessLevel.FULL


def test_none_of_one_element_reaches_any_element() -> None:
    scope = (
        ScopeItem(vct=DIAGNOSIS, claims=frozenset({("values",)}), access=AccessLevel.FULL),
        ScopeItem(vct=DIAGNOSIS, claims=frozenset({("values", 0, "x")}), access=AccessLevel.NONE),
    )

    assert level_of(scope, DIAGNOSIS, ("values", None)) is AccessLevel.NONE
    assert level_of(scope, DIAGNOSIS, ("values", None, "x")) is AccessLevel.NONE
    assert level_of(scope, DIAGNOSIS, ("values", 1)) is AccessLevel.FULL
    assert level_of(scope, DIAGNOSIS, ("values", "0")) is AccessLevel.FULL


def test_none_of_any_element_says_nothing_about_a_member() -> None:
    scope = (
        ScopeItem(vct=DIAGNOSIS, claims=frozenset({("values",)}), access=AccessLevel.FULL),
        ScopeItem(vct=DIAGNOSIS, claims=frozenset({("values", None)}), access=AccessLevel.NONE),
    )

    assert level_of(scope, DIAGNOSIS, ("values", "unit")) is AccessLevel.FULL
    assert level_of(scope, DIAGNOSIS, ("values", 3)) is AccessLevel.NONE


def test_a_scope_is_within_one_that_gives_as_much() -> None:
    wide = (scope_item("encounter", "code"),)

    assert is_within((scope_item("code"),), wide)
    assert is_within((scope_item("encounter.class", access="sample"),), wide)
    assert is_within((scope_item("code"), scope_item("onset", access="none")), wide)
    assert not is_within((scope_item("onset"),), wide)
    assert not is_within(wide, (scope_item("encounter", "code", access="sample"),))
