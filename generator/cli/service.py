"""`towpath service`: services of the repository."""

from __future__ import annotations

from pathlib import Path

import click

from generator.cli.options import environments_option, output_option, repository_option
from generator.errors import InputError, UsageError
from generator.release import parse_image
from generator.report.console import out, out_json, say
from generator.repository import Chart, Foreign, Kustomization


@click.group()
def command() -> None:
    """Add services to the repository."""


@command.command()
@click.argument("name")
@click.option("--template", metavar="TEMPLATE", help="A folder of templates/, such as backend.")
@click.option("--chart", metavar="CHART", help="A Helm chart instead: a folder of charts/.")
@click.option("--kustomization", metavar="PATH", help="A kustomization instead: a folder below kustomizations/.")
@click.option("--image", required=True, metavar="REF", help="The image that the first environment runs.")
@environments_option
@repository_option
@output_option
def new(
    name: str,
    template: str | None,
    chart: str | None,
    kustomization: str | None,
    image: str,
    environments: tuple[str, ...],
    repository: Path,
    output: str,
) -> None:
    """Write the spec of a new service NAME and an overlay for each environment, by default for all.

    Environments at the start of the pipeline get the release; into the others the bot brings it.

    \b
    Examples:
      towpath service new cart --template backend --image ghcr.io/acme/cart:1.0.0
      towpath service new mailer --template worker --image ghcr.io/acme/mailer:2.1.0 -e test -e staging
      towpath service new podinfo --chart podinfo --image ghcr.io/stefanprodan/podinfo:6.9.1
    """
    from generator.scaffold import new_service

    _check_image(image)
    source = _source(template, chart, kustomization)
    made = new_service(repository, name, source, image, environments)
    if output == "json":
        out_json({"service": name, "written": sorted(made.files), "required": made.required})
        return
    for path in made.files:
        out(f"wrote {path}")
    say("\nnext:")
    if made.required:
        say(f"  set {', '.join(made.required)} in {next(iter(made.files))}")
    say(f"  towpath render {name}\n  towpath validate\n  git add environments && git commit")


def _source(template: str | None, chart: str | None, kustomization: str | None) -> Foreign | str:
    given: list[Foreign | str] = [
        *((template,) if template else ()),
        *((Chart(chart),) if chart else ()),
        *((Kustomization(kustomization),) if kustomization else ()),
    ]
    if len(given) != 1:
        next = "name one of --template, --chart and --kustomization"
        raise UsageError("a service is rendered from exactly one thing", next=next)
    return given[0]


def _check_image(image: str) -> None:
    try:
        parsed = parse_image(image)
    except InputError as error:
        raise UsageError(error.what, next=error.next) from error
    if parsed.tag is None and parsed.digest is None:
        raise UsageError(f"{image} has neither a tag nor a digest", next="say which version to run")
