from typing import Any

import pytest

from consent_contracts.context import NOTHING_KNOWN, Context
from ssi_core.errors import MalformedError

WHOLE: dict[str, Any] = {
    "roles": ["nurse", "physician"],
    "accreditations": [
        {"class": "insurer", "accredited_by": "did:web:a.example"},
        {"class": "insurer", "accredited_by": "did:web:b.example"},
        {"class": "provider", "accredited_by": "did:web:a.example"},
    ],
    "jurisdiction": "DE",
    "group_size": 0,
}


def test_a_context_is_written_as_it_was_read() -> None:
    assert Context.parse(WHOLE).to_json() == WHOLE


def test_nothing_and_not_known_differ() -> None:
    none: dict[str, Any] = {"roles": [], "accreditations": []}

    assert Context.parse({}) == NOTHING_KNOWN
    assert Context.parse(none) != NOTHING_KNOWN
    assert Context.parse(none).to_json() == none
    assert NOTHING_KNOWN.to_json() == {}


@pytest.mark.parametrize(
    "change",
    [
        {"roles": None},
        {"roles": [""]},
        {"roles": ["two\nlines"]},
        {"roles": [f"role {number}" for number in range(257)]},
        {"accreditations": [{"class": "anyone"}]},
        {"accreditations": [{"class": "insurer"}]},
        {"jurisdiction": "Germany"},
        {"group_size": -1},
        {"group_size": 2.5},
        {"more": 1},
    ],
)
def test_what_is_not_quite_a_context_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        Context.parse(WHOLE | change)
