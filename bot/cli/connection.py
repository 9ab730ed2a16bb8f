"""What the bot's commands share: the repository they speak of, and what stands in for its clusters."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from bot.cluster.interface import Cluster
from bot.metrics.interface import Metrics

if TYPE_CHECKING:
    from bot.action import Notify
    from bot.loop import Bot, Plan
    from bot.standing import Standing

Command = TypeVar("Command", bound=Callable[..., object])

BOT_USER = "towpath-bot"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where evidence comes from."""

    cluster: Cluster
    metrics: Metrics


def simulate_options(command: Command) -> Command:
    """`--simulate` and `--behaviour` → `simulate: bool`, `behaviours: tuple[str, ...]`."""
    behaviour = click.option(
        "--behaviour",
        "behaviours",
        multiple=True,
        metavar="TEXT",
        help="How a simulated service behaves: 'SERVICE[:TAG][@ENV] errors=3% requests=60/min stuck'.",
    )
    simulate = click.option(
        "--simulate", is_flag=True, help="Use simulated clusters with traffic in place of real ones."
    )
    return simulate(behaviour(command))


def open_bot(repository: Path, simulate: bool, behaviours: tuple[str, ...], notify: Callable[[Notify], None]) -> Bot:
    """The bot of a checkout, with simulated clusters or none."""
    from bot.checkout import open_clone, open_forge
    from bot.clock import SystemClock
    from bot.loop import Bot

    sources = _simulated(repository, behaviours) if simulate else _real(repository)
    return Bot(
        open_clone(repository),
        open_forge(repository, os.environ.get("TOWPATH_USER", BOT_USER)),
        sources.cluster,
        sources.metrics,
        now=SystemClock().now,
        notify=notify,
    )


def look(
    repository: Path, simulate: bool, behaviours: tuple[str, ...], service: str | None, environments: tuple[str, ...]
) -> tuple[Plan, tuple[Standing, ...]]:
    """Observe and decide without any effect: the plan, and where the chosen services stand."""
    from bot.standing import standings

    plan = open_bot(repository, simulate, behaviours, lambda _: None).plan()
    every = standings(plan.snapshot, plan.actions)
    return plan, tuple(
        one
        for one in every
        if one.service == (service or one.service) and one.environment in (environments or (one.environment,))
    )


def _simulated(repository: Path, behaviours: tuple[str, ...]) -> Sources:
    from bot.checkout import local_remote
    from bot.clock import SystemClock
    from bot.simulate.instrument import counting
    from bot.simulate.words import parse_behaviour
    from bot.simulate.world import Scenario, World
    from generator.load import load
    from generator.report.console import say
    from generator.tree import DiskTree

    say("simulation: no cluster is asked; services, traffic and time to roll out are made up")
    tree = DiskTree(repository)
    scenario = Scenario(tuple(map(parse_behaviour, behaviours)), counting(load(tree), tree))
    world = World(local_remote(repository), SystemClock(), scenario)
    return Sources(world.cluster, world.metrics)


def _real(repository: Path) -> Sources:
    from bot.cluster.absent import AbsentCluster
    from bot.metrics.prometheus import PrometheusMetrics, sources
    from generator.load import load
    from generator.tree import DiskTree

    environments = load(DiskTree(repository)).environments
    return Sources(AbsentCluster(), PrometheusMetrics(sources(environments.values())))
