"""`towpath import`: existing plain manifests become services of the repository."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from generator.cli.options import output_option, patterns, repository_option
from generator.cli.targets import files_of
from generator.errors import InputError, UsageError
from generator.report.console import coloured, out, out_json, say
from generator.report.text import count

if TYPE_CHECKING:
    from generator.adoption.adopt import Adoption
    from generator.adoption.collect import Collected
    from generator.manifest_files import ManifestFile
    from generator.trees.tree import Tree


_MOST_UNREAD: Final = 20
_LEAVE_OUT: Final = "leave it out with --ignore-filename-pattern"


@click.command()
@click.argument("paths", nargs=-1, metavar="PATH...")
@click.option(
    "-e",
    "--env",
    "environments",
    multiple=True,
    required=True,
    metavar="ENV[=PATH]",
    help="The environment that the manifests are of; with =PATH as often as wanted, in the order of the pipeline.",
)
@click.option(
    "--service", "services", multiple=True, metavar="NAME", help="Only this service; may be given several times."
)
@click.option("-n", "--namespace", metavar="NAME", help="The namespace; by default the one that most objects are in.")
@click.option("--ignore-filename-pattern", "ignored", multiple=True, metavar="REGEX", help="Paths to leave out.")
@click.option("--secrets", is_flag=True, help="Import Secrets too, although they do not belong into git.")
@click.option("--kubernetes-version", metavar="VERSION", help="Of created environments; by default the newest.")
@click.option("--dry-run", is_flag=True, help="Write nothing; show what would be written, and the proof.")
@click.option("--unproven", is_flag=True, help="Write even what is rendered otherwise than it was.")
@repository_option
@output_option
def command(
    paths: tuple[str, ...],
    environments: tuple[str, ...],
    services: tuple[str, ...],
    namespace: str | None,
    ignored: tuple[str, ...],
    secrets: bool,
    kubernetes_version: str | None,
    dry_run: bool,
    unproven: bool,
    repository: Path,
    output: str,
) -> int:
    """Turn existing manifests into service specs and overlays that render the same objects.

    PATH is a file or folder of manifests, or - for standard input, such as that of `kubectl get -o yaml`. A workload
    with all that is only there for it becomes a service, by the template that fits best. What has no value there
    becomes a patch, and what no template renders a plain manifest. Before anything is written, everything is rendered
    and compared with what was; with a difference nothing is written.

    \b
    Examples:
      towpath import k8s/ -e prod
      towpath import -e test=k8s/test -e staging=k8s/staging -e prod=k8s/prod
      kubectl get deploy,svc,cm,hpa -n shop -o yaml | towpath import - -e prod --dry-run
    """
    from generator.adoption.adopt import adopt
    from generator.trees.tree import DiskTree

    tree = DiskTree(repository)
    files = {name: files_of(mine, patterns(ignored)) for name, mine in _by_environment(paths, environments).items()}
    found = tuple(_collected(tree, files, namespace, secrets))
    adoption = adopt(tree, found, _version(kubernetes_version), services)
    written = not dry_run and bool(adoption.services) and (adoption.is_proven or unproven)
    if written:
        _write(repository, adoption)
    (_print_json if output == "json" else _print)(adoption, written, dry_run)
    return 0 if adoption.is_proven and adoption.services else 1


def _version(asked: str | None) -> str:
    from generator.schemas import supported_versions

    known = supported_versions()
    if asked is not None and asked not in known:
        raise UsageError(f"there are no schemas of Kubernetes {asked}", next=f"choose one of {', '.join(known)}")
    return asked or known[-1]


def _by_environment(paths: tuple[str, ...], environments: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The paths of each environment, in the order that they were given in."""
    pairs = [(name, path) for name, _, path in (one.partition("=") for one in environments)]
    if paths and (len(pairs) > 1 or pairs[0][1]):
        next = "write -e ENV=PATH for each of them"
        raise UsageError("it is not clear which PATH is of which environment", next=next)
    if paths:
        return {pairs[0][0]: paths}
    found: dict[str, tuple[str, ...]] = {}
    for name, path in pairs:
        if not path:
            next = f"name a file, a folder or -, as in -e {name}=k8s"
            raise UsageError(f"there are no manifests for {name}", next=next)
        found[name] = (*found.get(name, ()), path)
    return found


def _collected(
    tree: Tree, files: dict[str, Iterator[ManifestFile]], namespace: str | None, secrets: bool
) -> Iterator[Collected]:
    from generator.adoption.collect import collected
    from generator.own_files.load import load_environment

    for name, mine in files.items():
        _check_name(name)
        home = namespace
        if tree.read(f"environments/{name}/environment.yaml") is not None:
            home = load_environment(tree, name).namespace
            if namespace not in (None, home):
                next = "leave out --namespace, or name another environment"
                raise UsageError(f"the namespace of {name} is {home}", next=next)
        yield collected(name, _readable(mine), home, secrets=secrets)


def _check_name(name: str) -> None:
    from generator.own_files.load import is_label

    if name == "base" or not is_label(name):
        next = "use lower case letters, digits and '-', at most 63, and not 'base'"
        raise UsageError(f"{name!r} is no name for an environment", next=next)


def _readable(files: Iterable[ManifestFile]) -> list[ManifestFile]:
    """The files, if all can be read. Else raises `InputError`: what is wrong with one of them, and which others."""
    found = list(files)
    unread = [file.finding for file in found if file.finding]
    if unread:
        first, *others = unread
        more = ", ".join(one.where.path for one in others[:_MOST_UNREAD])
        more += ", …" if len(others) > _MOST_UNREAD else ""
        also = f"; {count(len(others), 'more file')} cannot be read either: {more}" if others else ""
        fix = first.fix.replace("towpath validate", "towpath import")
        next = fix if _LEAVE_OUT in fix else f"{fix.removesuffix('.') or 'mend it'}, or {_LEAVE_OUT}"
        raise InputError(first.message + also, where=first.where, next=next)
    return found


def _write(root: Path, adoption: Adoption) -> None:
    from generator.building.write import Plan, plan, write
    from generator.trees.tree import DiskTree

    rendered = plan(DiskTree(root), adoption.builds)
    write(root, Plan({**adoption.files, **rendered.writes}, (), 0, (), ()))


def _print_json(adoption: Adoption, written: bool, dry_run: bool) -> None:
    from generator.report.adoption import adoption_json

    out_json({"written": sorted(adoption.files) if written else [], "dryRun": dry_run, **adoption_json(adoption)})


def _print(adoption: Adoption, written: bool, dry_run: bool) -> None:
    from generator.report.adoption import adoption_text, next_text

    out(adoption_text(adoption, coloured(sys.stdout)))
    say(next_text(adoption, written, dry_run, coloured(sys.stderr)))
