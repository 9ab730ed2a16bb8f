"""Judge a repository: read the tree that is asked for, render and check it, and say how that ended."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from generator.build import Reuse
from generator.catalogue import Catalogue
from generator.git import Git
from generator.load import load
from generator.pins import Pins
from generator.report.text import count
from generator.survey import survey
from generator.tree import DiskTree, Tree
from generator.validate import unknown_rules
from generator.verdict import Verdict, cases_of


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


def judge(request: Request, watch: Reuse | None = None) -> Verdict:
    """The verdict on a repository. `watch` is asked before each rendering, as by `survey`.

    Raises `InputError` where there is no such thing to read, `GitError` where git cannot.
    """
    git = request.git
    found = survey(
        request.tree(git),
        Pins(git, request.head),
        request.environments,
        request.services,
        reuse=watch,
        compare=True,
        also=request.also,
        catalogue=Catalogue(locations=request.locations, ignore_missing=request.ignore_missing),
        before=git.tree(request.before) if git and request.before else None,
        policy=load(git.tree(request.policy)) if git and request.policy else None,
    )
    manifests = [manifest for build in found.builds for manifest in build.manifests]
    of_services = count(len({build.service for build in found.builds}), "service")
    in_places = count(len({build.environment for build in found.builds}), "environment")
    return Verdict(
        found.findings,
        tuple(cases_of(manifests, found.findings)),
        f"{count(sum(len(manifest.objects) for manifest in manifests), 'object')} of {of_services} in {in_places}",
        builds=len(found.builds),
        unknown_rules=unknown_rules(found.repository, found.builds) if found.repository else 0,
    )
