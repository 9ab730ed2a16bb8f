"""Counting from counters, and the ratio gate's verdicts."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evidence import State
from bot.gates.ratio import RatioReading, counts, judge_ratio, minutes, path, percent
from bot.gates.sequential import Counts
from bot.series import Series
from generator.policy import RatioGate

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
GATE = RatioGate("errors", 'requests_total{code="500"}', "requests_total", 0.99)


def points(number: int) -> list[datetime]:
    return [START + timedelta(minutes=i) for i in range(number)]


def series(*values: float | None, first: int = 0) -> Series:
    times = [START + timedelta(minutes=i) for i in range(first, first + len(values))]
    return Series({}, tuple((at, v) for at, v in zip(times, values, strict=True) if v is not None))


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (series(100, 110, 130), [0, 10, 30]),
        (series(90, 95, 100, 110, first=-2), [0, 10, 10]),  # only what comes after the first point counts
        (series(100, None, None, first=-1), [0, 0, 0]),
        (series(100, None, 107, first=-1), [0, 7, 7]),  # no scrape at the first point: the one before it is the base
        (series(None, 4, 9), [0, 4, 9]),  # a new pod, or the first error ever: from 0
        (series(100, 120, 5), [0, 20, 25]),  # a reset
        (series(100, 120, None), [0, 20, 20]),  # it vanished
        (series(100, None, 130), [0, 0, 30]),  # a gap
        (series(100, None, 10), [0, 0, 10]),  # a gap that hides a reset
        (Series({}, ()), [0, 0, 0]),
    ],
)
def test_how_much_a_counter_grew(samples, expected):
    assert path([samples], points(3)) == expected


def test_counters_add_up():
    assert path([series(0, 1, 2), series(None, 10, 10)], points(3)) == [0, 11, 12]


def test_samples_off_the_grid_do_not_count():
    odd = Series({}, ((START, 1.0), (START + timedelta(seconds=30), 500.0), (START + timedelta(minutes=1), 3.0)))
    assert path([odd], points(2)) == [0, 2]


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e9)), min_size=1, max_size=30))
def test_growth_never_falls(values):
    grown = path([series(*values)], points(len(values)))
    assert all(b >= a >= 0 for a, b in pairwise(grown))


def reading(bad: list[float], total: list[float]) -> RatioReading:
    return RatioReading([series(*bad)], [series(*total)])


def judged(bad: list[float], total: list[float], *, baseline: Counts | None = None, over: bool = False, gate=GATE):
    return judge_ratio(gate, reading(bad, total), points(len(total)), gates=1, baseline=baseline, over=over)


def test_a_good_release_passes_at_the_first_crossing():
    found = judged([0, 0, 0, 0], [0, 100, 200, 900])
    assert (found.result.state, found.at) == (State.PASS, START + timedelta(minutes=2))
    assert found.result.detail == "0 of 200 bad (0 %), allowed 1 %"
    assert (found.result.bad, found.result.total) == (0, 200)


def test_a_bad_release_fails():
    found = judged([0, 8, 20], [0, 100, 200])
    assert (found.result.state, found.at) == (State.FAIL, START + timedelta(minutes=1))
    assert found.result.detail == "8 of 100 bad (8 %), allowed 1 %"


def test_an_open_gate_says_what_it_takes():
    found = judged([0, 1], [0, 100])
    assert (found.result.state, found.at) == (State.MEASURING, None)
    assert found.result.needed == 224
    assert found.result.wait == timedelta(seconds=134.4)
    assert (
        found.result.detail
        == "1 of 100 bad (1 %), allowed 1 %; about 224 more decide at this rate, 2 min at this traffic"
    )


def test_without_events_the_least_number_that_passes_is_needed():
    found = judged([0, 0], [0, 0])
    assert (found.result.state, found.result.needed, found.result.wait) == (State.MEASURING, 147, None)
    assert found.result.detail == "no events yet; at least 147 are needed"
    assert judged([0, 0], [0, 147], gate=GATE).result.state is State.PASS
    assert judged([0, 0], [0, 146], gate=GATE).result.state is State.MEASURING


def test_at_the_deadline_an_open_gate_is_inconclusive():
    found = judged([0, 1], [0, 100], over=True)
    assert found.result.state is State.INCONCLUSIVE
    assert "undecided at the deadline: about 224 more" in found.result.detail


def test_no_data_is_neither_pass_nor_fail():
    empty = RatioReading([], [])
    assert judge_ratio(GATE, empty, points(3), gates=1, baseline=None, over=False).result.state is State.MEASURING
    assert judge_ratio(GATE, empty, points(3), gates=1, baseline=None, over=True).result.state is State.INCONCLUSIVE


def test_bad_events_without_any_in_all_are_an_error_not_a_fail():
    found = judge_ratio(GATE, RatioReading([series(0, 50)], []), points(2), gates=1, baseline=None, over=False)
    assert found.result.state is State.ERROR
    assert "do not count the same events" in found.result.detail


def test_a_baseline_of_no_errors_in_few_requests_does_not_pass_a_bad_release():
    """V3: PASS is tested against the objective alone."""
    assert judged([0, 7], [0, 100], baseline=Counts(0, 60)).result.state is State.FAIL


def test_bad_as_it_always_was_is_preexisting():
    found = judged([0, 50, 100, 150], [0, 1000, 2000, 3000], baseline=Counts(500, 10_000))
    assert found.result.state is State.PREEXISTING
    assert found.result.detail == "50 of 1,000 bad (5 %), allowed 1 %, before it 5 %"


def test_worse_than_it_always_was_fails():
    found = judged([0, 300], [0, 1000], baseline=Counts(500, 10_000))
    assert found.result.state is State.FAIL


def test_bad_by_the_objective_but_open_against_the_baseline_is_still_measured():
    found = judged([0, 8], [0, 100], baseline=Counts(500, 10_000))
    assert found.result.state is State.MEASURING
    assert found.result.needed


def test_once_bad_by_the_objective_it_cannot_pass_later():
    good_later = judged([0, 8, 8], [0, 100, 100_000], baseline=Counts(500, 10_000))
    assert good_later.result.state is State.PREEXISTING


def test_counts_are_whole_events():
    assert counts(RatioReading([series(0, 1.4)], [series(0, 9.6)]), points(2)) == [Counts(0, 0), Counts(1, 10)]


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (0.005, "0.5 %"), (0.0249, "2.5 %"), (0.0994, "9.9 %"), (0.12, "12 %"), (1, "100 %")],
)
def test_shares_for_people(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "1 s"), (89, "89 s"), (90, "2 min"), (5399, "90 min"), (7200, "2.0 h")]
)
def test_spans_for_people(seconds, text):
    assert minutes(timedelta(seconds=seconds)) == text
