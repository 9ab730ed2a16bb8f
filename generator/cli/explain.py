"""`towpath explain`: what a check is about, and where a value of a service comes from."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from generator.cli.options import environments, find_repository, output_option, services
from generator.errors import InputError, UsageError
from generator.report.console import coloured, out, out_json
from generator.suggest import one_of

if TYPE_CHECKING:
    from generator.building.build import Build
    from generator.checks.check import Check
    from generator.checks.others import Other
    from generator.repository import Repository
    from generator.resolved import ResolvedService

_LINE = re.compile(
    r"(?P<path>(?:\./)?environments/(?P<env>[^/]+)/rendered/(?P<service>[^/]+)/[^/:]+):(?P<line>[0-9]{1,9})"
)


@click.command()
@click.argument("name", required=False, metavar="[CHECK | SERVICE | FILE:LINE]")
@click.argument("value", required=False, metavar="[VALUE]")
@click.option("-e", "--env", "environment", metavar="ENV", help="The environment, for a value.")
@click.option("-C", "--repository", type=click.Path(path_type=Path), metavar="PATH", help="The repository.")
@output_option
def command(name: str | None, value: str | None, environment: str | None, repository: Path | None, output: str) -> int:
    """Explain a check: why it is there, what it weighs here, what to do, and where it is suppressed.

    Without a name, all checks are listed, with what they weigh here.

    Or explain a value of SERVICE in an environment: which file sets it, which others do in vain, and the rendered
    lines it ends up in. Without VALUE all of them are listed.

    A rendered line (FILE:LINE) is explained by the line of the template and the value that it comes from.

    \b
    Examples:
      towpath explain
      towpath explain missing-volume
      towpath explain frontend -e prod
      towpath explain frontend env.PORT -e prod
      towpath explain environments/prod/rendered/frontend/deployment.yaml:42
    """
    if name is None:
        if environment is not None:
            raise UsageError("-e belongs to a value of a service", next="towpath explain SERVICE -e ENV")
        _checks(_root(repository), output)
    elif line := _LINE.fullmatch(name):
        _line(line, find_repository(repository or Path()), output)
    elif value is None and environment is None:
        _check(name, _root(repository), output)
    else:
        _value(name, value, environment, find_repository(repository or Path()), output)
    return 0


def _root(repository: Path | None) -> Path | None:
    """The repository around us, if there is one: a check can be explained without."""
    if repository is not None:
        return find_repository(repository)
    try:
        return find_repository(Path())
    except InputError:
        return None


def _checks(root: Path | None, output: str) -> None:
    from generator.own_files.load import load
    from generator.report.check_list import checks_json, checks_text
    from generator.trees.tree import DiskTree

    settings = load(DiskTree(root)).settings if root else None
    out_json(checks_json(settings)) if output == "json" else out(checks_text(settings, coloured(sys.stdout)))


def _check(name: str, root: Path | None, output: str) -> None:
    from generator.checks.all import BY_ID
    from generator.checks.others import OTHERS
    from generator.own_files.load import load
    from generator.report.explained import check_json, check_text, other_json, other_text
    from generator.trees.tree import DiskTree
    from generator.validation.suppressions import suppressions
    from generator.validation.validate import weigh

    if root is not None and name not in BY_ID and name in services(root):
        raise UsageError(f"{name} is a service: in which environment?", next=f"towpath explain {name} -e ENV")
    known: dict[str, Check | Other] = {**BY_ID, **OTHERS}
    if root is not None and "." in name and name not in known:
        next = f"towpath explain SERVICE {name} -e ENV, with one of: {', '.join(services(root))}"
        raise UsageError(f"{name} is no check; a value belongs to a service", next=next)
    found = known[one_of("check", name, known, next="'towpath explain' lists all checks")]
    repository = load(DiskTree(root)) if root else None
    settings = repository.settings if repository else None
    weight = weigh(settings, name, found.severity)
    here = weight.value if weight else "off"
    colour = coloured(sys.stdout)
    if name in OTHERS:
        other = OTHERS[name]
        out_json(other_json(name, other, here)) if output == "json" else out(other_text(name, other, here, colour))
        return
    said = settings.source.at(("checks", name)) if settings and name in settings.checks else None
    given = [one for one in suppressions(repository) if one.check == name] if repository else []
    about = (BY_ID[name], here, said, given)
    out_json(check_json(*about)) if output == "json" else out(check_text(*about, colour))


def _value(service: str, path: str | None, environment: str | None, root: Path, output: str) -> None:
    from generator.report.explained import value_json, value_text, values_text
    from generator.resolving.explain import explain, leaves

    if path in services(root) and service not in services(root):
        service, path = path, service  # whichever comes first
    one_of("service", service, services(root))
    if environment is None:
        next = f"towpath explain {service} {path or ''} -e ENV"
        raise UsageError("a value differs between environments: name one with -e", next=next)
    place = one_of("environment", environment, environments(root))
    resolved, build = _built(root, place, service)
    if path is None:
        found = leaves(resolved)
        out_json([value_json(service, place, one) for one in found]) if output == "json" else out(values_text(found))
        return
    explained = explain(resolved, build.manifests, path)
    if output == "json":
        out_json(value_json(service, place, explained))
    else:
        out(value_text(service, place, explained, coloured(sys.stdout)))


def _line(found: re.Match[str], root: Path, output: str) -> None:
    from generator.report.explained import value_json, value_text
    from generator.report.json import location_json
    from generator.resolving.explain import at_line, explain_at

    service = one_of("service", found["service"], services(root))
    environment = one_of("environment", found["env"], environments(root))
    resolved, build = _built(root, environment, service)
    template, pointer = at_line(build.manifests, found["path"].removeprefix("./"), int(found["line"]))
    explained = None if pointer is None else explain_at(resolved, build.manifests, pointer)
    if output == "json":
        value = None if explained is None else value_json(service, environment, explained)
        out_json({"template": location_json(template), "value": value})
        return
    out(f"written by {template}" + ("" if explained else ", which says it itself"))
    if explained:
        out("\n" + value_text(service, environment, explained, coloured(sys.stdout)))


def _built(root: Path, environment: str, service: str) -> tuple[ResolvedService, Build]:
    """The values of a service, and what they render; raises `InputError` for whatever keeps it from being rendered."""
    from generator.building.build import Builder
    from generator.cli.checkout import worktree_pins
    from generator.own_files.load import load
    from generator.trees.tree import DiskTree

    tree = DiskTree(root)
    repository: Repository = load(tree)
    overlay = repository.overlays.get((environment, service))
    if overlay is None:
        raise InputError(
            f"{service} is not in {environment}", next=f"add environments/{environment}/services/{service}.yaml"
        )
    builder = Builder(tree, repository, worktree_pins(root))
    return builder.resolve(overlay).service, builder.build(environment, service)
