"""`towpath status`: every service in every environment at a glance."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bot.cli.connection import Simulation, look, simulate_options
from generator.cli.options import environments_option, output_option, repository_option, service_argument
from generator.report.console import coloured, out, out_json

_COLOURS = {"pass": "green", "fail": "red", "error": "red"}


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
    """Show each service's release in every environment, how it stands, and what waits for what.

    \b
    Examples:
      towpath status
      towpath status web -e prod --output json
    """
    from bot.decide.pipeline import order
    from bot.evidence import State
    from bot.messages.standings import standing_json, status_table, waiting_lines, withdrawn_lines

    plan, standings = look(repository, simulation, service, environments)
    if output == "json":
        out_json([standing_json(one, plan.now) for one in standings])
        return
    shown = [name for name in order(plan.snapshot.repository) if name in (environments or (name,))]

    def paint(text: str, state: State | None) -> str:
        colour = _COLOURS.get(state.value, "yellow") if state else None
        return click.style(text, fg=colour) if coloured(sys.stdout) and colour else text

    for line in status_table(standings, shown, paint):
        out(line)
    for lines in (withdrawn_lines(standings), waiting_lines(standings, plan.now)):
        for line in ["", *lines] if lines else []:
            out(line)
