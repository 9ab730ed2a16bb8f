"""The Metrics port of a simulation: counters are read off the traffic itself, by matching labels."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.series import Selector, Series
from bot.simulate.instrument import selects
from bot.simulate.scene import Scene, counters, value
from generator.errors import OutsideError


class SimulatedMetrics:
    """Answers for the pods of a scene, up to its clock's time."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def counters(
        self, environment: str, selector: Selector, pods: str, start: datetime, end: datetime, step: timedelta
    ) -> Sequence[Series]:
        """The selected counters of the pods; a counter appears with its first event, as labelled ones do."""
        times = self._times(start, end, step)
        chosen = _expression(pods)
        series: dict[tuple[tuple[str, str], ...], list[tuple[datetime, float]]] = {}
        for pod in self._scene.pods(environment):
            if not chosen.fullmatch(pod.name):
                continue
            running = [at for at in times if pod.runs(at)]
            for counter in counters(self._scene, pod):
                labels = (*counter.labels, ("namespace", pod.namespace), ("pod", pod.name))
                if _selects(selector, counter.metric, dict(labels)):
                    samples = ((at, float(value(self._scene, pod, counter, at))) for at in running)
                    series.setdefault(labels, []).extend(sample for sample in samples if sample[1] > 0)
        return [Series(dict(labels), tuple(samples)) for labels, samples in series.items() if samples]

    def query(
        self, environment: str, expression: str, start: datetime, end: datetime, step: timedelta
    ) -> Sequence[Series]:
        """The value of an expression that the scene was given one for; everything else is refused."""
        for gauge in self._scene.gauges:
            if _same(gauge.expression, expression):
                values = ((at, gauge.value(environment, at)) for at in self._times(start, end, step))
                samples = tuple((at, value) for at, value in values if value is not None)
                return [Series({}, samples)] if samples else []
        raise OutsideError(
            f"the simulation does not evaluate PromQL and was given no value for {expression!r}",
            next="give the simulation a value for this gate, or a real Prometheus",
        )

    def _times(self, start: datetime, end: datetime, step: timedelta) -> list[datetime]:
        end = min(end, self._scene.clock.now())
        return [start + step * i for i in range((end - start) // step + 1)]


def _selects(selector: Selector, metric: str, labels: Mapping[str, str]) -> bool:
    try:
        return selects(selector, metric, labels)
    except re.error as error:
        problem = f"the simulation cannot read a regular expression of {selector.metric}: {error}"
        raise OutsideError(problem) from error


def _expression(pods: str) -> re.Pattern[str]:
    try:
        return re.compile(pods)
    except re.error as error:
        raise OutsideError(f"the simulation cannot read the regular expression {pods!r}: {error}") from error


def _same(template: str, expression: str) -> bool:
    pattern = ".+".join(re.escape(part) for part in template.split("$pods"))
    return re.fullmatch(pattern, expression, re.DOTALL) is not None
