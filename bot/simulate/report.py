"""Forecasts for people and for programs. Everything here says that it is a simulation."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.evidence import State, Verdict
from bot.gates.ratio import minutes, percent
from bot.gates.sequential import Counts, objective_test
from bot.simulate.behaviour import Load
from bot.simulate.forecast import Assumption, Outcome, Station, Visit
from generator.policy import Gate, RatioGate

Runs = Sequence[Sequence[Visit]]
_LABEL = "SIMULATION"
_COLUMNS = (State.PASS, State.FAIL, State.INCONCLUSIVE, State.PREEXISTING)


def forecast_text(
    service: str, way: Sequence[Station], assumptions: Mapping[str, Assumption], visits: Sequence[Visit]
) -> str:
    """One forecast: what happens in each environment, with the time since the merge into the first."""
    start = next((visit.merged for visit in visits if visit.merged), None)
    lines = [f"{_LABEL}: what the bot would do with a release of {service}, and when", ""]
    for station, visit in zip(way, visits, strict=True):
        lines += [*_station(station, assumptions[station.environment].load, visit, start), ""]
    lines.append(_conclusion(service, visits))
    return "\n".join(lines)


def runs_text(service: str, way: Sequence[Station], assumptions: Mapping[str, Assumption], runs: Runs) -> str:
    """Many forecasts: how often which verdict, and how long it takes."""
    lines = [f"{_LABEL}: {len(runs)} runs of a release of {service}", ""]
    heads = ("", "arrived", *(state.value for state in _COLUMNS), "other", "live to verdict: median", "9 of 10")
    rows = [heads, *(_row(index, station, runs) for index, station in enumerate(way))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    lines += ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.append("")
    for station in way:
        lines.append(f"{station.environment}: {_traffic(assumptions[station.environment].load)}")
        lines += [f"  {need}" for need in _needs(station, assumptions[station.environment].load)]
    last = sum(visits[-1].outcome is Outcome.PASSES for visits in runs)
    lines += ["", f"It passes in {way[-1].environment} in {percent(last / len(runs))} of the runs."]
    return "\n".join(lines)


def forecast_json(service: str, seed: int, visits: Sequence[Visit]) -> dict[str, Any]:
    """One forecast as data; times are of the simulated clock."""
    return {"simulation": True, "service": service, "seed": seed, "environments": [_visit_json(one) for one in visits]}


def runs_json(service: str, seed: int, way: Sequence[Station], runs: Runs) -> dict[str, Any]:
    """Many forecasts as data: counts of outcomes and verdicts, and seconds from live to the verdict."""
    environments = []
    for index, station in enumerate(way):
        visits = [visits[index] for visits in runs]
        spans = _spans(visits)
        environments.append(
            {
                "environment": station.environment,
                "outcomes": _tally(visit.outcome.value for visit in visits),
                "verdicts": _tally(visit.verdict.state.value for visit in visits if visit.verdict),
                "secondsToVerdict": {"median": _quantile(spans, 0.5), "p90": _quantile(spans, 0.9)},
            }
        )
    return {"simulation": True, "service": service, "seed": seed, "runs": len(runs), "environments": environments}


def _station(station: Station, load: Load, visit: Visit, start: datetime | None) -> Iterator[str]:
    yield f"{station.environment}: {_traffic(load)}"
    yield from (f"  {need}" for need in _needs(station, load))
    if visit.merged is None or visit.live is None or visit.verdict is None or start is None:
        yield f"  {visit.outcome.value}: {visit.because}"
        return
    yield f"  {_clock(visit.merged - start)}  merged{_after(station)}"
    yield f"  {_clock(visit.live - start)}  live"
    decided = _clock(visit.decided - start) if visit.decided else " " * 8
    yield f"  {decided}  {visit.verdict.state.value.upper()}{_detail(visit.verdict)}"
    if visit.outcome is not Outcome.PASSES:
        yield f"  {' ' * 8}  {visit.outcome.value}: {visit.because}"


def _after(station: Station) -> str:
    """What the merge waited for."""
    if not station.parents:
        return ""
    soaked = f" and live for {minutes(station.soak)}" if station.soak else ""
    return f": PASS in {' and '.join(station.parents)}{soaked}"


def _detail(verdict: Verdict) -> str:
    """What decided: the gates of the worst state, or why there are none."""
    if not verdict.gates:
        return f": {verdict.detail}" if verdict.detail else ""
    deciding = [result for result in verdict.gates if result.state is verdict.state]
    return ": " + "; ".join(f"{result.gate} {result.detail}" for result in deciding)


def _needs(station: Station, load: Load) -> Iterator[str]:
    for gate in station.gates:
        if isinstance(gate, RatioGate):
            yield _need(gate, station.gates, load)


def _need(gate: RatioGate, gates: Sequence[Gate], load: Load) -> str:
    needed = objective_test(gate.objective, gate.burn, len(gates)).needed(Counts(0, 0)) or 0
    time = f", {minutes(timedelta(minutes=needed / load.requests))} of this traffic" if load.requests else ""
    return f"{gate.name}: {percent(1 - gate.objective)} may fail; it takes at least {needed:,} requests to pass{time}"


def _traffic(load: Load) -> str:
    later = f" from {minutes(load.errors_after)} after the start" if load.errors_after else ""
    return f"{load.requests:g} requests/min, {percent(load.errors)} of them fail{later}"


def _conclusion(service: str, visits: Sequence[Visit]) -> str:
    """Where it ends, in one sentence."""
    ended = next((visit for visit in visits if visit.outcome is not Outcome.PASSES), None)
    if ended is None:
        return f"{service} passes everywhere."
    return f"{service} gets as far as {ended.environment}: {ended.outcome.value} there."


def _clock(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _row(index: int, station: Station, runs: Runs) -> tuple[str, ...]:
    states = [verdict.state for visits in runs if (verdict := visits[index].verdict)]
    shares = [percent(states.count(state) / len(states)) if states else "-" for state in _COLUMNS]
    other = sum(state not in _COLUMNS for state in states)
    spans = _spans([visits[index] for visits in runs])
    times = [_time(_quantile(spans, part)) for part in (0.5, 0.9)]
    return (station.environment, f"{len(states):,}", *shares, percent(other / len(states)) if states else "-", *times)


def _spans(visits: Sequence[Visit]) -> list[float]:
    return sorted((one.decided - one.live).total_seconds() for one in visits if one.decided and one.live)


def _quantile(ordered: Sequence[float], part: float) -> float | None:
    """The smallest value that at least this part of them does not exceed."""
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)] if ordered else None


def _time(seconds: float | None) -> str:
    return "-" if seconds is None else minutes(timedelta(seconds=seconds))


def _tally(names: Iterator[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return found


def _visit_json(visit: Visit) -> dict[str, Any]:
    verdict = visit.verdict
    gates = [
        {"gate": one.gate, "state": one.state.value, "detail": one.detail, "bad": one.bad, "total": one.total}
        for one in (verdict.gates if verdict else ())
    ]
    return {
        "environment": visit.environment,
        "outcome": visit.outcome.value,
        "because": visit.because,
        "merged": _iso(visit.merged),
        "live": _iso(visit.live),
        "verdict": verdict.state.value if verdict else None,
        "decided": _iso(visit.decided),
        "reverted": _iso(visit.reverted),
        "gates": gates,
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
