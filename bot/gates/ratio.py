"""The ratio gate: bad events over all events of a release's own pods, by a sequential test (V2-V4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from bot.evidence import GateResult, State
from bot.gates.sequential import (
    Counts,
    Outcome,
    SequentialTest,
    baseline_test,
    objective_test,
)
from bot.series import Series
from generator.policy import RatioGate


@dataclass(frozen=True, slots=True)
class RatioReading:
    """The counters behind a ratio gate, on the grid and for some minutes before it."""

    bad: Sequence[Series]
    total: Sequence[Series]


@dataclass(frozen=True, slots=True)
class Judged:
    """What a gate says and the grid point that decided it (None: not decided)."""

    result: GateResult
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Tests:
    objective: SequentialTest
    baseline: SequentialTest | None


def path(series: Sequence[Series], points: Sequence[datetime]) -> list[float]:
    """How much counters grew, together, from the first grid point to each grid point.

    A counter that falls was reset and started from 0. One that was not there before the first point counts from 0:
    a pod that came later, or the first error ever. One that vanishes keeps what it had counted.
    """
    growth = [0.0] * len(points)
    places = {point: index for index, point in enumerate(points)}
    for one in series:
        last = 0.0
        for at, value in one.samples:
            index = places.get(at)
            if index:
                growth[index] += value - last if value >= last else value
            if index is not None or (points and at < points[0]):
                last = value
    return list(accumulate(growth))


def counts(reading: RatioReading, points: Sequence[datetime]) -> list[Counts]:
    """Bad and all events since the first grid point, at each grid point."""
    pairs = zip(path(reading.bad, points), path(reading.total, points), strict=True)
    return [Counts(round(bad), round(total)) for bad, total in pairs]


def judge_ratio(
    gate: RatioGate,
    reading: RatioReading,
    points: Sequence[datetime],
    *,
    gates: int,
    baseline: Counts | None,
    over: bool,
) -> Judged:
    """Judge a ratio gate on the settled grid points; `gates` share alpha, `over` says that the deadline has passed.

    PASS by the objective alone. What is bad by the objective is FAIL when it is also bad against the baseline, and
    PREEXISTING when it is not.
    """
    seen = counts(reading, points)
    tests = _Tests(
        objective_test(gate.objective, gate.burn, gates),
        baseline_test(gate.objective, gate.burn, gates, baseline) if baseline else None,
    )
    decided = _decide(tests, seen)
    if decided:
        state, index = decided
        return Judged(_result(gate, state, seen[index], baseline), points[index])
    last = seen[-1] if seen else Counts(0, 0)
    if last.bad > last.total:
        return Judged(_inconsistent(gate, last))
    elapsed = points[-1] - points[0] if points else timedelta()
    return Judged(_open(gate, tests, seen, last, elapsed, over))


def _decide(tests: _Tests, seen: Sequence[Counts]) -> tuple[State, int] | None:
    """The state and the point of the first crossing: of both tests where it takes both."""
    first = tests.objective.first(seen)
    if first is None:
        return None
    if first.outcome is Outcome.GOOD:
        return State.PASS, first.index
    if tests.baseline is None:
        return State.FAIL, first.index
    second = tests.baseline.first(seen)
    if second is None:
        return None
    state = State.FAIL if second.outcome is Outcome.BAD else State.PREEXISTING
    return state, max(first.index, second.index)


def _result(gate: RatioGate, state: State, seen: Counts, baseline: Counts | None) -> GateResult:
    return GateResult(gate.name, state, _sentence(gate, seen, baseline), seen.bad, seen.total)


def _inconsistent(gate: RatioGate, seen: Counts) -> GateResult:
    detail = (
        f"{seen.bad:,} bad events, but only {seen.total:,} in all: the selectors `bad` and `total` "
        "do not count the same events"
    )
    return GateResult(gate.name, State.ERROR, detail, seen.bad, seen.total)


def _open(
    gate: RatioGate, tests: _Tests, path: Sequence[Counts], last: Counts, elapsed: timedelta, over: bool
) -> GateResult:
    """An undecided gate: how many more events it takes, and how long that is at today's traffic."""
    test = tests.baseline if tests.baseline and tests.objective.first(path) else tests.objective
    needed = test.needed(last)
    wait = elapsed / last.total * needed if needed and last.total and elapsed else None
    state = State.INCONCLUSIVE if over else State.MEASURING
    detail = f"{_sentence(gate, last, None)}; {_outlook(last, needed, wait, over)}"
    return GateResult(gate.name, state, detail, last.bad, last.total, None, needed, wait)


def _outlook(last: Counts, needed: int | None, wait: timedelta | None, over: bool) -> str:
    if needed is None:
        more = "right between good and bad, no number of events decides at this rate"
    elif last.total == 0:
        more = f"at least {needed:,} are needed"
    else:
        more = f"about {needed:,} more decide at this rate"
        more += f", {minutes(wait)} at this traffic" if wait else ""
    return f"undecided at the deadline: {more}" if over else more


def _sentence(gate: RatioGate, seen: Counts, baseline: Counts | None) -> str:
    if seen.total == 0:
        return "no events yet"
    text = f"{seen.bad:,} of {seen.total:,} bad ({percent(seen.share)}), allowed {percent(1 - gate.objective)}"
    return f"{text}, before it {percent(baseline.share)}" if baseline and baseline.total else text


def percent(share: float) -> str:
    """A share as people write it: 0.5 %, 12 %."""
    return f"{share * 100:.2g} %" if share < 0.0995 else f"{share * 100:.0f} %"


def minutes(span: timedelta) -> str:
    """A span of time in the coarsest unit that still tells something."""
    seconds = span.total_seconds()
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
