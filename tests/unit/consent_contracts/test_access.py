import pytest

from consent_contracts.access import AccessLevel
from ssi_core.errors import MalformedError


def test_the_levels_rise_from_nothing_to_everything() -> None:
    levels = [AccessLevel.parse(word) for word in ("none", "information", "sample", "full")]

    assert levels == sorted(AccessLevel)
    assert [level.rank for level in levels] == [0, 1, 2, 3]
    assert [str(level) for level in levels] == ["none", "information", "sample", "full"]


@pytest.mark.parametrize("text", ["", "FULL", "all", None, 3, {}, ["full"]])
def test_a_word_that_is_no_level_is_refused(text: object) -> None:
    with pytest.raises(MalformedError):
        AccessLevel.parse(text)  # type: ignore[arg-type]  # anything may arrive
