"""`towpath rollback`: take an environment back to an earlier release."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli.proposed import tell
from generator.cli.options import environment_option, output_option, repository_option, service_argument


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

    tell(propose_rollback(repository, service, environment, to, reason), output)
