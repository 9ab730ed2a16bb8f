"""`towpath plan`: what the bot would do now."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli.connection import Simulation, look, simulate_options
from generator.cli.options import environments_option, output_option, repository_option, service_argument
from generator.report.console import out, out_json


@click.command()
@repository_option
@service_argument(required=False)
@environments_option
@simulate_options
@output_option
def command(
    repository: Path,
    service: str | None,
    environments: tuple[str, ...],
    simulation: Simulation | None,
    output: str,
) -> None:
    """Show what the bot would do now, and why not more. Nothing is changed.

    \b
    Examples:
      towpath plan
      towpath plan web -e staging
    """
    from bot.messages.standings import move_line, standing_json, waiting_lines

    plan, standings = look(repository, simulation, service, environments)
    if output == "json":
        out_json([standing_json(one, plan.now) for one in standings])
        return
    moves = list(dict.fromkeys(move_line(move) for one in standings for move in one.moves))
    for line in moves or ["the bot would change nothing now"]:
        out(line)
    waiting = waiting_lines(standings, plan.now)
    for line in ["", "why nothing more happens:", *(f"  {line}" for line in waiting)] if waiting else []:
        out(line)
