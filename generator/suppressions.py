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
from generator.repository import Repository, Source

UNUSED = "unused-suppression"
Place = tuple[str, str]
"""An environment and a service."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """One of them: which check, where and why. None stands for every environment, service or object.

    `object` is written `Deployment/web`.
    """

    check: str
    reason: str
    where: Location
    environment: str | None = None
    service: str | None = None
    object: str | None = None

    def covers(self, environment: str, service: str, kind: str, name: str) -> bool:
        """Whether it is about this object of a service."""
        return self.reaches(environment, service) and self.object in (None, f"{kind}/{name}")

    def reaches(self, environment: str, service: str) -> bool:
        """Whether it is about this service in this environment."""
        return self.environment in (None, environment) and self.service in (None, service)


def suppressions(repository: Repository) -> tuple[Suppression, ...]:
    """All suppressions that a tree holds."""
    found = list(_in(repository.settings.source))
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
        )


def unknown(given: Iterable[Suppression], known: Container[str], names: Iterable[str]) -> Iterator[Finding]:
    """Suppressions of checks that there are not, or that look at no objects."""
    listed = sorted(names)
    for one in given:
        if one.check not in known:
            close = get_close_matches(one.check, listed, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            message = f"there is no check of objects {one.check!r}{hint}"
            yield problem("unknown-check", message, one.where, f"use one of: {', '.join(listed)}")


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
        if one in used or not all(place in judged for place in released if one.reaches(*place)):
            continue
        off = "" if one.check in running else ": the check is switched off"
        message = f"the suppression of {one.check} hides nothing{off}"
        yield Finding(UNUSED, OTHERS[UNUSED].severity, message, one.where, fix=OTHERS[UNUSED].fix)
