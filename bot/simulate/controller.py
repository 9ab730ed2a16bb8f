"""A simulated sync controller: it applies the rendered folders of the base branch, each for itself, after a delay.

It works as Flux with one Kustomization for each (environment, service), without waiting for health: applied means
applied, and the workloads tell the rest.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.cluster.interface import Application
from bot.simulate.manifests import WorkloadSpec, workloads
from generator.k8syaml import load_all
from generator.trees.git import Git

_RENDERED = re.compile(r"environments/([^/]+)/rendered/([^/]+)/.+\.ya?ml")

_MEMORY = timedelta(days=1)

Place = tuple[str, str]
Folder = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Deployment:
    """A service's files applied to an environment at a time; no workloads and `gone` when its folder disappeared."""

    at: datetime
    workloads: tuple[WorkloadSpec, ...]
    gone: bool = False


@dataclass(frozen=True, slots=True)
class _Seen:
    commit: str
    at: datetime


class Controller:
    """Watches the base branch of a repository; `observe` is its look at it, `delay` from there to the cluster."""

    def __init__(self, git: Git, branch: str, delay: timedelta) -> None:
        self._git = git
        self._branch = f"refs/heads/{branch}"
        self._delay = delay
        self._seen: list[_Seen] = []
        self._folders: dict[Place, Folder] = {}
        self._deployments: dict[Place, list[Deployment]] = defaultdict(list)
        self._parsed: dict[str, list[object]] = {}

    def observe(self, now: datetime) -> None:
        """Look at the base branch; what is new there will be applied after the delay."""
        head = self._git.resolve(self._branch)
        if head is None:
            return
        if not self._seen:
            self._recall(head, now)
        if not self._seen or self._seen[-1].commit != head:
            self._see(head, now)

    def _recall(self, head: str, now: datetime) -> None:
        """See what a controller that was always there has seen in the last day, by the dates of the commits.

        So a simulation that is started again goes on where it was, as a real cluster would have.
        """
        start = now - _MEMORY
        raw = self._git.run(
            *("rev-list", "--first-parent", "--reverse", "--timestamp", f"--max-age={int(start.timestamp())}"),
            *(head, "--", "environments"),
        )
        recent = [(datetime.fromtimestamp(int(date), UTC), commit) for date, commit in map(str.split, raw.splitlines())]
        past = [(date, commit) for date, commit in recent if date <= now]
        before = self._git.parents(recent[0][1])[:1] if recent else [head]
        for date, commit in [*((start, commit) for commit in before), *past]:
            self._see(commit, max(date, self._seen[-1].at if self._seen else start))

    def _see(self, commit: str, at: datetime) -> None:
        self._seen.append(_Seen(commit, at))
        folders = self._read(commit)
        for place in sorted({*folders, *self._folders}):
            if folders.get(place) != self._folders.get(place):
                self._deployments[place].append(self._deploy(place, folders.get(place), at + self._delay))
        self._folders = folders

    def places(self) -> tuple[Place, ...]:
        """Every (environment, service) that was ever seen."""
        return tuple(self._deployments)

    def deployments(self, environment: str, service: str) -> tuple[Deployment, ...]:
        """What was applied of a service, and what is about to be, oldest first."""
        return tuple(self._deployments.get((environment, service), ()))

    def application(self, environment: str, service: str, now: datetime) -> Application | None:
        """What this controller says of a service at a time; None where it does not know the service."""
        known = [one for one in self.deployments(environment, service) if one.at - self._delay <= now]
        applied = [one for one in known if one.at <= now]
        if not known or (applied and applied[-1].gone and known[-1].gone):
            return None
        attempted = [seen.commit for seen in self._seen if seen.at <= now]
        revisions = [seen.commit for seen in self._seen if seen.at + self._delay <= now] if applied else []
        revision = revisions[-1] if revisions else None
        ready = True if revision == attempted[-1] else None
        since = applied[-1].at if applied else None
        return Application(revision, attempted[-1], ready, "" if ready else "simulation: applying", since)

    def _read(self, commit: str) -> dict[Place, Folder]:
        folders: dict[Place, list[tuple[str, str]]] = defaultdict(list)
        for path, blob in self._git.blobs(commit, "environments").items():
            if found := _RENDERED.fullmatch(path):
                folders[found[1], found[2]].append((path, blob))
        return {place: tuple(files) for place, files in folders.items()}

    def _deploy(self, place: Place, folder: Folder | None, at: datetime) -> Deployment:
        if folder is None:
            return Deployment(at, (), gone=True)
        objects = (one for _, blob in folder for one in self._parse(blob))
        return Deployment(at, workloads(objects, place[0]))

    def _parse(self, blob: str) -> list[object]:
        if blob not in self._parsed:
            self._parsed[blob] = load_all(self._git.blob(blob).decode())
        return self._parsed[blob]
