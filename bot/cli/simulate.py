"""`towpath simulate`: what the bot would do with a release, and when, without a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from generator.cli.options import environment_option, output_option, repository_option, service_argument
from generator.errors import UsageError
from generator.report.console import out, out_json, say

if TYPE_CHECKING:
    from bot.simulate.forecast import Assumption, Station, Theatre, Visit

_PER_ENVIRONMENT = "[ENV=]"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The options that say what is simulated, as they were written."""

    requests: tuple[str, ...]
    errors: tuple[str, ...]
    bad_from: str
    baseline: str | None
    values: tuple[str, ...]
    hours: float
    real: bool
    speed: float


@click.command()
@service_argument(required=True)
@environment_option(required=False)
@click.option("--error-rate", "errors", multiple=True, metavar=f"{_PER_ENVIRONMENT}SHARE", default=("0%",),
              help="The share of requests that fail, such as 3%; staging=3% for one environment only.")  # fmt: skip
@click.option("--requests", multiple=True, metavar=f"{_PER_ENVIRONMENT}RATE", default=("60/min",),
              help="The traffic, such as 60/min, 2/s or 100/h; test=5/min for one environment only.")  # fmt: skip
@click.option("--bad-from", default="0s", metavar="TIME", help="Requests fail from this long after it went live.")
@click.option("--baseline-error-rate", "baseline", metavar="SHARE", help="What the release before it failed.")
@click.option(
    "--value", "values", multiple=True, metavar="GATE=NUMBER", help="What the query of a threshold gate gives."
)
@click.option("--hours", default=24.0, show_default=True, type=click.FloatRange(0, 8760), help="How far to look ahead.")
@click.option("--seed", default=1, show_default=True, help="Which of the many possible courses of the traffic.")
@click.option("--runs", type=click.IntRange(1, 10_000), help="So many courses, and how often each verdict comes out.")
@click.option("--prometheus", "real", is_flag=True, help="A real prometheus from PATH scrapes the simulated service.")
@click.option("--speed", default=60.0, show_default=True, type=click.FloatRange(1, 600),
              help="With --prometheus: how many times faster than real time.")  # fmt: skip
