"""`towpath history`: what a service went through."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from generator.cli.options import environments_option, output_option, repository_option, service_argument
from generator.report.console import out, out_json


@click.command()
@repository_option
@service_argument(required=True)
@environments_option
@output_option
def command(repository: Path, service: str, environments: tuple[str, ...], output: str) -> None:
    """Show the releases that SERVICE went through in each environment, with their verdicts; newest first.

    \b
    Examples:
      towpath history web
      towpath history web -e prod --output json
    """
    from bot import ledger
    from bot.checkout import open_clone
    from bot.decide.held import held
    from bot.decide.pipeline import order
    from bot.messages.track import history_json, history_lines
    from bot.observe.history import HistoryReader
    from generator.own_files.load import load

    clone = open_clone(repository)
    head = clone.fetch()
    history, records, found = HistoryReader(clone).read(head), ledger.read(clone), []
    for environment in order(load(clone.tree(head))):
        track = history.track(environment, service)
        if track is None or environment not in (environments or (environment,)):
            continue
        arrivals = held(track, records)
        dates = [datetime.fromtimestamp(clone.date_of(one.arrival.commit), UTC) for one in arrivals]
        found += history_json(environment, arrivals, dates)
        if output == "text":
            out("\n".join(history_lines(environment, arrivals, dates)))
    if output == "json":
        out_json(found)
