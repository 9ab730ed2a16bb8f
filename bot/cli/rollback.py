"""`towpath rollback`: take an environment back to an earlier release."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from generator.cli.options import environment_option, output_option, repository_option, service_argument
from generator.report.console import out, out_json

if TYPE_CHECKING:
    from bot.propose import Proposed


@click.command()
@repository_option
@service_argument(required=True)
@environment_option(required=True)
@click.option(
    "--to", metavar="RELEASE", help="A tag, or the start of a release's digest; by default the last that passed."
)
@click.option("--reason", default="", help="Why; it goes into the commit message.")
@output_option
def command(repository: Path, service: str, environment: str, to: str | None, reason: str, output: str) -> None:
    """Open a pull request that takes SERVICE in ENV back to the last release that passed there, or to another.

    Once it is merged, what was taken away is in quarantine there until somebody lifts it. The bot does not merge it:
    that is a person's decision.

    \b
    Examples:
      towpath rollback web -e prod
      towpath rollback web -e prod --to 1.4.1 --reason "slow checkout"
    """
    from bot.rollback import propose_rollback

    proposed = propose_rollback(repository, service, environment, to, reason)
    if output == "json":
        out_json({"number": proposed.pull.number, "title": proposed.pull.title, "commit": proposed.commit})
    else:
        _tell(proposed)


def _tell(proposed: Proposed) -> None:
    out(f"#{proposed.pull.number} {proposed.pull.title}")
    for line in proposed.effect.summary:
        out(f"  {line}")
    out(f"look at it and merge it: towpath pr merge {proposed.pull.number}")
