"""The grid hangs on the cluster's time alone."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.gates.grid import LAG, STEP, grid

LIVE = datetime(2026, 1, 5, 9, 0, 30, 250_000, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_points_start_on_a_whole_second_after_settling():
    found = grid(LIVE, timedelta(minutes=2), HOUR).points(LIVE + timedelta(minutes=4))
    assert found == (
        datetime(2026, 1, 5, 9, 2, 31, tzinfo=UTC),
        datetime(2026, 1, 5, 9, 3, 31, tzinfo=UTC),
    )


def test_a_point_is_not_judged_before_it_is_settled():
    times = grid(LIVE.replace(microsecond=0), timedelta(), HOUR)
    assert times.points(times.start) == ()
    assert times.points(times.start + LAG) == (times.start,)


def test_no_point_lies_after_the_deadline():
    times = grid(LIVE, timedelta(), HOUR)
    points = times.points(LIVE + 24 * HOUR)
    assert points[-1] <= LIVE + HOUR < points[-1] + STEP
    assert not times.is_over(LIVE + HOUR)
    assert times.is_over(LIVE + HOUR + LAG)


def test_settling_longer_than_the_deadline_leaves_no_point():
    times = grid(LIVE, 2 * HOUR, HOUR)
    assert times.points(LIVE + 24 * HOUR) == ()
    assert times.is_over(LIVE + 2 * HOUR)


@given(st.integers(0, 7200), st.integers(0, 7200))
def test_looking_later_only_adds_points(first, second):
    times = grid(LIVE, timedelta(minutes=1), HOUR)
    early, late = sorted((LIVE + timedelta(seconds=first), LIVE + timedelta(seconds=second)))
    assert times.points(late)[: len(times.points(early))] == times.points(early)
