"""A simulated world: a sync controller, workloads and traffic behind the ports that the bot knows.

Everything in it is a simulation and says so. It reads the repository only, at the base branch; the bot cannot tell
it from the real thing, and neither is it told to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from bot.bare import Bare
from bot.cluster.interface import ServiceState, Workload
from bot.metrics.interface import Metrics
from bot.simulate.behaviour import Behaviour, Load, load
from bot.simulate.clock import Clock
from bot.simulate.controller import Controller
from bot.simulate.instrument import GRPC, HTTP, Instrument
from bot.simulate.metrics import SimulatedMetrics
from bot.simulate.rollout import Generation, generations, pods, report
from bot.simulate.scene import Gauge
from bot.simulate.traffic import Events, Pod, Traffic
from generator.trees.git import Git


@dataclass(frozen=True, slots=True)
class Timing:
    """How long things take: from a push to its being applied, and from there to the last pod being ready."""

    apply: timedelta = timedelta(seconds=20)
    rollout: timedelta = timedelta(seconds=40)


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens in a world: how services behave, how they count, and what other queries answer.

    `instruments` are those of services by name; a service that is not named counts gRPC calls and HTTP requests.
    """

    behaviours: tuple[Behaviour, ...] = ()
    instruments: Mapping[str, tuple[Instrument, ...]] = field(default_factory=dict)
    gauges: tuple[Gauge, ...] = ()
    timing: Timing = field(default_factory=Timing)
    seed: int = 0


class World:
    """A simulated cluster for every environment of a repository, and its metrics.

    `repository` is a (bare) git repository with the base branch. `cluster` and `metrics` are the ports; both
    answer for the clock's current time.
    """

    def __init__(self, repository: Path, clock: Clock, scenario: Scenario | None = None, branch: str = "main") -> None:
        self.clock = clock
        self.scenario = scenario or Scenario()
        self._controller = Controller(_opened(repository), branch, self.scenario.timing.apply)
        self._traffic = Traffic(self.scenario.seed)
        self._looked: datetime | None = None
        self.cluster = SimulatedCluster(self)
        self.metrics: Metrics = SimulatedMetrics(self)
        self.look()

    @property
    def gauges(self) -> tuple[Gauge, ...]:
        """The expressions that have a value."""
        return self.scenario.gauges

    def look(self) -> None:
        """Let the sync controller see the base branch, if time has passed since it did."""
        now = self.clock.now()
        if now != self._looked:
            self._observe(now)

    def advance(self, span: timedelta) -> None:
        """Let time pass. What was pushed until now is seen first, as a controller that watches would."""
        self._observe(self.clock.now())
        self.clock.advance(span)

    def _observe(self, now: datetime) -> None:
        self._controller.observe(now)
        self._looked = now

    def state(self, environment: str, service: str) -> ServiceState | None:
        """What a cluster says of a service now."""
        now = self.clock.now()
        application = self._controller.application(environment, service, now)
        if application is None:
            return None
        return ServiceState(application, tuple(self._workloads(environment, service, now)))

    def pods(self, environment: str) -> Iterator[Pod]:
        """All pods that ever served in an environment, up to now."""
        for place, service in sorted(self._controller.places()):
            if place == environment:
                yield from self._service_pods(environment, service)

    def environments(self) -> tuple[str, ...]:
        """The environments that the controller has seen."""
        return tuple(sorted({environment for environment, _ in self._controller.places()}))

    def events(self, pod: Pod, at: datetime) -> Events:
        """What a pod has counted at a time."""
        return self._traffic.events(pod, at)

    def instruments(self, service: str) -> tuple[Instrument, ...]:
        """How a service counts."""
        return self.scenario.instruments.get(service, (GRPC, HTTP))

    def _workloads(self, environment: str, service: str, now: datetime) -> Iterator[Workload]:
        for all_generations in self._generations(environment, service):
            current = [one for one in all_generations if one.started <= now]
            found = report(current[-1], now) if current else None
            if found:
                yield found

    def _service_pods(self, environment: str, service: str) -> Iterator[Pod]:
        for all_generations in self._generations(environment, service):
            yield from pods(
                environment, service, all_generations, lambda spec: self._load(environment, service, spec.tag)
            )

    def _generations(self, environment: str, service: str) -> Iterator[tuple[Generation, ...]]:
        deployments = self._controller.deployments(environment, service)
        names = sorted({spec.name for deployment in deployments for spec in deployment.workloads})
        for name in names:
            yield generations(
                deployments,
                name,
                self.scenario.timing.rollout,
                lambda spec: self._load(environment, service, spec.tag).stuck,
            )

    def _load(self, environment: str, service: str, tag: str | None) -> Load:
        return load(self.scenario.behaviours, service, environment, tag)


class SimulatedCluster:
    """The Cluster port of a world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def services(self, environment: str, names: Sequence[str]) -> Mapping[str, ServiceState]:
        """The state of each named service that the sync controller knows."""
        self._world.look()
        states = {name: self._world.state(environment, name) for name in names}
        return {name: state for name, state in states.items() if state is not None}


def _opened(repository: Path) -> Git:
    return Bare(repository) if (repository / "HEAD").is_file() else Git(repository)
