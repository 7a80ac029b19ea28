"""Marking by paths what a holder may withhold."""

from typing import Any

import pytest

from ssi_core.errors import QueryError
from ssi_core.proof.marking import mark
from ssi_core.proof.sd_jwt import Sd, conceal, process

_CLAIMS: dict[str, Any] = {"a": {"b": [1, {"c": 2}], "d": "x"}, "e": None}


def test_what_a_path_selects_is_marked_and_nothing_else():
    marked = mark(_CLAIMS, [("a", "b", 1), ("e",)])

    assert marked == {"a": {"b": [1, Sd({"c": 2})], "d": "x"}, "e": Sd(None)}


def test_a_part_inside_a_marked_part_may_be_marked_too():
    marked = mark(_CLAIMS, [("a",), ("a", "b", None)])

    assert marked == {"a": Sd({"b": [Sd(1), Sd({"c": 2})], "d": "x"}), "e": None}


def test_all_disclosures_give_back_what_was_marked():
    payload, disclosures = conceal(mark(_CLAIMS, [("a", "b", 0), ("a", "d")]))

    assert len(disclosures) == 2
    assert process(payload, disclosures) == _CLAIMS


@pytest.mark.parametrize("path", [(), ("x",), ("a", "b", 2), ("a", 0), ("e", "x")])
def test_a_path_that_selects_nothing_is_refused(path: Any):
    with pytest.raises(QueryError):
        mark(_CLAIMS, [path])
