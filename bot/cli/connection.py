"""What the bot's commands share: the repository they speak of, and what stands in for its clusters."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cluster.interface import Cluster
from bot.metrics.interface import Metrics
from generator.errors import InputError, UsageError

if TYPE_CHECKING:
    from bot.action import Notify
    from bot.loop import Bot, Plan
    from bot.simulate.clock import Clock
    from bot.standing import Standing

BOT_USER = "towpath-bot"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where evidence comes from."""

    cluster: Cluster
    metrics: Metrics


@dataclass(frozen=True, slots=True)
class Simulation:
    """What stands in for the clusters: how services behave, in words, and how many times as fast time runs."""

    behaviours: tuple[str, ...] = ()
    speed: float = 1.0


def simulate_options(command: Callable[..., object]) -> Callable[..., object]:
    """`--simulate`, `--behaviour` and `--speed` → `simulation: Simulation | None`."""

    @wraps(command)
    def simulated(*args: object, simulate: bool, behaviours: tuple[str, ...], speed: float | None, **rest: object):  # type: ignore[no-untyped-def]  # whatever the command returns
        if not simulate and (behaviours or speed is not None):
            option = "--behaviour" if behaviours else "--speed"
            raise UsageError(f"{option} needs --simulate", next="add --simulate, or leave it out")
        simulation = Simulation(behaviours, speed or 1.0) if simulate else None
        return command(*args, simulation=simulation, **rest)

    found: Callable[..., object] = simulated
    for option in reversed(_OPTIONS):
        found = option(found)
    return found


_OPTIONS = (
    click.option("--simulate", is_flag=True, help="Use simulated clusters with traffic in place of real ones."),
    click.option(
        "--behaviour",
        "behaviours",
        multiple=True,
        metavar="TEXT",
        help="How a simulated service behaves: 'SERVICE[:TAG][@ENV] errors=3% requests=60/min stuck'.",
    ),
    click.option(
        "--speed",
        type=click.FloatRange(1, 3600),
        metavar="N",
        help=(
            "Simulated time runs N times as fast as real time, counted from the first commit of the base: give every "
            "command the same N. The bot's commits are dated by it, so only use it on a repository for trying out."
        ),
    ),
)


def bot_user() -> str:
    """The account of the bot on the forge."""
    return os.environ.get("TOWPATH_USER", BOT_USER)


def open_bot(repository: Path, simulation: Simulation | None, notify: Callable[[Notify], None]) -> Bot:
    """The bot of a checkout, with simulated clusters or none."""
    from bot.checkout import open_clone, open_forge
    from bot.loop import Bot

    clock = _clock(repository, simulation)
    sources = _simulated(repository, simulation, clock) if simulation else _real(repository)
    return Bot(
        open_clone(repository),
        open_forge(repository, bot_user(), clock.now),
        sources.cluster,
        sources.metrics,
        now=clock.now,
        notify=notify,
    )


def look(
    repository: Path, simulation: Simulation | None, service: str | None, environments: tuple[str, ...]
) -> tuple[Plan, tuple[Standing, ...]]:
    """Observe and decide without any effect: the plan, and where the chosen services stand."""
    from bot.decide.standings import standings

    plan = open_bot(repository, simulation, lambda _: None).plan()
    every = standings(plan.snapshot, plan.actions)
    return plan, tuple(
        one
        for one in every
        if one.service == (service or one.service) and one.environment in (environments or (one.environment,))
    )


def _clock(repository: Path, simulation: Simulation | None) -> Clock:
    """The time that the bot, its forge and the simulated clusters agree on, however often they are started again."""
    from bot.clock import SystemClock

    if simulation is None or simulation.speed == 1:
        return SystemClock()
    from bot.bare import Bare
    from bot.checkout import local_remote
    from bot.simulate.running import clock_since
    from generator.own_files.load import load_settings
    from generator.trees.tree import DiskTree

    bare, base = Bare(local_remote(repository)), load_settings(DiskTree(repository)).forge.branch
    head = bare.ref(f"refs/heads/{base}")
    if head is None:
        raise InputError(f"{bare.folder} has no branch {base!r}", next="push the branch first")
    return clock_since(bare.date_of(bare.first_parents(head)[0]), simulation.speed)


def _simulated(repository: Path, simulation: Simulation, clock: Clock) -> Sources:
    from bot.checkout import local_remote
    from bot.simulate.instrument import counting
    from bot.simulate.words import parse_behaviour
    from bot.simulate.world import Scenario, World
    from generator.own_files.load import load
    from generator.report.console import say
    from generator.trees.tree import DiskTree

    say("simulation: no cluster is asked; services, traffic and time to roll out are made up")
    tree = DiskTree(repository)
    written = load(tree)
    scenario = Scenario(tuple(map(parse_behaviour, simulation.behaviours)), counting(written, tree))
    world = World(local_remote(repository), clock, scenario, written.settings.forge.branch)
    return Sources(world.cluster, world.metrics)


def _real(repository: Path) -> Sources:
    from bot.cluster.absent import AbsentCluster
    from bot.metrics.prometheus import PrometheusMetrics, sources
    from generator.own_files.load import load
    from generator.trees.tree import DiskTree

    environments = load(DiskTree(repository)).environments
    return Sources(AbsentCluster(), PrometheusMetrics(sources(environments.values())))
