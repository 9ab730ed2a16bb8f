"""`towpath schema`: the JSON schemas of our own files, for editors and other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from generator.cli.options import find_repository
from generator.errors import UsageError
from generator.report.console import out, out_json, say
from generator.suggest import one_of

if TYPE_CHECKING:
    from generator.own_files.templates import Template

_KINDS = ("towpath", "environment", "service", "overlay", "template", "validation-output")
_WITH_VALUES = ("service", "overlay")


@click.command()
@click.argument("kind", required=False, type=click.Choice(_KINDS), metavar="[FILE]")
@click.option("--template", metavar="TEMPLATE", help="With the values of this template (service, overlay).")
@click.option("--kubernetes-version", metavar="VERSION", help="For Kubernetes' types in values; by default the newest.")
@click.option("--write", is_flag=True, help="Write all schemas to schemas/towpath/, and name them in the files.")
@click.option("-C", "--repository", type=click.Path(path_type=Path), metavar="PATH", help="The repository.")
def command(
    kind: str | None, template: str | None, kubernetes_version: str | None, write: bool, repository: Path | None
) -> None:
    """Print the JSON schema of a FILE: towpath, environment, service, overlay, template or validation-output.

    With --write, make completion work in editors that have the YAML language server: put the schemas into the
    repository and name them in the first line of its files.

    \b
    Examples:
      towpath schema service
      towpath schema service --template frontend > service.schema.json
      towpath schema --write
    """
    from generator.schemas import minor, supported_versions

    version = minor(kubernetes_version or supported_versions()[-1])
    if write == (kind is not None):
        raise UsageError("name a file, or use --write", next=f"one of {', '.join(_KINDS)}")
    if kind is None:
        _write(find_repository(repository or Path()), version)
        return
    from generator.own_schemas import own_schema, with_values

    if template is None:
        out_json(own_schema(kind))
    elif kind in _WITH_VALUES:
        out_json(with_values(kind, _template(find_repository(repository or Path()), template), version))
    else:
        raise UsageError(f"a {kind} file has no values of a template", next="leave out --template")


def _template(root: Path, name: str) -> Template:
    from generator.own_files.templates import load_template, names
    from generator.trees.tree import DiskTree

    tree = DiskTree(root)
    return load_template(tree, one_of("template", name, names(tree)))


def _write(root: Path, version: str) -> None:
    from generator.building.write import Plan, write
    from generator.own_schemas import editor_files
    from generator.trees.tree import DiskTree

    tree = DiskTree(root)
    files = {path: content for path, content in editor_files(tree, version).items() if tree.read(path) != content}
    write(root, Plan(files, (), 0, (), ()))
    for path in files:
        out(f"wrote {path}")
    say("\nnext:\n  git add . && git commit" if files else "everything is there already")
