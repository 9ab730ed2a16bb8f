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
from itertools import product

from generator.checks.others import OTHERS
from generator.errors import Location
from generator.file_schemas import problem
from generator.finding import Finding
from generator.repository import Repository, Settings, Source

UNUSED = "unused-suppression"
Place = tuple[str, str]
"""An environment and a service."""
_About = tuple[str | None, ...]
"""A check, an object, an environment, a service and a path; None stands for every one."""


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


class Given:
    """Suppressions, found by what they are about without a look at each."""

    def __init__(self, given: Iterable[Suppression]) -> None:
        self._by_about: dict[_About, list[Suppression]] = {}
        for one in given:
            path = None if one.path is None else one.path.rstrip("/")
            about = (one.check, one.object, one.environment or None, one.service or None, path)
            self._by_about.setdefault(about, []).append(one)

    def covering(self, check: str, environment: str, service: str, kind: str, name: str) -> set[Suppression]:
        """Those that are about a check of an object of a service."""
        return self._about(check, f"{kind}/{name}", (None, environment), (None, service), (None,))

    def covering_plain(self, check: str, path: str, kind: str, name: str) -> set[Suppression]:
        """Those that are about a check of an object of a plain manifest."""
        return self._about(check, f"{kind}/{name}", (None,), (None,), (None, ".", path, *_folders(path)))

    def _about(self, check: str, object: str, *places: tuple[str | None, ...]) -> set[Suppression]:
        if not self._by_about:
            return set()
        wanted = product((check,), (None, object), *places)
        return {one for about in wanted for one in self._by_about.get(about, ())}


def _folders(path: str) -> Iterator[str]:
    """The folders that a path is in."""
    return (path[:index] for index, character in enumerate(path) if character == "/")


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
    released = (place for place, overlay in repository.overlays.items() if overlay.release is not None)
    open_ = {about for place in released if place not in judged for about in product(*((None, name) for name in place))}
    for one in given:
        if one.path or one in used or (one.environment, one.service) in open_:
            continue
        yield _hides_nothing(one, "" if one.check in running else ": the check is switched off")


def unused_paths(
    given: Iterable[Suppression], used: Container[Suppression], looked_at: Iterable[str]
) -> Iterator[Finding]:
    """Those of plain manifests that hide nothing, though all of their file or folder was looked at."""
    places = {place.rstrip("/") for place in looked_at}
    for one in given:
        if one.path and one not in used and not places.isdisjoint((".", one.path, *_folders(one.path))):
            yield _hides_nothing(one)


def _hides_nothing(one: Suppression, why: str = "") -> Finding:
    message = f"the suppression of {one.check} hides nothing{why}"
    return Finding(UNUSED, OTHERS[UNUSED].severity, message, one.where, fix=OTHERS[UNUSED].fix)
