"""What goes wrong, drawn from a seed: requests that fail before or after their effect, outages, and crashes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from bot.cluster.interface import Cluster, ServiceState
from bot.git import Clone, RefUpdate
from bot.metrics.interface import Metrics
from bot.series import Selector, Series
from generator.errors import OutsideError
from tests.fakes.forge import Fault


class Crash(BaseException):
    """The process is gone: nobody catches this on the way, whatever they catch."""


@dataclass
class Faults:
    """How often things go wrong, each a probability: of a request to the forge or to git, and of a crash at an effect.

    `outages` are the sources ("cluster", "metrics") that cannot be asked now.
    """

    random: Random
    requests: float = 0.0
    crashes: float = 0.0
    outages: frozenset[str] = frozenset()

    def forge(self, _: str) -> Fault | None:
        """What goes wrong with a request to the forge."""
        return self.random.choice(list(Fault)) if self._happens(self.requests) else None

    def git(self, run: Callable[[], None]) -> None:
        """Do something over the network with git, or fail ahead of it or behind it."""
        fault = self.random.choice([Fault.BEFORE, Fault.AFTER]) if self._happens(self.requests) else None
        if fault is Fault.BEFORE:
            raise OutsideError("git: the connection was refused")
        run()
        if fault is Fault.AFTER:
            raise OutsideError("git: the connection broke")

    def crash(self) -> bool:
        """Whether the process dies here."""
        return self._happens(self.crashes)

    def check(self, source: str) -> None:
        """Raises while a source has an outage."""
        if source in self.outages:
            raise OutsideError(f"{source} cannot be reached")

    def stop(self) -> None:
        """From now on everything works."""
        self.requests, self.crashes, self.outages = 0.0, 0.0, frozenset()

    def _happens(self, probability: float) -> bool:
        return probability > 0 and self.random.random() < probability


class FaultyClone(Clone):
    """A clone over a bad connection."""

    def __init__(self, folder: Path, remote: str, faults: Faults) -> None:
        self._faults = faults
        super().__init__(folder, remote, "main")

    def fetch(self) -> str:
        self._faults.git(lambda: None)
        return super().fetch()

    def push(self, updates: Sequence[RefUpdate]) -> None:
        self._faults.git(lambda: super(FaultyClone, self).push(updates))


@dataclass(frozen=True)
class FaultyCluster:
    """A cluster that has outages."""

    cluster: Cluster
    faults: Faults

    def services(self, environment: str, names: Sequence[str]) -> Mapping[str, ServiceState]:
        self.faults.check("cluster")
        return self.cluster.services(environment, names)


@dataclass(frozen=True)
class FaultyMetrics:
    """Metrics that have outages."""

    metrics: Metrics
    faults: Faults

    def counters(
        self, environment: str, selector: Selector, pods: str, start: datetime, end: datetime, step: timedelta
    ) -> Sequence[Series]:
        self.faults.check("metrics")
        return self.metrics.counters(environment, selector, pods, start, end, step)

    def query(
        self, environment: str, expression: str, start: datetime, end: datetime, step: timedelta
    ) -> Sequence[Series]:
        self.faults.check("metrics")
        return self.metrics.query(environment, expression, start, end, step)
