"""What simulated metrics are read from: pods that serve, how they count, and the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.simulate.clock import Clock
from bot.simulate.instrument import Counter, Instrument
from bot.simulate.traffic import Events, Pod, Traffic


@dataclass(frozen=True, slots=True)
class Gauge:
    """An expression, `$pods` in it standing for any pods, and its value by environment and time."""

    expression: str
    value: Callable[[str, datetime], float | None]


class Scene(Protocol):
    """Something with pods in it. What is in the future of the clock is nobody's business."""

    @property
    def clock(self) -> Clock:
        """The time in it."""

    @property
    def gauges(self) -> Sequence[Gauge]:
        """The expressions that have a value."""

    def environments(self) -> Sequence[str]:
        """The environments that have had pods."""

    def pods(self, environment: str) -> Iterable[Pod]:
        """All pods that ever served in an environment."""

    def instruments(self, service: str) -> Sequence[Instrument]:
        """How a service counts."""

    def events(self, pod: Pod, at: datetime) -> Events:
        """What a pod has counted at a time."""


@dataclass(slots=True)
class Stage:
    """A scene that pods are put into by hand."""

    clock: Clock
    traffic: Traffic
    counting: Sequence[Instrument]
    gauges: Sequence[Gauge] = ()
    _pods: list[Pod] = field(default_factory=list)

    def enter(self, pod: Pod) -> None:
        """Let a pod serve."""
        self._pods.append(pod)

    def environments(self) -> Sequence[str]:
        return sorted({pod.environment for pod in self._pods})

    def pods(self, environment: str) -> Iterable[Pod]:
        return [pod for pod in self._pods if pod.environment == environment]

    def instruments(self, service: str) -> Sequence[Instrument]:
        return self.counting

    def events(self, pod: Pod, at: datetime) -> Events:
        return self.traffic.events(pod, at)


def counters(scene: Scene, pod: Pod) -> list[Counter]:
    """The counters of a pod, each once however many instruments share it."""
    found: dict[Counter, None] = {}
    for instrument in scene.instruments(pod.service):
        found.update(dict.fromkeys((*instrument.good, *instrument.bad)))
    return list(found)


def value(scene: Scene, pod: Pod, counter: Counter, at: datetime) -> int:
    """What a counter of a pod shows at a time: it counts the good events, the bad ones, or both."""
    events, used = scene.events(pod, at), scene.instruments(pod.service)
    good = any(counter in instrument.good for instrument in used)
    bad = any(counter in instrument.bad for instrument in used)
    return events.good * good + events.bad * bad
