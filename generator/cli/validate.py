"""`towpath validate`: the repository and what it renders, or any plain manifests."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from generator.cli.options import environments, find_repository, patterns, services
from generator.cli.targets import STDIN, are_paths, files_of, from_top, root_of
from generator.errors import InputError, UsageError
from generator.finding import errors
from generator.report.console import coloured, out, say
from generator.suggest import one_of

if TYPE_CHECKING:
    from generator.custom.catalogue import Catalogue
    from generator.judge import Request
    from generator.validation.standalone import Around
    from generator.validation.verdict import Verdict

_FORMATS = ("text", "json", "sarif", "junit", "github")
_NEWEST = "master"

Command = TypeVar("Command", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Plain:
    """The options for plain manifests."""

    kubernetes_version: str | None
    skip: tuple[str, ...]
    reject: tuple[str, ...]
    ignore_filename_pattern: tuple[str, ...]
    summary: bool
    verbose: bool

    def given(self) -> Iterator[str]:
        """The options that somebody gave, as they are written."""
        for name in self.__slots__:
            if getattr(self, name):
                yield "--" + name.replace("_", "-")


def _plain_options(command: Command) -> Command:
    """The options of `Plain`."""
    options = (
        click.option("--verbose", is_flag=True, help="Print a line for every object of PATH (text)."),
        click.option("--summary", is_flag=True, help="Print the numbers as a last line (text)."),
        click.option("--ignore-filename-pattern", multiple=True, metavar="REGEX", help="Paths to leave out."),
        click.option("--reject", multiple=True, metavar="KIND,…", help="Kinds that are an error in PATH."),
        click.option("--skip", multiple=True, metavar="KIND,…", help="Kinds to pass over: Secret, apps/v1/Deployment."),
        click.option("--kubernetes-version", metavar="VERSION", help="What PATH is for; by default the newest."),
    )
    for option in options:
        command = option(command)
    return command


@click.command()
@click.argument("targets", nargs=-1, metavar="[SERVICE… | PATH…]")
@click.option("-e", "--env", "chosen", multiple=True, metavar="ENV", help="Only this environment; may be repeated.")
@click.option("-C", "--repository", type=click.Path(path_type=Path), metavar="PATH", help="The repository.")
@click.option("-o", "--output", type=click.Choice(_FORMATS), default="text", show_default=True, help="The format.")
@click.option("--also-check", multiple=True, metavar="VERSION", help="A further Kubernetes version; may be repeated.")
@click.option("--ignore-missing-schemas", is_flag=True, help="Let kinds without a schema pass.")
@click.option("--schema-location", multiple=True, metavar="PATH", help="JSON schemas, laid out as for kubeconform.")
@click.option("--base", metavar="REV", help="The commit before; what may not change is compared with it.  [HEAD]")
@click.option("--confined", is_flag=True, help="Limit time and memory: for templates that you don't trust.")
@_plain_options
def command(
    targets: tuple[str, ...],
    chosen: tuple[str, ...],
    repository: Path | None,
    output: str,
    also_check: tuple[str, ...],
    ignore_missing_schemas: bool,
    schema_location: tuple[str, ...],
    base: str | None,
    confined: bool,
    **options: object,
) -> int:
    """Check the repository's files, what they render, and whether the rendered files are up to date.

    With PATH (a file, a folder, or - for standard input) check plain manifests instead, in a repository or not.

    Writes nothing. Fails (exit code 1) when anything is an error; `checks:` in towpath.yaml says how much each
    check weighs.

    \b
    Examples:
      towpath validate
      towpath validate web -e prod --also-check 1.37
      towpath validate --confined        # somebody else's templates: limited in time and memory
      towpath validate manifests/ --kubernetes-version 1.36 --summary
      helm template . | towpath validate - --output sarif
    """
    from generator.custom.catalogue import Catalogue, location
    from generator.report.validation import written

    plain = Plain(**options)  # type: ignore[arg-type] # click has checked them
    also = tuple(_version("--also-check", version) for version in also_check)
    known = Catalogue(locations=tuple(map(location, schema_location)), ignore_missing=ignore_missing_schemas)
    if are_paths(targets, repository):
        _refuse({"-e": chosen, "--base": base, "--confined": confined}, "services, not to paths")
        verdict = _plain(targets, root_of(repository), also, known, plain)
    else:
        _refuse(dict.fromkeys(plain.given(), True), "paths: a file, a folder, or - for standard input")
        verdict = _judged(_request(targets, chosen, find_repository(repository or Path()), also, known, base), confined)
    if text := written(verdict, output, coloured(sys.stdout)):
        out(text)
    _tell(verdict, plain, output)
    return 1 if errors(verdict.findings) else 0


def _refuse(options: Mapping[str, object], owners: str) -> None:
    """Raises `UsageError` for the first of the options that was given."""
    for option, given in options.items():
        if given:
            raise UsageError(f"{option} belongs to {owners}", next="leave it out")


def _tell(verdict: Verdict, plain: Plain, output: str) -> None:
    from generator.report.text import count, tally
    from generator.report.validation import each, summary

    if plain.verbose and output == "text" and verdict.cases:
        out(each(verdict))
    if plain.summary and output == "text":
        out(summary(verdict))
    say(f"checked {verdict.checked}: {tally(verdict.findings)}")
    if verdict.unknown_rules:
        say(f"not evaluated: {count(verdict.unknown_rules, 'CEL rule')} of custom resources (see docs/validation.md)")


def _version(option: str, version: str) -> str:
    """A supported minor version. Raises `UsageError` with those that are there."""
    from generator.schemas import minor, supported_versions

    known = supported_versions()
    if version == _NEWEST:
        return known[-1]
    try:
        return minor(version)
    except InputError:
        next = f"use one of {', '.join(known)}"
        raise UsageError(f"{option}: there are no schemas for Kubernetes {version}", next=next) from None


def _request(
    names: tuple[str, ...],
    chosen: tuple[str, ...],
    root: Path,
    also: tuple[str, ...],
    known: Catalogue,
    base: str | None,
) -> Request:
    from generator.cli.checkout import commit_of
    from generator.judge import Request

    return Request(
        str(root),
        head=commit_of(root),
        before=commit_of(root, base),
        environments=tuple(dict.fromkeys(one_of("environment", name, environments(root)) for name in chosen)),
        services=tuple(dict.fromkeys(one_of("service", name, services(root)) for name in names)),
        also=also,
        locations=tuple(str(Path(location).absolute()) for location in known.locations),
        ignore_missing=known.ignore_missing,
    )


def _judged(request: Request, apart: bool) -> Verdict:
    """The verdict on the repository, reached here or in a confined process."""
    from generator import confined, judge
    from generator.garbage import uncollected

    if apart:
        reached = confined.judge(request)
    else:
        with uncollected():
            reached = judge.judge(request)
    return replace(reached, folder=from_top(Path(request.repository)))


def _plain(targets: Iterable[str], root: Path | None, also: tuple[str, ...], known: Catalogue, plain: Plain) -> Verdict:
    from generator.report.text import count
    from generator.validation.standalone import Selection, audit
    from generator.validation.verdict import Verdict

    version = _version("--kubernetes-version", plain.kubernetes_version or _NEWEST)
    around, known = _around(root, targets, known)
    files = list(files_of(targets, patterns(plain.ignore_filename_pattern)))
    selection = Selection(_kinds(plain.skip), _kinds(plain.reject))
    done = audit(files, version, also=also, catalogue=known, selection=selection, around=around)
    objects = count(sum(len(file.objects) for file in files), "object")
    checked = f"{objects} in {count(len(files), 'file')} for Kubernetes {', '.join((version, *also))}"
    here = Path.cwd()
    return Verdict(
        done.findings,
        done.cases,
        checked,
        unknown_rules=done.unknown_rules,
        folder=from_top(here),
        here=here.as_posix(),
    )


def _around(root: Path | None, targets: Iterable[str], known: Catalogue) -> tuple[Around | None, Catalogue]:
    """What the repository around us says of plain manifests: of checks, and of its own kinds."""
    if root is None:
        return None, known
    from dataclasses import replace

    from generator.custom.definitions import Definitions
    from generator.own_files.load import load_settings
    from generator.trees.tree import DiskTree
    from generator.validation.standalone import Around

    tree = DiskTree(root)
    around = Around(load_settings(tree), Path(os.path.relpath(Path.cwd(), root.absolute())).as_posix())
    asked_for = tuple(around.path(target) for target in targets if target != STDIN)
    return replace(around, targets=asked_for), replace(known, custom=Definitions(tree).of("base"))


def _kinds(lists: Iterable[str]) -> frozenset[str]:
    return frozenset(name.strip() for names in lists for name in names.split(",") if name.strip())
