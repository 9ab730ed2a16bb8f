from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.own_files.units import duration, moment, share


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("1h", 3600), ("2d", 172800), ("1h30m", 5400), ("0s", 0)]
)
def test_durations(text: str, seconds: int) -> None:
    assert duration(text) == timedelta(seconds=seconds)


@given(st.integers(1, 999_999))
def test_a_share_is_the_nearest_number(millionths: int) -> None:
    text = f"{millionths // 10_000}.{millionths % 10_000:04}%"
    assert share(text) == millionths / 1_000_000


def test_shares_are_rounded_once() -> None:
    assert share("99.5%") == 0.995
    assert share("99.9%") == 0.999


def test_moments_have_a_zone() -> None:
    assert moment("2026-05-04") == datetime(2026, 5, 4, tzinfo=UTC)
    assert moment("2026-05-04T09:00:00Z") == datetime(2026, 5, 4, 9, tzinfo=UTC)
    assert moment("2026-05-04 09:00+02:00") == datetime(2026, 5, 4, 9, tzinfo=timezone(timedelta(hours=2)))
    with pytest.raises(ValueError, match="day"):
        moment("2026-02-30")
