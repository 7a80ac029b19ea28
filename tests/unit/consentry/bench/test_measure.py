import time

import pytest

from consentry.bench.measure import Case, Clock, Lead, Pace, Result, Row, Subject, measure


def waiting(seconds: float, name: str, done: list[str], **more) -> Case:
    def run(count: int) -> None:
        for _ in range(count):
            done.append(name)
            time.sleep(seconds)

    return Case(name=name, run=run, clock=Clock.WALL, **more)


def test_cases_take_turns_in_every_round() -> None:
    done: list[str] = []
    cases = (waiting(0.001, "a", done, count=2), waiting(0.001, "b", done, count=1))

    result = measure(Subject(title="", text="", cases=cases), Pace(rounds=3))

    assert done == ["a", "a", "b"] * 3
    assert [len(row.rates) for row in result.rows] == [3, 3]


def test_a_rate_is_how_often_in_a_second() -> None:
    case = waiting(0.01, "a", [])

    (row,) = measure(Subject(title="", text="", cases=(case,)), Pace(rounds=3, seconds=0.1)).rows

    assert 20 < row.rate < 101


def test_waiting_costs_no_core_and_computing_does() -> None:
    def wait(count: int) -> None:
        time.sleep(0.01 * count)

    def compute(count: int) -> None:
        until = time.process_time() + 0.01 * count
        while time.process_time() < until:
            pass

    cases = (
        Case(name="wait", run=wait, count=1, clock=Clock.CORE),
        Case(name="compute", run=compute, count=1, clock=Clock.CORE),
    )

    waited, computed = measure(Subject(title="", text="", cases=cases), Pace(rounds=3)).rows

    assert computed.rate < 101
    assert waited.rate > 2 * computed.rate


def test_a_round_whose_work_was_not_done_well_is_no_measurement() -> None:
    def complain() -> None:
        raise ValueError("not acknowledged")

    case = waiting(0.0, "a", [], count=1, check=complain)

    with pytest.raises(ValueError, match="not acknowledged"):
        measure(Subject(title="", text="", cases=(case,)), Pace(rounds=1))


def rows(*rates: tuple[float, ...], aim: float | None = None) -> Result:
    cases = (
        Case(name="ours", run=lambda _: None, reference="raw", aim=aim),
        Case(name="raw", run=lambda _: None),
    )
    subject = Subject(title="A subject", text="What it is.", cases=cases, remarks=("A remark.",))
    return Result(subject, tuple(map(Row, cases, rates)))


def test_a_ratio_is_taken_round_by_round() -> None:
    result = rows((10.0, 90.0, 30.0), (20.0, 100.0, 20.0))

    assert result.ratio(result.rows[0]) == pytest.approx(0.9)
    assert result.ratio(result.rows[1]) is None


def test_what_another_process_spent_is_read_from_its_own_clock() -> None:
    spent = [0.0]

    def work(count: int) -> None:
        spent[0] += 0.25 * count

    case = Case(name="peer", run=work, now=lambda: spent[0])

    (row,) = measure(Subject(title="", text="", cases=(case,)), Pace(rounds=3, seconds=1)).rows

    assert row.rates == (4.0, 4.0, 4.0)


def test_a_lead_is_taken_round_by_round_and_unknown_without_the_peer() -> None:
    cases = (
        Case(name="ours", run=lambda _: None, lead=Lead(2, "peer")),
        Case(name="peer", run=lambda _: None, lead=Lead(2, "absent")),
    )
    rates = ((10.0, 90.0, 30.0), (20.0, 30.0, 10.0))

    result = Result(Subject(title="", text="", cases=cases), tuple(map(Row, cases, rates)))

    assert result.lead(result.rows[0]) == pytest.approx(3)
    assert result.lead(result.rows[1]) is None


@pytest.mark.parametrize(("aim", "reached"), [(29.0, True), (30.0, True), (31.0, False)])
def test_an_aim_is_reached_by_the_median(aim: float, reached: bool) -> None:  # noqa: FBT001
    result = rows((10.0, 90.0, 30.0), (1.0, 1.0, 1.0), aim=aim)

    assert result.rows[0].reached is reached
    assert result.rows[1].reached is None
