"""Measure an arrival: ask the metrics for what its gates need, and judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.evidence import RolloutStatus, Stage, State, Verdict
from bot.gates import selector
from bot.gates.grid import LEAD, STEP, Grid, grid
from bot.gates.judge import Judgement, Reading, Unreadable, baselines, definition_hash, judge
from bot.gates.ratio import RatioReading
from bot.gates.threshold import ValueReading
from bot.history import ArrivalKey
from bot.metrics.interface import Metrics
from bot.series import Series
from generator.errors import TowpathError
from generator.policy import Gate, RatioGate, ThresholdGate, Verify

# What a rollout that is not live means for the verdict. A rollout that the cluster gave up is a FAIL: that is what
# the cluster observed, not data that is missing.
_NOT_LIVE = {
    Stage.UNAPPLIED: State.UNAPPLIED,
    Stage.ROLLING: State.ROLLING,
    Stage.FAILED: State.FAIL,
    Stage.SUPERSEDED: State.SUPERSEDED,
    Stage.UNKNOWN: State.ERROR,
}


@dataclass(frozen=True, slots=True)
class _Source:
    """Where, and when, to read the measurements of one arrival."""

    metrics: Metrics
    environment: str
    pods: str
    grid: Grid
    until: datetime


def measure(
    metrics: Metrics,
    gates: Sequence[Gate],
    status: RolloutStatus,
    key: ArrivalKey,
    baseline: Verdict | None,
    policy: Verify,
    now: datetime,
) -> Verdict:
    """The verdict of an arrival as of `now`.

    `baseline` is the recorded verdict of the last arrival there with PASS (V4), `status.since` the live-since that
    the grid hangs on. Where a source fails the verdict is ERROR; nothing is raised.
    """
    if status.stage is not Stage.LIVE or status.since is None:
        state = _NOT_LIVE.get(status.stage, State.ERROR)
        at = status.since if state is State.FAIL else None
        return Verdict(key, state, at, None, (), definition_hash(gates), status.message)
    times = grid(status.since, policy.settle, policy.deadline)
    points = times.points(now)
    readings: dict[str, Reading] = {}
    if points:
        source = _Source(metrics, status.environment, status.pods, times, points[-1])
        readings = {gate.name: _read(source, gate) for gate in gates}
    return judge(key, Judgement(gates, readings, baselines(baseline)), times, status.since, now)


def _read(source: _Source, gate: Gate) -> Reading:
    if not source.pods:
        return Unreadable("the service has no workload whose pods could be measured")
    try:
        return _ratio(source, gate) if isinstance(gate, RatioGate) else _value(source, gate)
    except TowpathError as error:
        return Unreadable(error.what)


def _ratio(source: _Source, gate: RatioGate) -> RatioReading:
    return RatioReading(_counters(source, gate.bad), _counters(source, gate.total))


def _counters(source: _Source, text: str) -> Sequence[Series]:
    start = source.grid.start - LEAD
    chosen = selector.parse(text)
    return source.metrics.counters(source.environment, chosen, source.pods, start, source.until, STEP)


def _value(source: _Source, gate: ThresholdGate) -> ValueReading:
    expression = gate.query.replace("$pods", selector.escape(source.pods))
    return ValueReading(source.metrics.query(source.environment, expression, source.grid.start, source.until, STEP))
