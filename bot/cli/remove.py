"""`towpath remove`: take a service out of an environment. The bot never does that by itself (P7)."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli.proposed import tell
from generator.cli.options import environment_option, output_option, repository_option, service_argument
from generator.report.console import say


@click.command()
@service_argument(required=True)
@environment_option(required=True)
@repository_option
@output_option
def command(service: str, environment: str, repository: Path, output: str) -> None:
    """Open a pull request that takes SERVICE out of an environment: its overlay and its rendered files.

    The sync controller removes it from the cluster once that is merged. Its base spec stays, for the environments
    that have it.

    \b
    Examples:
      towpath remove loadgenerator -e staging
    """
    from bot.effect import overlay_of
    from bot.messages.proposals import remove_title
    from bot.propose import Change, open_session, propose
    from generator.repository import spec_path

    session = open_session(repository)
    path = overlay_of(session.repository, environment, service).source.path
    change = Change(
        f"remove/{environment}/{service}", remove_title(service, environment), {path: None}, ((environment, service),)
    )
    tell(propose(session, change), output)
    if sum(name == service for _, name in session.repository.overlays) == 1:
        say(f"{service} is in no other environment: {spec_path(service)} may go once this is merged")
