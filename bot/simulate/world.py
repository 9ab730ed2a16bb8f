"""A simulated world: a sync controller, workloads and traffic behind the ports that the bot knows.

Everything in it is a simulation and says so. It reads the repository only, at the base branch; the bot cannot tell
it from the real thing, and neither is it told to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from bot.cluster.interface import ServiceState, Workload
from bot.metrics.interface import Metrics, Selector, Series
from bot.simulate.behaviour import Behaviour, Load, load
from bot.simulate.clock import Clock
from bot.simulate.controller import Controller
from bot.simulate.instrument import GRPC, HTTP, Counter, Instrument, matches
from bot.simulate.rollout import Generation, generations, pods, report
from bot.simulate.traffic import Events, Pod, Traffic
from generator.errors import OutsideError
from generator.git import Git


@dataclass(frozen=True, slots=True)
class Timing:
    """How long things take: from a push to its being applied, and from there to the last pod being ready."""

    apply: timedelta = timedelta(seconds=20)
    rollout: timedelta = timedelta(seconds=40)


@dataclass(frozen=True, slots=True)
class Gauge:
    """An expression, `$pods` in it standing for any pods, and its value over time."""

    expression: str
    value: Callable[[str, datetime], float | None]


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
        self._controller = Controller(Git(repository), branch, self.scenario.timing.apply)
        self._traffic = Traffic(self.scenario.seed)
        self.cluster = SimulatedCluster(self)
        self.metrics: Metrics = SimulatedMetrics(self)
        self.look()

    def look(self) -> None:
        """Let the sync controller see the base branch as it is now."""
        self._controller.observe(self.clock.now())

    def advance(self, span: timedelta) -> None:
        """Let time pass. What was pushed until now is seen first, as a controller that watches would."""
        self.look()
        self.clock.advance(span)
        self.look()

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


class SimulatedMetrics:
    """The Metrics port of a world: counters are answered from the traffic itself, by matching labels."""

    def __init__(self, world: World) -> None:
        self._world = world

    def counters(
        self, environment: str, selector: Selector, pods: str, start: datetime, end: datetime, step: timedelta
    ) -> Sequence[Series]:
        """The selected counters of the pods; a counter appears with its first event, as labelled ones do."""
        times = _times(start, min(end, self._world.clock.now()), step)
        chosen = _expression(pods)
        series: dict[tuple[tuple[str, str], ...], list[tuple[datetime, float]]] = {}
        for pod in self._world.pods(environment):
            if not chosen.fullmatch(pod.name):
                continue
            for counter in self._counters(pod, selector):
                samples = [(at, self._value(pod, counter, at)) for at in times if pod.runs(at)]
                labels = (*counter.labels, ("namespace", pod.namespace), ("pod", pod.name))
                series.setdefault(labels, []).extend(sample for sample in samples if sample[1] > 0)
        return [Series(dict(labels), tuple(samples)) for labels, samples in series.items() if samples]

    def query(
        self, environment: str, expression: str, start: datetime, end: datetime, step: timedelta
    ) -> Sequence[Series]:
        """The value of a gauge that the scenario knows."""
        for gauge in self._world.scenario.gauges:
            if _same(gauge.expression, expression):
                times = _times(start, min(end, self._world.clock.now()), step)
                values = ((at, gauge.value(environment, at)) for at in times)
                samples = tuple((at, value) for at, value in values if value is not None)
                return [Series({}, samples)] if samples else []
        raise OutsideError(
            f"the simulation does not evaluate PromQL and was given no value for {expression!r}",
            next="give the simulation a value for this gate",
        )

    def _counters(self, pod: Pod, selector: Selector) -> list[Counter]:
        """The counters of a pod that are selected, each once however many instruments share it."""
        found: dict[Counter, None] = {}
        for instrument in self._world.instruments(pod.service):
            for counter in (*instrument.good, *instrument.bad):
                labels = {**dict(counter.labels), "pod": pod.name, "namespace": pod.namespace}
                if counter.metric == selector.metric and _all_match(selector, labels):
                    found[counter] = None
        return list(found)

    def _value(self, pod: Pod, counter: Counter, at: datetime) -> float:
        return float(value(self._world.instruments(pod.service), counter, self._world.events(pod, at)))


def value(all_instruments: Sequence[Instrument], counter: Counter, events: Events) -> int:
    """What a counter shows after these events: it counts the good ones, the bad ones, or both."""
    good = any(counter in instrument.good for instrument in all_instruments)
    bad = any(counter in instrument.bad for instrument in all_instruments)
    return events.good * good + events.bad * bad


def _all_match(selector: Selector, labels: Mapping[str, str]) -> bool:
    try:
        return all(matches(matcher, labels) for matcher in selector.matchers)
    except re.error as error:
        raise OutsideError(f"the simulation cannot read a regular expression of {selector.metric}: {error}") from error


def _expression(pods: str) -> re.Pattern[str]:
    try:
        return re.compile(pods)
    except re.error as error:
        raise OutsideError(f"the simulation cannot read the regular expression {pods!r}: {error}") from error


def _same(template: str, expression: str) -> bool:
    pattern = ".+".join(re.escape(part) for part in template.split("$pods"))
    return re.fullmatch(pattern, expression, re.S) is not None


def _times(start: datetime, end: datetime, step: timedelta) -> list[datetime]:
    return [start + step * i for i in range((end - start) // step + 1)] if end >= start else []
