"""`towpath why`: why a service has or hasn't moved."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli.connection import Simulation, look, simulate_options
from generator.cli.options import environments_option, output_option, repository_option, service_argument
from generator.report.console import out, out_json


@click.command()
@repository_option
@service_argument(required=True)
@environments_option
@simulate_options
@output_option
def command(
    repository: Path,
    service: str,
    environments: tuple[str, ...],
    simulation: Simulation | None,
    output: str,
) -> None:
    """Explain where SERVICE stands in ENV: what is there, what was measured, what waits, why, and until when.

    \b
    Examples:
      towpath why web -e prod
      towpath why web --output json
    """
    from bot.messages.standings import explanation, standing_json

    plan, standings = look(repository, simulation, service, environments)
    if output == "json":
        out_json([standing_json(one, plan.now) for one in standings])
        return
    out("\n\n".join("\n".join(explanation(one, plan.now)) for one in standings))
