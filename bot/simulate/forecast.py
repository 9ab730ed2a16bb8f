"""What the bot would do with a release, and when: the real gates and policies on simulated traffic.

Environments are walked in the order of the pipeline: a release enters where it passed and soaked in every parent.
Times are the earliest possible ones: the bot acts at its next pass, people and windows may make it wait longer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum

from bot.decide.pipeline import order, parents
from bot.evidence import RolloutStatus, Stage, State, Verdict
from bot.gates.grid import LAG
from bot.history import ArrivalKey
from bot.metrics.interface import Metrics
from bot.observe.verdict import measure
from bot.simulate.behaviour import Load
from bot.simulate.clock import Clock
from bot.simulate.scene import Stage as Scenery
from bot.simulate.traffic import Pod
from bot.simulate.world import Timing
from generator.own_files.gates import gates
from generator.policy import Gate, Mode, OnFail, Verify
from generator.repository import Repository
from generator.trees.tree import Tree


class Outcome(Enum):
    """What becomes of the release in an environment."""

    PASSES = "passes"
    REVERTED = "reverted"
    HELD = "held"
    WAITS = "waits for a person"
    NOT_REACHED = "not reached"


@dataclass(frozen=True, slots=True)
class Station:
    """An environment on the way of a service: what it comes after, how it judges, and what enters it when."""

    environment: str
    parents: tuple[str, ...]
    gates: tuple[Gate, ...]
    verify: Verify
    soak: timedelta
    mode: Mode


@dataclass(frozen=True, slots=True)
class Assumption:
    """What is assumed of an environment: the traffic of the release, and of the one before it (None: no baseline)."""

    load: Load
    before: Load | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """What happens in one environment, and when; times are None where it did not come to that."""

    environment: str
    outcome: Outcome
    merged: datetime | None = None
    live: datetime | None = None
    verdict: Verdict | None = None
    decided: datetime | None = None
    reverted: datetime | None = None
    because: str = ""


@dataclass(frozen=True, slots=True)
class Theatre:
    """Where a forecast is played: the scene with its clock, and the metrics that look at it.

    `look` is how often to judge while waiting; None to look only once, when everything is known. The verdict is the
    same (V2), but a clock that runs with real time should not run longer than it must. What would be merged after
    the `horizon` is not reached.
    """

    scenery: Scenery
    metrics: Metrics
    look: timedelta | None = None
    timing: Timing = field(default_factory=Timing)
    horizon: timedelta = timedelta(days=1)

    @property
    def clock(self) -> Clock:
        """The time in the scene."""
        return self.scenery.clock


def stations(repository: Repository, tree: Tree, service: str) -> tuple[Station, ...]:
    """The way of a service through the pipeline, with the gates and policies in force (P10)."""
    found = []
    for name in order(repository):
        if (name, service) in repository.overlays:
            environment = repository.environments[name]
            found.append(
                Station(
                    name,
                    parents(repository, name, service),
                    gates(repository, tree, name, service),
                    environment.verify,
                    environment.promotion.soak,
                    environment.promotion.mode,
                )
            )
    return tuple(found)


def forecast(
    way: Sequence[Station],
    assumptions: Mapping[str, Assumption],
    theatre: Theatre,
    service: str,
    tell: Callable[[Station], None] = lambda _: None,
) -> tuple[Visit, ...]:
    """Play a release through the pipeline, from now on the scene's clock. `tell` hears what is being simulated."""
    visits: dict[str, Visit] = {}
    start = theatre.clock.now()
    for station in way:
        entry = _entry(station, visits, start)
        if not isinstance(entry, Visit) and entry > start + theatre.horizon:
            why = f"not before {entry:%H:%M} on day {(entry - start).days + 1}"
            entry = Visit(station.environment, Outcome.NOT_REACHED, because=why)
        if isinstance(entry, Visit):
            visits[station.environment] = entry
            continue
        tell(station)
        visits[station.environment] = _visit(station, assumptions[station.environment], theatre, service, entry)
    return tuple(visits[station.environment] for station in way)


def _entry(station: Station, visits: Mapping[str, Visit], start: datetime) -> datetime | Visit:
    """When the release is merged into an environment, or why it is not."""
    before = [visits[name] for name in station.parents if name in visits]
    missing = [visit.environment for visit in before if visit.outcome is not Outcome.PASSES]
    if missing:
        return Visit(station.environment, Outcome.NOT_REACHED, because=f"no PASS in {', '.join(missing)}")
    if before and station.mode is Mode.MANUAL:
        return Visit(station.environment, Outcome.WAITS, because="promotion.mode is manual: somebody merges it")
    ready = [max(visit.decided, visit.live + station.soak) for visit in before if visit.decided and visit.live]
    return max(ready, default=start)


def _visit(station: Station, assumption: Assumption, theatre: Theatre, service: str, merged: datetime) -> Visit:
    _wait_until(theatre.clock, merged)
    baseline = _baseline(station, assumption, theatre, service) if assumption.before else None
    if theatre.look:
        merged = max(merged, theatre.clock.now())  # real time has passed since then
    live = merged + theatre.timing.apply + theatre.timing.rollout
    verdict = _play(station, assumption.load, theatre, f"{service}-new", live, baseline)
    decided = max(live, verdict.at + LAG) if verdict.at and station.gates else verdict.at
    visit = Visit(station.environment, Outcome.HELD, merged, live, verdict, decided)
    if verdict.state is State.PASS:
        return replace(visit, outcome=Outcome.PASSES)
    if verdict.state is not State.FAIL:
        return replace(visit, because=_WHY_HELD.get(verdict.state, ""))
    if not station.parents:
        return replace(visit, because="the bot reverts nothing where releases enter; it goes no further")
    if station.verify.on_fail is OnFail.HOLD:
        return replace(visit, because="verify.onFail is hold")
    return replace(visit, outcome=Outcome.REVERTED, reverted=decided, because="quarantined here")


_WHY_HELD = {
    State.INCONCLUSIVE: "undecided at the deadline",
    State.PREEXISTING: "bad, but no worse than the release before it: nothing to revert",
    State.ERROR: "the metrics cannot be read: nothing is decided",
}


def _baseline(station: Station, assumption: Assumption, theatre: Theatre, service: str) -> Verdict | None:
    """The verdict of the release before, which counts only if it was a PASS (V4)."""
    if assumption.before is None:
        return None
    live = theatre.clock.now()
    verdict = _play(station, assumption.before, theatre, f"{service}-old", live, None)
    return verdict if verdict.state is State.PASS else None


def _play(
    station: Station, load: Load, theatre: Theatre, name: str, live: datetime, baseline: Verdict | None
) -> Verdict:
    """Let one pod take the traffic of a release from the time it is live, and judge it."""
    clock, environment = theatre.clock, station.environment
    pod = Pod(environment, environment, name, f"{name}-{environment}", load, 1.0, live, None)
    theatre.scenery.enter(pod)
    status = RolloutStatus(environment, name, Stage.LIVE, live, pod.name)
    key = ArrivalKey(environment, name, "", "")
    end = live + station.verify.deadline + LAG
    while True:
        _wait_until(clock, min(end, clock.now() + theatre.look) if theatre.look else end)
        now = clock.now()
        verdict = measure(theatre.metrics, station.gates, status, key, baseline, station.verify, now)
        if verdict.state.is_final or now >= end:
            return verdict


def _wait_until(clock: Clock, at: datetime) -> None:
    clock.advance(max(timedelta(), at - clock.now()))
