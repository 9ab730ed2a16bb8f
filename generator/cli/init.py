"""`towpath init`: a new GitOps repository."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from generator.cli.options import output_option
from generator.report.console import out, out_json, say

if TYPE_CHECKING:
    from generator.scaffold import Created, Example


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=".", metavar="[DIR]")
@click.option(
    "--example",
    type=click.Choice(["web", "online-boutique", "none"]),
    default="web",
    show_default=True,
    help="One service to start from, a whole application to try things on, or none, to import what you have.",
)
@click.option("--no-forge", is_flag=True, help="Make no local forge (DIR.git) to hold pull requests.")
@output_option
def command(folder: Path, example: Example, no_forge: bool, output: str) -> None:
    """Create a GitOps repository in DIR: templates, environments and an example, rendered and committed.

    Beside it comes DIR.git, a bare repository: the local forge, where pull requests live until you have another.

    \b
    Examples:
      towpath init shop
      towpath init shop --example online-boutique --no-forge
      towpath init shop --example none
      git clone URL shop && towpath init shop --no-forge     # into an empty repository
    """
    from generator.scaffold import create

    created = create(folder, example, forge=not no_forge)
    if output == "json":
        out_json(
            {
                "folder": str(created.folder),
                "forge": str(created.forge) if created.forge else None,
                "environments": created.environments,
                "services": created.services,
                "rendered": created.rendered,
            }
        )
    else:
        _tell(created, folder)


def _tell(created: Created, folder: Path) -> None:
    from generator.report.text import count

    services = count(len(created.services), "service")
    there = f"{services} in {', '.join(created.environments)}, {created.rendered} files rendered"
    out(f"created {created.folder}: {there if created.services else 'templates, and no service yet'}")
    if created.forge:
        out(f"created {created.forge}: the local forge, its origin")
    say("\nnext:")
    if folder != Path():
        say(f"  cd {shlex.quote(str(folder))}")
    if not created.services:
        say("  towpath import PATH -e ENV")
    say("  towpath validate")
    say(f"  towpath status{'' if created.forge else '          # wants a forge: see towpath.yaml'}")