@repository_option
@output_option
def command(
    service: str,
    environment: str | None,
    repository: Path,
    output: str,
    seed: int,
    runs: int | None,
    **wanted: object,
) -> None:
    """Say what the bot would do with a release of SERVICE, and when: a SIMULATION.

    The gates and policies are those of the repository, the verdicts are the bot's own; cluster and traffic are
    simulated. Times are the earliest possible: nobody has to approve anything, and the bot looks all the time.

    \b
    Examples:
      towpath simulate web --error-rate 3% --requests 60/min
      towpath simulate web -e prod --error-rate 1% --baseline-error-rate 1%
      towpath simulate web --error-rate staging=3% --requests test=5/min --requests 600/min --runs 200
      towpath simulate web --error-rate 3% --prometheus
    """
    from bot.simulate import report

    plan = _plan(repository, service, environment, _Wanted(**wanted))  # type: ignore[arg-type]  # click gives these very fields
    if plan.wanted.real and runs:
        raise UsageError("--runs with --prometheus would take hours", next="leave one of them out")
    played = [_play(plan, seed + number) for number in range(runs or 1)]
    if runs:
        text = report.runs_text(service, plan.way, plan.assumptions, played)
        value = report.runs_json(service, seed, plan.way, played)
    else:
        text = report.forecast_text(service, plan.way, plan.assumptions, played[0])
        value = report.forecast_json(service, seed, played[0])
    out_json(value) if output == "json" else out(text)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is simulated: the way through the pipeline and what is assumed of each environment on it."""

    service: str
    way: tuple[Station, ...]
    assumptions: dict[str, Assumption]
    values: dict[str, float]
    wanted: _Wanted


def _plan(repository: Path, service: str, environment: str | None, wanted: _Wanted) -> _Plan:
    from bot.simulate.forecast import stations
    from generator.own_files.load import load
    from generator.trees.tree import DiskTree

    tree = DiskTree(repository)
    way = stations(load(tree), tree, service)
    if environment:
        way = tuple(station for station in way if station.environment == environment)
    if not way:
        where = environment or "any environment"
        raise UsageError(f"{service} is not in {where}", next=f"add environments/<env>/services/{service}.yaml")
    values = dict(_value(text, way) for text in wanted.values)
    return _Plan(service, way, _assumptions(way, wanted), values, wanted)


def _assumptions(way: Sequence[Station], wanted: _Wanted) -> dict[str, Assumption]:
    from bot.simulate.behaviour import Load
    from bot.simulate.forecast import Assumption
    from bot.simulate.words import parse_duration, parse_rate, parse_share

    after = parse_duration(wanted.bad_from)
    before = parse_share(wanted.baseline) if wanted.baseline else None
    found = {}
    for station in way:
        requests = parse_rate(_for(station, wanted.requests, way, "60/min"))
        load = Load(requests, parse_share(_for(station, wanted.errors, way, "0%")), after)
        found[station.environment] = Assumption(load, None if before is None else Load(requests, before))
    return found


def _for(station: Station, texts: Iterable[str], way: Sequence[Station], default: str) -> str:
    """What holds for an environment: what names it, else what names none."""
    chosen = default
    named = None
    for text in texts:
        name, equals, value = text.rpartition("=")
        if equals and name not in {one.environment for one in way}:
            known = ", ".join(one.environment for one in way)
            raise UsageError(f"{text!r} names no environment of the simulation", next=f"use one of: {known}")
        if name == station.environment:
            named = value
        elif not equals:
            chosen = value
    return named or chosen


def _value(text: str, way: Sequence[Station]) -> tuple[str, float]:
    """A gate's query and the value it gives."""
    from generator.policy import ThresholdGate

    name, _, number = text.partition("=")
    queries = [gate.query for one in way for gate in one.gates if isinstance(gate, ThresholdGate) and gate.name == name]
    try:
        return queries[0], float(number)
    except (IndexError, ValueError):
        raise UsageError(f"{text!r} is no value of a threshold gate", next="write GATE=NUMBER") from None


def _play(plan: _Plan, seed: int) -> tuple[Visit, ...]:
    from bot.simulate.forecast import forecast

    with _theatre(plan, seed) as theatre:

        def tell(station: Station) -> None:
            if plan.wanted.real:
                say(f"SIMULATION: {station.environment}, {plan.wanted.speed:g} times as fast as real time")

        return forecast(plan.way, plan.assumptions, theatre, plan.service, tell)


def _constant(value: float, _environment: str, _at: datetime) -> float:
    return value


@contextmanager
def _theatre(plan: _Plan, seed: int) -> Iterator[Theatre]:
    from bot.simulate.clock import SimulatedClock
    from bot.simulate.forecast import Theatre
    from bot.simulate.instrument import instruments
    from bot.simulate.metrics import SimulatedMetrics
    from bot.simulate.scene import Gauge, Stage
    from bot.simulate.traffic import Traffic

    counting = instruments(gate for station in plan.way for gate in station.gates)
    gauges = tuple(Gauge(query, partial(_constant, value)) for query, value in plan.values.items())
    horizon = timedelta(hours=plan.wanted.hours)
    if not plan.wanted.real:
        stage = Stage(SimulatedClock(), Traffic(seed), counting, gauges)
        yield Theatre(stage, SimulatedMetrics(stage), horizon=horizon)
        return
    from bot.simulate.prometheus import real_metrics
    from bot.simulate.running import running_clock

    clock = running_clock(plan.wanted.speed)
    stage = Stage(clock, Traffic(seed), counting, gauges)
    with real_metrics(stage, clock, [station.environment for station in plan.way]) as metrics:
        yield Theatre(stage, metrics, timedelta(minutes=1), horizon=horizon)
