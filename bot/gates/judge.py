"""All gates of an arrival together: the worst of them is the verdict."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from bot.evidence import GateResult, State, Verdict
from bot.gates.grid import Grid
from bot.gates.ratio import Judged, RatioReading, judge_ratio
from bot.gates.sequential import Counts
from bot.gates.threshold import ValueReading, judge_threshold
from bot.history import ArrivalKey
from generator.policy import Gate, RatioGate, ThresholdGate


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A gate whose data could not be read, and why. It is neither PASS nor FAIL."""

    problem: str


Reading = RatioReading | ValueReading | Unreadable

# From the worst to the best. An open gate outranks what is decided without a FAIL, because it may still FAIL.
_WORST_FIRST = (
    State.FAIL,
    State.ERROR,
    State.MEASURING,
    State.INCONCLUSIVE,
    State.PREEXISTING,
    State.PASS,
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an arrival is judged on: the gates in force, their data, and what the last good release showed (V4)."""

    gates: Sequence[Gate]
    readings: Mapping[str, Reading]
    baselines: Mapping[str, Counts]


def judge(key: ArrivalKey, on: Judgement, grid: Grid, live_since: datetime, now: datetime) -> Verdict:
    """The verdict of a live arrival.

    FAIL as soon as one gate fails, PASS when all have passed; the deadline turns what is open into INCONCLUSIVE.
    Without gates there is nothing to measure: being live is a PASS.
    """
    identity = definition_hash(on.gates)
    if not on.gates:
        return Verdict(key, State.PASS, live_since, live_since, (), identity, detail="no gates: live is enough")
    if not grid.points(now) and not grid.is_over(now):
        wait = f"counting starts at {grid.start:%H:%M:%S} UTC"
        return Verdict(key, State.SETTLING, None, live_since, (), identity, wait)
    judged = [_judge_one(gate, on, grid, now) for gate in on.gates]
    results = tuple(one.result for one in judged)
    state = min((result.state for result in results), key=_WORST_FIRST.index)
    return Verdict(key, state, _decided_at(state, judged, grid), live_since, results, identity)


def baselines(verdict: Verdict | None) -> dict[str, Counts]:
    """The counts of a recorded verdict by gate: what the arrival after it is compared with (V4).

    To be called with the verdict of the last arrival in the environment that had PASS, and no other.
    """
    return {
        result.gate: Counts(result.bad, result.total)
        for result in (verdict.gates if verdict else ())
        if result.bad is not None and result.total
    }


def definition_hash(gates: Sequence[Gate]) -> str:
    """The sha256 of everything that defines these gates, in whatever order they come."""
    plain = {gate.name: [type(gate).__name__, asdict(gate)] for gate in gates}
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _judge_one(gate: Gate, on: Judgement, grid: Grid, now: datetime) -> Judged:
    reading, points, over = on.readings.get(gate.name), grid.points(now), grid.is_over(now)
    match gate, reading:
        case RatioGate(), RatioReading():
            baseline = on.baselines.get(gate.name)
            return judge_ratio(gate, reading, points, gates=len(on.gates), baseline=baseline, over=over)
        case ThresholdGate(), ValueReading():
            return judge_threshold(gate, reading, points, over=over)
        case _, Unreadable():
            return Judged(GateResult(gate.name, State.ERROR, reading.problem))
    state = State.INCONCLUSIVE if over else State.MEASURING
    return Judged(GateResult(gate.name, state, "nothing was measured"))


def _decided_at(state: State, judged: Sequence[Judged], grid: Grid) -> datetime | None:
    """The first FAIL; the last of the gates where all had to decide; the deadline where that decided."""
    if state is State.INCONCLUSIVE:
        return grid.end
    times = [one.at for one in judged if one.at]
    if state is State.FAIL:
        return min(one.at for one in judged if one.at and one.result.state is State.FAIL)
    return max(times) if state in (State.PASS, State.PREEXISTING) else None
