"""An origin with one commit, and a clock that moves only when it is told to."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.fakes.origin import Origin


class Clock:
    """What time it is; `tick` lets a minute pass."""

    def __init__(self):
        self.now = datetime(2026, 5, 4, 12, tzinfo=UTC)

    def __call__(self):
        return self.now

    def tick(self):
        self.now += timedelta(minutes=1)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def origin(tmp_path):
    return Origin.create(tmp_path / "origin.git", {"a": b"1\n2\n3\n", "b": b"1\n"})
