"""Clocks for simulations: one that is moved by hand, and one that runs with real time, only faster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

# A Monday morning: windows and soaks of real policies behave as on a working day.
START = datetime(2026, 1, 5, 9, tzinfo=UTC)


class Clock(Protocol):
    """The time in a simulation. It never goes back."""

    def now(self) -> datetime:
        """The current time, aware (UTC)."""

    def advance(self, span: timedelta) -> None:
        """Return once this much simulated time has passed."""


class SimulatedClock:
    """A clock that stands still until somebody moves it."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def advance(self, span: timedelta) -> None:
        if span < timedelta():
            raise ValueError("time does not go back")
        self._now += span


@dataclass(frozen=True, slots=True)
class ScaledClock:
    """A clock that runs `speed` times as fast as real time, from `start` on.

    `origin` is the real time that `start` stands for (seconds since the epoch), `elapsed` gives the real seconds
    since then, and `sleep` lets them pass.
    """

    start: datetime
    speed: float
    origin: float
    elapsed: Callable[[], float]
    sleep: Callable[[float], None]

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.elapsed() * self.speed)

    def advance(self, span: timedelta) -> None:
        self.sleep(max(0.0, span.total_seconds() / self.speed))

    def real(self, at: datetime) -> float:
        """The real time (seconds since the epoch) of a simulated one."""
        return self.origin + (at - self.start).total_seconds() / self.speed
