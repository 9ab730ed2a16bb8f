"""`towpath chart`: Helm charts in the repository."""

from __future__ import annotations

from pathlib import Path

import click

from generator.cli.options import output_option, repository_option
from generator.report.console import out, out_json, say


@click.group()
def command() -> None:
    """Bring Helm charts into the repository."""


@command.command()
@click.argument("source", metavar="SOURCE")
@click.option("--version", metavar="VERSION", help="The version to pull; by default the newest.")
@click.option("--repo", metavar="URL", help="The chart repository that SOURCE is a name in.")
@click.option("--as", "name", metavar="NAME", help="The folder below charts/; by default the name of the chart.")
@click.option("--replace", is_flag=True, help="Replace the chart of that name, as for another version of it.")
@repository_option
@output_option
def add(
    source: str,
    version: str | None,
    repo: str | None,
    name: str | None,
    replace: bool,
    repository: Path,
    output: str,
) -> None:
    """Copy a chart into charts/: from a folder, from an archive, or pulled by helm from SOURCE.

    Where it came from, its version and its digest are written to charts/towpath.lock; no network is needed afterwards.
    Read it before you commit it: a chart is code.

    \b
    Examples:
      towpath chart add oci://ghcr.io/stefanprodan/charts/podinfo --version 6.9.1
      towpath chart add podinfo --repo https://stefanprodan.github.io/podinfo --version 6.9.2 --replace
      towpath chart add ../app/deploy/chart --as shop
    """
    from generator.building.write import Plan, write
    from generator.foreign.chart_source import edits, fetch

    found = fetch(source, version, repo)
    folder = name or found.name
    made = edits(repository, folder, found, replace=replace)
    writes = {path: content for path, content in made.items() if content is not None}
    removes = tuple(sorted(set(made) - set(writes)))
    write(repository, Plan(writes, removes, unchanged=0, foreign=(), blocked=()))
    if output == "json":
        value = {"chart": folder, "version": found.origin.version, "digest": found.origin.digest}
        out_json({**value, "written": sorted(writes), "removed": removes})
        return
    for verb, paths in (("wrote", sorted(writes)), ("removed", removes)):
        for path in paths:
            out(f"{verb} {path}")
    say(f"\nnext:\n  read it, and write `chart: {folder}` into a service spec\n  git add charts && git commit")
