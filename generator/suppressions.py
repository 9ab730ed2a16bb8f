"""Findings that somebody has looked at and accepts: `suppress:` of towpath.yaml, a service spec or an overlay.

    suppress:
    - check: read-only-root-filesystem
      object: Deployment/web
      reason: Redis writes its dump beside its program.

Every suppression gives a reason, and one that hides nothing is a finding itself: it would hide tomorrow's mistake.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from generator.checks.others import OTHERS
from generator.errors import Location
from generator.file_schemas import problem
from generator.finding import Finding
from generator.repository import Repository, Settings, Source

UNUSED = "unused-suppression"
Place = tuple[str, str]
"""An environment and a service."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """One of them: which check, where and why. None stands for every environment, service or object.

    `object` is written `Deployment/web`. `path` is a file or folder of plain manifests; without it, one that names
    neither an environment nor a service holds for them too.
    """

    check: str
    reason: str
    where: Location
    environment: str | None = None
    service: str | None = None
    object: str | None = None
    path: str | None = None

    def covers(self, environment: str, service: str, kind: str, name: str) -> bool:
        """Whether it is about this object of a service."""
        return self.reaches(environment, service) and self.object in (None, f"{kind}/{name}")

    def covers_plain(self, path: str, kind: str, name: str) -> bool:
        """Whether it is about this object of a plain manifest."""
        if self.environment or self.service or self.object not in (None, f"{kind}/{name}"):
            return False
        return self.path is None or _inside(path, self.path)

    def reaches(self, environment: str, service: str) -> bool:
        """Whether it is about this service in this environment."""
        return self.path is None and self.environment in (None, environment) and self.service in (None, service)


def _inside(path: str, folder: str) -> bool:
    """Whether a path is that of a folder, or in it."""
    folder = folder.rstrip("/")
    return folder == "." or path == folder or path.startswith(f"{folder}/")


def of_settings(settings: Settings) -> tuple[Suppression, ...]:
    """Those of towpath.yaml."""
    return tuple(_in(settings.source))


def suppressions(repository: Repository) -> tuple[Suppression, ...]:
    """All suppressions that a tree holds."""
    found = list(of_settings(repository.settings))
    for name, spec in repository.services.items():
        found += _in(spec.source, service=name)
    for (environment, service), overlay in repository.overlays.items():
        found += _in(overlay.source, environment, service)
    return tuple(found)


def _in(source: Source, environment: str | None = None, service: str | None = None) -> Iterator[Suppression]:
    for index, entry in enumerate(source.data.get("suppress", ())):
        yield Suppression(
            entry["check"],
            entry["reason"],
            source.at(("suppress", index, "check")),
            entry.get("environment", environment),
            entry.get("service", service),
            entry.get("object"),
            entry.get("path"),
        )


def unknown(given: Iterable[Suppression], known: Container[str], names: Iterable[str]) -> Iterator[Finding]:
    """Suppressions of checks that there are not, or that look at no objects."""
    listed = sorted(names)
    for one in given:
        if one.check not in known:
            close = get_close_matches(one.check, listed, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            message = f"there is no check of objects {one.check!r}{hint}"
            yield problem("unknown-check", message, one.where, "'towpath explain' lists them all")


def unused(
    given: Iterable[Suppression],
    used: Container[Suppression],
    running: Container[str],
    repository: Repository,
    judged: Container[Place],
) -> Iterator[Finding]:
    """Those that hide nothing, as far as that can be told: every service that they are about has been judged."""
    released = [place for place, overlay in repository.overlays.items() if overlay.release is not None]
    for one in given:
        if one.path or one in used or not all(place in judged for place in released if one.reaches(*place)):
            continue
        yield _hides_nothing(one, "" if one.check in running else ": the check is switched off")


def unused_paths(
    given: Iterable[Suppression], used: Container[Suppression], looked_at: Iterable[str]
) -> Iterator[Finding]:
    """Those of plain manifests that hide nothing, though all of their file or folder was looked at."""
    places = list(looked_at)
    for one in given:
        if one.path and one not in used and any(_inside(one.path, place) for place in places):
            yield _hides_nothing(one)


def _hides_nothing(one: Suppression, why: str = "") -> Finding:
    message = f"the suppression of {one.check} hides nothing{why}"
    return Finding(UNUSED, OTHERS[UNUSED].severity, message, one.where, fix=OTHERS[UNUSED].fix)
