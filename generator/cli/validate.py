"""`towpath validate`: the repository's own files, what they render, and whether the rendered files are up to date."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from generator.cli.options import environments_option, output_option, repository_option, service_argument
from generator.finding import errors
from generator.report.console import coloured, out, out_json, say


@click.command()
@service_argument(required=False)
@environments_option
@repository_option
@output_option
def command(service: str | None, environments: tuple[str, ...], repository: Path, output: str) -> int:
    """Check the repository's files, what they render, and whether the rendered files are up to date.

    Writes nothing. Fails (exit code 1) when anything is an error; `checks:` in towpath.yaml says how much each
    check weighs.

    \b
    Examples:
      towpath validate
      towpath validate web -e prod
      towpath validate --output json
    """
    from generator.cli.checkout import worktree_pins
    from generator.report.json import findings_json
    from generator.report.text import count, findings_text, tally
    from generator.survey import survey
    from generator.tree import DiskTree

    chosen = (service,) if service else ()
    found = survey(DiskTree(repository), worktree_pins(repository), environments, chosen, compare=True)
    if output == "json":
        out_json({"builds": len(found.builds), "findings": findings_json(found.findings)})
    elif found.findings:
        out(findings_text(found.findings, coloured(sys.stdout)))
    objects = sum(len(manifest.objects) for build in found.builds for manifest in build.manifests)
    services = len({build.service for build in found.builds})
    places = len({build.environment for build in found.builds})
    checked = f"{count(objects, 'object')} of {count(services, 'service')} in {count(places, 'environment')}"
    say(f"checked {checked}: {tally(found.findings)}")
    return 1 if errors(found.findings) else 0
