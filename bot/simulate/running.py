"""A clock that runs with real time: the only place where a simulation looks at one."""

from __future__ import annotations

import time
from datetime import datetime

from bot.simulate.clock import START, ScaledClock


def running_clock(speed: float, start: datetime = START) -> ScaledClock:
    """A clock that shows `start` now and runs `speed` times as fast as real time."""
    began = time.monotonic()
    return ScaledClock(start, speed, time.time(), lambda: time.monotonic() - began, time.sleep)
