"""`towpath render`: from the repository's files to its rendered folders."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import click

from generator.cli.options import environments_option, output_option, repository_option, service_argument
from generator.finding import Finding, errors
from generator.report.console import coloured, out, out_json, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from generator.building.build import Build
    from generator.building.write import Plan
    from generator.remembered.cache import Recalled
    from generator.remembered.glance import Glance
    from generator.remembered.memory import Memory, Part
    from generator.repository import Repository
    from generator.survey import Survey
    from generator.trees.looks import Look, Looks
    from generator.trees.tree import DiskTree, Tree
    from generator.validation.judged import Place, Rest

T = TypeVar("T")


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
    if check:
        outcome = _checked(repository, environments, service)
    elif environments or service:
        outcome = _asked_for(repository, environments, service)
    else:
        outcome = _changed(repository)
    (_print_json if output == "json" else _print)(outcome, check)
    return 1 if errors(outcome.findings) or (check and (outcome.written or outcome.removed)) else 0


def _checked(root: Path, environments: tuple[str, ...], service: str | None) -> Outcome:
    """What rendering would do. It is for CI: it believes nothing that an earlier run has left behind."""
    from generator.building.write import plan
    from generator.report.changes import changes_text
    from generator.trees.tree import DiskTree

    tree = DiskTree(root)
    found = _survey(root, tree, lambda build: plan(tree, [build]), environments, service)
    planned = _planned(tree, found.kept, _orphans(tree, found.repository, environments, service))
    return _outcome(found.findings, planned, changes=changes_text(tree, planned, coloured(sys.stdout)))


def _asked_for(root: Path, environments: tuple[str, ...], service: str | None) -> Outcome:
    """Render some services, without a look at what an earlier run remembers."""
    from generator.building.write import carry_out, plan, spooled, workspace
    from generator.trees.tree import DiskTree

    tree = DiskTree(root)
    with workspace(root) as folder:
        found = _survey(root, tree, lambda build: spooled(plan(tree, [build]), folder), environments, service)
        planned = _planned(tree, found.kept, _orphans(tree, found.repository, environments, service))
        carry_out(root, planned, folder)
    return _outcome(found.findings, planned)


def _changed(root: Path) -> Outcome:
    """Render what has changed since the last run that is remembered, or everything."""
    from generator.garbage import uncollected
    from generator.remembered.glance import glance

    with uncollected():
        seen = glance(str(root))
        if seen.rests and seen.recalled:
            return Outcome((), (), seen.recalled.files, seen.recalled.findings)
        import_module("generator.survey")  # most of the program is loaded while a copy of this process looks
        return _anew(root, seen)


def _anew(root: Path, seen: Glance) -> Outcome:
    """Render what looks otherwise than it did."""
    from generator.building.write import workspace
    from generator.errors import ForgottenError
    from generator.remembered.sections import DamagedError
    from generator.trees.tree import DiskTree

    now = seen.now  # all of it, before anything is read or written
    with workspace(root) as folder:
        run = _Run(DiskTree(root), folder, seen, now)
        with suppress(ForgottenError, DamagedError):
            if seen.recalled and (part := run.part(seen.recalled)):
                return run.on(part, seen.recalled.compiled())
        return run.on(None, {})


@dataclass(frozen=True, slots=True)
class _Run:
    """A run that renders what has changed. `now` is how all files look."""

    disk: DiskTree
    folder: Path
    seen: Glance
    now: Looks

    def part(self, recalled: Recalled) -> Part | None:
        """What has to be looked at; None for everything."""
        from generator.cli.checkout import worktree_pins
        from generator.custom.definitions import Definitions
        from generator.remembered.memory import part_of

        memory = recalled.memory()
        if self.seen.head != recalled.head and not worktree_pins(self.disk.root).hold(
            memory.services.revisions.values()
        ):
            return None
        return part_of(memory, recalled.looks, self.now, Definitions(self.disk).defines)

    def on(self, part: Part | None, compiled: dict[str, bytes]) -> Outcome:
        """Render a part, or everything, and remember what is known then. Raises `ForgottenError`."""
        from generator.remembered.cache import clock, remember
        from generator.rendering.sandbox import compiled_before
        from generator.trees.looks import amended, settled, unsettled
        from generator.trees.seen_tree import SeenTree

        compiled_before(compiled)
        tree = part.tree(self.disk, self.now) if part else SeenTree(self.disk, self.now, self.seen.ahead)
        writing = _Writing(tree, self.disk.root, self.folder)
        # Where a part turns out to be too little, nothing must have been written.
        keep = partial(self._keep, tree)
        found = _survey(self.disk.root, tree, keep, rest=part, then=writing.plan if part else writing.write)
        planned = writing.planned
        memory = self._known(part, found, planned)
        written = writing.written()
        if memory is None:
            return _outcome(found.findings, planned)
        recalled = self.seen.recalled
        was = recalled.looks if recalled else {}
        looks = settled(self.now, self.seen.clock, was)
        looks = amended(looks, {**unsettled(written, clock(self.disk.root)), **dict.fromkeys(planned.removes)})
        remember(self.disk.root, memory.vouched(looks), self.seen.head, memory, compiled, recalled if part else None)
        return _outcome(memory.findings, planned, unchanged=memory.files - len(written))

    def _known(self, part: Part | None, found: Survey[_Kept], planned: Plan) -> Memory | None:
        """What there is to remember. Raises `ForgottenError`."""
        from generator.custom.definitions import Definitions
        from generator.remembered.memory import Done, remembered

        if found.seen is None:
            return None
        done = [Done(one.place, one.plan.unchanged + len(one.plan.writes), one.mounted) for one in found.kept]
        if part:
            return part.merged(found.seen, done, planned.findings)
        return remembered(found.seen, done, planned.findings, Definitions(self.disk).paths)

    def _keep(self, tree: Tree, build: Build) -> _Kept:
        from generator.building.write import plan, spooled

        planned = spooled(plan(tree, [build]), self.folder)
        return _Kept(planned, (build.environment, build.service), build.mounted)


class _Writing:
    """What a run writes of a tree: planned when all is built. `folder` is a workspace."""

    def __init__(self, tree: Tree, root: Path, folder: Path) -> None:
        from generator.building.write import together

        self._tree, self._root, self._folder = tree, root, folder
        self.planned: Plan = together(())
        self._looks: dict[str, Look] | None = None

    def plan(self, repository: Repository, kept: Sequence[_Kept]) -> None:
        """Plan it, orphans included."""
        self.planned = _planned(self._tree, (one.plan for one in kept), _orphans(self._tree, repository))

    def write(self, repository: Repository, kept: Sequence[_Kept]) -> None:
        """Plan it and carry it out."""
        self.plan(repository, kept)
        self.written()

    def written(self) -> dict[str, Look]:
        """How the files look that were written, after writing them if that is not done."""
        from generator.building.write import carry_out

        if self._looks is None:
            self._looks = carry_out(self._root, self.planned, self._folder)
        return self._looks


class _Kept(NamedTuple):
    """What is kept of a build: what is to be written, and the names of the files that it mounts.

    A tuple, as everything is that each service sends from one process to another: a dataclass takes ten times as long.
    """

    plan: Plan
    place: Place
    mounted: tuple[str, ...]


def _survey(
    root: Path,
    tree: Tree,
    keep: Callable[[Build], T],
    environments: tuple[str, ...] = (),
    service: str | None = None,
    rest: Rest | None = None,
    then: Callable[[Repository, Sequence[T]], object] = lambda *_: None,
) -> Survey[T]:
    from generator.beside import available
    from generator.cli.checkout import worktree_pins
    from generator.survey import survey

    services, pins = (service,) if service else (), worktree_pins(root)
    return survey(tree, pins, environments, services, keep=keep, jobs=available(), rest=rest, then=then)


def _planned(tree: Tree, plans: Iterable[Plan], orphans: Iterable[str]) -> Plan:
    from generator.building.write import plan, together

    return together([*plans, plan(tree, (), orphans)])


def _outcome(findings: Iterable[Finding], planned: Plan, changes: str = "", unchanged: int | None = None) -> Outcome:
    count = planned.unchanged if unchanged is None else unchanged
    found = dict.fromkeys((*findings, *planned.findings))
    return Outcome(tuple(sorted(planned.writes)), planned.removes, count, tuple(found), changes)


def _orphans(
    tree: Tree, repository: Repository | None, environments: tuple[str, ...] = (), service: str | None = None
) -> list[str]:
    """Rendered folders without an overlay; only where nothing narrower was asked for."""
    from generator.building.ownership import orphans

    if service or repository is None:
        return []
    overlays = repository.overlays
    return [
        folder
        for environment in environments or repository.environments
        for folder in orphans(tree, environment, [name for place, name in overlays if place == environment])
    ]


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
        done = [f"wrote {path}" for path in outcome.written] + [f"removed {path}" for path in outcome.removed]
        if done:
            out("\n".join(done))
    verbs = ("to write", "to remove") if check else ("written", "removed")
    say(
        f"{count(len(outcome.written), 'file')} {verbs[0]}, {len(outcome.removed)} {verbs[1]}, "
        f"{outcome.unchanged} unchanged; {tally(outcome.findings)}"
    )
