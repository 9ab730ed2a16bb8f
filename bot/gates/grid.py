"""The fixed grid of times on which gates are judged (V2).

The grid hangs on the cluster's own timestamp of going live, so whoever looks, and however often, judges at the
same points and finds the same first crossing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

STEP = timedelta(seconds=60)
# Prometheus stamps a sample with the time its scrape began and stores it when the scrape ends, up to the scrape
# timeout (10 s by default) later. A point is judged only when it can no longer change.
LAG = timedelta(seconds=15)
# Counters are read from this long before the start, so that a scrape missed right there does not turn the whole
# past of a long-lived pod into news.
LEAD = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Grid:
    """The points `start`, `start + 60 s`, … up to and including `end`, which is the deadline."""

    start: datetime
    end: datetime

    def points(self, now: datetime) -> tuple[datetime, ...]:
        """The points that are settled at `now`, in order; none before the start."""
        until = min(now - LAG, self.end)
        return tuple(self.start + STEP * i for i in range((until - self.start) // STEP + 1))

    def is_over(self, now: datetime) -> bool:
        """Whether every point up to the deadline is settled: nothing more can be learnt."""
        return now - LAG >= self.end


def grid(live_since: datetime, settle: timedelta, deadline: timedelta) -> Grid:
    """The grid of an arrival: counting starts `settle` after it went live and ends `deadline` after it went live.

    The start is rounded up to a whole second, which is all that Kubernetes' timestamps and the Prometheus client
    resolve.
    """
    start = live_since + settle
    if start.microsecond:
        start = start.replace(microsecond=0) + timedelta(seconds=1)
    return Grid(start, live_since + deadline)
