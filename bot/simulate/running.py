"""A clock that runs with real time: the only place where a simulation looks at one."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from bot.simulate.clock import START, ScaledClock


def running_clock(speed: float, start: datetime = START) -> ScaledClock:
    """A clock that shows `start` now and runs `speed` times as fast as real time."""
    began = time.monotonic()
    return ScaledClock(start, speed, time.time(), lambda: time.monotonic() - began, time.sleep)


def clock_since(origin: int, speed: float) -> ScaledClock:
    """A clock that showed the real time at `origin` (seconds since the epoch) and runs `speed` times as fast since.

    All processes that are given the same origin and speed see the same time, whenever they start.
    """
    start = datetime.fromtimestamp(origin, UTC)
    return ScaledClock(start, speed, float(origin), lambda: time.time() - origin, time.sleep)
