"""The threshold gate: one value of a query held against a bound on the grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.evidence import GateResult, State
from bot.gates.ratio import Judged, minutes
from bot.series import Series
from generator.policy import ThresholdGate


@dataclass(frozen=True, slots=True)
class ValueReading:
    """What the query of a threshold gate answered on the grid."""

    series: Sequence[Series]


def judge_threshold(gate: ThresholdGate, reading: ValueReading, points: Sequence[datetime], *, over: bool) -> Judged:
    """PASS after the bound was kept, FAIL after it was broken at every grid point for all of `hold`.

    A point without a value ends a run of either kind: missing data proves nothing. Several series are an error,
    because nobody said which of them counts.
    """
    if len(reading.series) > 1:
        detail = f"the query gives {len(reading.series)} series; aggregate it to one, for example with max()"
        return Judged(GateResult(gate.name, State.ERROR, detail))
    values = dict(reading.series[0].samples) if reading.series else {}
    last = next((values[point] for point in reversed(points) if point in values), None)
    crossing = _first(gate, values, points)
    if crossing:
        state, at = crossing
        return Judged(GateResult(gate.name, state, _sentence(gate, values[at]), value=values[at]), at)
    state = State.INCONCLUSIVE if over else State.MEASURING
    detail = f"{_sentence(gate, last)}; " + ("undecided at the deadline" if over else "not long enough yet")
    return Judged(GateResult(gate.name, state, detail, value=last))


def keeps(gate: ThresholdGate, value: float) -> bool:
    """Whether a value keeps the bound; the bound itself does."""
    if gate.below is not None and value > gate.below:
        return False
    return gate.above is None or value >= gate.above


def _first(
    gate: ThresholdGate, values: dict[datetime, float], points: Sequence[datetime]
) -> tuple[State, datetime] | None:
    since: tuple[datetime, bool] | None = None
    for point in points:
        if point not in values:
            since = None
            continue
        kept = keeps(gate, values[point])
        if since is None or since[1] != kept:
            since = point, kept
        if point - since[0] >= gate.hold:
            return (State.PASS if kept else State.FAIL), point
    return None


def _sentence(gate: ThresholdGate, value: float | None) -> str:
    bounds = [f"at most {gate.below:g}"] if gate.below is not None else []
    bounds += [f"at least {gate.above:g}"] if gate.above is not None else []
    seen = "no value yet" if value is None else f"{value:.4g}"
    return f"{seen}, wanted {' and '.join(bounds)} for {minutes(gate.hold)}"
