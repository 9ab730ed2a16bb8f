"""Simulated traffic: how many events a pod has counted at any time, as a pure function of the seed.

Good and bad events arrive as two independent Poisson streams, which is the same as one stream whose events fail
independently. Each minute of each stream is drawn by hashing its identity, so that any question at any time, in any
order and by anybody, gets the same answer.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import NormalDist

from bot.simulate.behaviour import Load

_MINUTE = timedelta(minutes=1)
_NORMAL = NormalDist()
_EXACT = 50.0


@dataclass(frozen=True, slots=True)
class Pod:
    """A simulated pod from `started` until just before `ended`; it gets `share` of its service's traffic."""

    environment: str
    namespace: str
    service: str
    name: str
    load: Load
    share: float
    started: datetime
    ended: datetime | None

    def runs(self, at: datetime) -> bool:
        """Whether it is there at a time."""
        return self.started <= at and (self.ended is None or at < self.ended)


@dataclass(frozen=True, slots=True)
class Events:
    """What a pod has counted since it started."""

    good: int
    bad: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """The traffic of a world. `seed` chooses one of its many possible courses."""

    seed: int
    _minutes: dict[tuple[str, str, datetime], list[Events]] = field(default_factory=dict, repr=False)

    def events(self, pod: Pod, at: datetime) -> Events:
        """The events of a pod from its start to a time; within a minute they are spread evenly."""
        minutes, rest = divmod(max(at - pod.started, timedelta()), _MINUTE)
        whole = self._cumulative(pod, minutes + 1)
        before, after = whole[minutes], whole[minutes + 1]
        part = rest / _MINUTE
        return Events(
            before.good + math.floor((after.good - before.good) * part),
            before.bad + math.floor((after.bad - before.bad) * part),
        )

    def _cumulative(self, pod: Pod, minutes: int) -> list[Events]:
        known = self._minutes.setdefault((pod.environment, pod.name, pod.started), [Events(0, 0)])
        for minute in range(len(known) - 1, minutes):
            good, bad = self._minute(pod, minute)
            known.append(Events(known[-1].good + good, known[-1].bad + bad))
        return known

    def _minute(self, pod: Pod, minute: int) -> tuple[int, int]:
        rate = pod.load.requests * pod.share
        errors = pod.load.errors if minute * _MINUTE >= pod.load.errors_after else 0.0
        identity = (self.seed, pod.environment, pod.name, pod.started.isoformat(), minute)
        good = poisson(rate * (1 - errors), uniform(*identity, "good"))
        return good, poisson(rate * errors, uniform(*identity, "bad"))


def uniform(*identity: object) -> float:
    """A number in (0, 1), evenly distributed over identities and always the same for the same one."""
    digest = hashlib.blake2b(repr(identity).encode(), digest_size=8).digest()
    return ((int.from_bytes(digest) >> 12) + 0.5) / 2**52


def poisson(mean: float, at: float) -> int:
    """The quantile `at` of the Poisson distribution: exact up to a mean of 50, then the normal one, corrected for
    skewness (Cornish and Fisher, 1938), which is off by less than one event."""
    if mean <= 0:
        return 0
    if mean > _EXACT:
        z = _NORMAL.inv_cdf(at)
        return max(0, round(mean + math.sqrt(mean) * z + (z * z - 1) / 6))
    count, chance = 0, math.exp(-mean)
    below = chance
    while below < at and chance > 0:
        count += 1
        chance *= mean / count
        below += chance
    return count
