"""Judge a repository: read the tree that is asked for, render and check it, and say how that ended."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from generator.beside import available
from generator.building.build import Build, Reuse
from generator.custom.catalogue import Catalogue
from generator.foreign import programs
from generator.foreign.program import Runner
from generator.own_files.load import load
from generator.report.text import count
from generator.resolving.pins import Pins
from generator.survey import survey
from generator.trees.git import Git
from generator.trees.tree import DiskTree, Tree
from generator.validation.verdict import Contents, Verdict, cases_of, contents


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be judged, in nothing but names, so that it can be handed to another process.

    `commit` (or tree) is what is read, None for the files on disk. `head` is the commit whose first parents releases
    may be pinned to, `before` the one that fixed fields are compared with, and `policy` the one whose suppressions,
    `checks:` and `allow:` count; None for those of what is judged. Without environments or services, all are judged.
    """

    repository: str
    commit: str | None = None
    head: str | None = None
    before: str | None = None
    policy: str | None = None
    environments: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    ignore_missing: bool = False

    @property
    def git(self) -> Git | None:
        """The git repository; None where there is none."""
        root = Path(self.repository)
        return Git(root) if self.commit or (root / ".git").exists() else None

    def tree(self, git: Git | None) -> Tree:
        """The files that are judged."""
        return git.tree(self.commit) if git and self.commit else DiskTree(Path(self.repository))


@dataclass(frozen=True, slots=True)
class _Rendered:
    """What is told of a build: whose it is, and what its files hold."""

    environment: str
    service: str
    files: tuple[Contents, ...]


def _rendered(build: Build) -> _Rendered:
    return _Rendered(build.environment, build.service, tuple(map(contents, build.manifests)))


def judge(request: Request, watch: Reuse | None = None, run: Runner = programs.run) -> Verdict:
    """The verdict on a repository. `watch` is asked before each rendering, and `run` runs programs, as by `survey`.

    Raises `InputError` where there is no such thing to read, `GitError` where git cannot.
    """
    git = request.git
    found = survey(
        request.tree(git),
        Pins(git, request.head),
        request.environments,
        request.services,
        keep=_rendered,
        reuse=watch,
        run=run,
        compare=True,
        also=request.also,
        catalogue=Catalogue(locations=request.locations, ignore_missing=request.ignore_missing),
        before=git.tree(request.before) if git and request.before else None,
        policy=load(git.tree(request.policy)) if git and request.policy else None,
        jobs=1 if watch else available(),
    )
    rendered = found.kept
    of_services = count(len({one.service for one in rendered}), "service")
    in_places = count(len({one.environment for one in rendered}), "environment")
    objects = count(sum(len(file.titles) for one in rendered for file in one.files), "object")
    return Verdict(
        found.findings,
        tuple(cases_of((file for one in rendered for file in one.files), found.findings)),
        f"{objects} of {of_services} in {in_places}",
        builds=len(rendered),
        unknown_rules=found.unknown_rules,
    )
