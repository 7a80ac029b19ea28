import pytest

from consent_contracts.purpose import Purpose, covers
from ssi_core.errors import MalformedError

TOP = {"HMARKT", "HOPERAT", "HPAYMT", "HRESCH", "PATRQT", "PUBHLTH", "TREAT"}


def test_the_table_is_that_of_hl7() -> None:
    assert len(Purpose) == 62
    assert {purpose.value for purpose in Purpose if purpose.parent is None} == TOP
    assert all(purpose.display for purpose in Purpose)


@pytest.mark.parametrize(
    ("below", "above"),
    [
        ("COVERAGE", "HPAYMT"),
        ("ELIGVER", "COVERAGE"),
        ("BTG", "ETREAT"),
        ("ETREAT", "TREAT"),
        ("CLINTRL", "TREAT"),
        ("CLINTRCH", "HRESCH"),
        ("LABELING", "HSYSADMIN"),
        ("HTEST", "SYSDEV"),
    ],
)
def test_a_code_stands_where_hl7_puts_it(below: str, above: str) -> None:
    assert Purpose.parse(below).parent is Purpose.parse(above)


@pytest.mark.parametrize("text", ["", "treat", "TREATMENT", " TREAT", "PurposeOfUse", None, 7, []])
def test_a_code_that_is_not_in_the_table_is_refused(text: object) -> None:
    with pytest.raises(MalformedError, match="/purposes/0"):
        Purpose.parse(text, at="/purposes/0")  # type: ignore[arg-type]  # anything may arrive


def test_a_granted_purpose_covers_itself_and_all_below() -> None:
    assert covers(Purpose.HPAYMT, Purpose.HPAYMT)
    assert covers(Purpose.HPAYMT, Purpose.ELIGDTRM)
    assert not covers(Purpose.HPAYMT, Purpose.TREAT)


def test_no_purpose_covers_one_above_it() -> None:
    pairs = [(one, other) for one in Purpose for other in Purpose if one is not other]

    both_ways = [pair for pair in pairs if covers(*pair) and covers(*reversed(pair))]

    assert both_ways == []
    assert not any(covers(purpose, purpose.parent) for purpose in Purpose if purpose.parent)


def test_covering_is_handed_down() -> None:
    for middle in Purpose:
        for below in middle.covered:
            assert below.covered <= middle.covered
