"""`towpath render`: from the repository's files to its rendered folders."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from generator.cli.options import environments_option, output_option, repository_option, service_argument
from generator.finding import Finding, errors
from generator.report.console import coloured, out, out_json, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from generator.build import Build, Reuse
    from generator.survey import Survey
    from generator.tree import DiskTree, Tree
    from generator.write import Plan


@dataclass(frozen=True, slots=True)
class Outcome:
    """What rendering did, or with `--check` would do. `changes` is the diff that `--check` shows."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int
    findings: tuple[Finding, ...]
    changes: str = ""


@click.command()
@service_argument(required=False)
@environments_option
@click.option("--check", is_flag=True, help="Write nothing; show what would change, and fail if anything would.")
@repository_option
@output_option
def command(service: str | None, environments: tuple[str, ...], check: bool, repository: Path, output: str) -> int:
    """Render the manifests of SERVICE, or of all services, and validate them.

    Only rendered files are written; a service that cannot be rendered keeps its old ones. What is rendered but
    invalid is written all the same, so that you can look at the lines that the findings name.

    \b
    Examples:
      towpath render                     # everything that changed
      towpath render web -e staging      # one service in one environment
      towpath render --check             # in CI: is everything rendered?
    """
    outcome = (None if check else _skipped(repository)) or _render(repository, environments, service, check)
    (_print_json if output == "json" else _print)(outcome, check)
    return 1 if errors(outcome.findings) or (check and (outcome.written or outcome.removed)) else 0


def _skipped(root: Path) -> Outcome | None:
    """What the last full run found, when no file and no code has changed since."""
    from generator import cache

    seen = cache.look(root)
    unchanged = sum("/rendered/" in one[0] for one in seen)
    findings = cache.rested(root, seen)
    if findings is None:
        known = cache.recall(root)
        if not known.key or known.key != cache.key_of(root, cache.scan(root, seen, known.stamps)):
            return None
        findings = known.findings
        cache.rest(root, seen, findings)
    return Outcome((), (), unchanged, findings)


def _render(root: Path, environments: tuple[str, ...], service: str | None, check: bool) -> Outcome:
    from generator.cache import recall
    from generator.reuse import from_disk
    from generator.tree import DiskTree, blob_id
    from generator.write import carry_out, plan, spooled, workspace

    tree = DiskTree(root)
    if check:  # it is for CI: it believes nothing that an earlier run has left behind
        found = _survey(
            tree, environments, service, lambda build: _Folder(build.folder, bool(build.manifests), plan(tree, [build]))
        )
        planned = _planned(tree, found, environments, service)
        return _outcome(found, planned, _changes(tree, planned))
    with workspace(root) as folder:

        def keep(build: Build) -> _Folder:
            planned = plan(tree, [build])
            ids = {path: blob_id(content) for path, content in build.files.items() if path in planned.writes}
            return _Folder(build.folder, bool(build.manifests), spooled(planned, folder), ids)

        found = _survey(tree, environments, service, keep, from_disk(tree, recall(root).rendered))
        planned = _planned(tree, found, environments, service)
        carry_out(root, planned, folder)
    outcome = _outcome(found, planned)
    _remember(root, found, outcome.findings, complete=not environments and not service)
    return outcome


@dataclass(frozen=True, slots=True)
class _Folder:
    """What is kept of a build: the folder, whether manifests are in it now, and what is to be written.

    `ids` are the blob ids of what is written.
    """

    path: str
    is_rendered: bool
    plan: Plan
    ids: Mapping[str, str] = field(default_factory=dict)


def _survey(
    tree: DiskTree,
    environments: tuple[str, ...],
    service: str | None,
    keep: Callable[[Build], _Folder],
    reuse: Reuse | None = None,
) -> Survey[_Folder]:
    from generator.cli.checkout import worktree_pins
    from generator.processes import available
    from generator.survey import survey

    services = (service,) if service else ()
    pins = worktree_pins(tree.root)
    return survey(tree, pins, environments, services, keep=keep, reuse=reuse, jobs=available())


def _planned(tree: Tree, found: Survey[_Folder], environments: tuple[str, ...], service: str | None) -> Plan:
    from generator.write import plan, together

    left = plan(tree, (), _orphans(tree, found, environments, service))
    return together([*(one.plan for one in found.kept), left])


def _outcome(found: Survey[_Folder], planned: Plan, changes: str = "") -> Outcome:
    written = tuple(sorted(planned.writes))
    return Outcome(written, planned.removes, planned.unchanged, (*found.findings, *planned.findings), changes)


def _changes(tree: Tree, planned: Plan) -> str:
    from generator.report.changes import changes_text

    return changes_text(tree, planned, coloured(sys.stdout))


def _orphans(tree: Tree, found: Survey[_Folder], environments: tuple[str, ...], service: str | None) -> list[str]:
    """Rendered folders without an overlay; only where nothing narrower was asked for."""
    from generator.ownership import orphans

    if service or found.repository is None:
        return []
    overlays = found.repository.overlays
    return [
        folder
        for environment in environments or found.repository.environments
        for folder in orphans(tree, environment, [name for place, name in overlays if place == environment])
    ]


def _remember(root: Path, found: Survey[_Folder], findings: tuple[Finding, ...], *, complete: bool) -> None:
    from generator import cache
    from generator.ownership import NAME

    if found.repository is None:
        return
    known = cache.recall(root)
    ids = {path: name for one in found.kept for path, name in one.ids.items()}
    files = cache.scan(root, cache.look(root), known.stamps, ids)
    written = {one.path: f"{one.path}/{NAME}" for one in found.kept if one.is_rendered}
    rendered = {**known.rendered, **{folder: files.ids[path] for folder, path in written.items() if path in files.ids}}
    # An error may go away without a change of files, as when a shallow clone gets its history.
    settled = complete and not errors(findings)
    key = cache.key_of(root, files) if settled else ""
    cache.remember(root, cache.Known(files.stamps, rendered, key, findings if settled else ()))


def _print_json(outcome: Outcome, check: bool) -> None:
    from generator.report.json import findings_json

    value = {"check": check, "written": outcome.written, "removed": outcome.removed, "unchanged": outcome.unchanged}
    out_json({**value, "findings": findings_json(outcome.findings)})


def _print(outcome: Outcome, check: bool) -> None:
    from generator.report.text import count, findings_text, tally

    if outcome.findings:
        say(findings_text(outcome.findings, coloured(sys.stderr)) + "\n")
    if outcome.changes:
        out(outcome.changes)
    if not check:
        for verb, paths in (("wrote", outcome.written), ("removed", outcome.removed)):
            for path in paths:
                out(f"{verb} {path}")
    verbs = ("to write", "to remove") if check else ("written", "removed")
    say(
        f"{count(len(outcome.written), 'file')} {verbs[0]}, {len(outcome.removed)} {verbs[1]}, "
        f"{outcome.unchanged} unchanged; {tally(outcome.findings)}"
    )
