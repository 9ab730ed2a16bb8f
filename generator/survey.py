"""Everything there is to know about a repository's output: built, checked, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from generator.build import Build, Built, Reuse, build_all
from generator.catalogue import Catalogue
from generator.errors import Location
from generator.finding import Finding
from generator.manifest import Manifest
from generator.pins import Pins
from generator.repository import Overlay, Repository, overlay_path, rendered_path
from generator.reuse import UNKNOWN_TEMPLATE
from generator.tree import Tree
from generator.validate import left_behind, reweigh, up_to_date, validate

_LOST = ("template", Location(UNKNOWN_TEMPLATE))


@dataclass(frozen=True, slots=True)
class Survey:
    """What a tree renders, and everything that is wrong with it.

    `builds` are those that were asked for. `repository` is None when its own files are so wrong that nothing could
    be built.
    """

    repository: Repository | None
    builds: tuple[Build, ...]
    findings: tuple[Finding, ...]


def survey(
    tree: Tree,
    pins: Pins,
    environments: Iterable[str] = (),
    services: Iterable[str] = (),
    *,
    reuse: Reuse | None = None,
    compare: bool = False,
    also: Iterable[str] = (),
    catalogue: Catalogue | None = None,
    before: Tree | None = None,
    policy: Repository | None = None,
) -> Survey:
    """Build and validate what is asked for; without names, everything. `compare`: is the rendered folder up to date?

    `also` are further Kubernetes versions, `catalogue` says what else there are schemas for. Fields that cannot
    change are compared with the tree `before`. What is accepted is for `policy` to say, by default the tree itself: its
    suppressions, `checks:` and `allow:`. Who asks for a change must not accept its findings in the same breath (R4).

    Whole environments are built, since some checks look across services; only findings about the chosen services
    and about the repository as a whole are returned.
    """
    chosen, places = set(services), set(environments)
    check = partial(validate, also=tuple(also), catalogue=catalogue, before=before, policy=policy)
    built, found = _checked(tree, pins, places, reuse, check, policy)
    repository = built.repository
    if repository is None:
        return Survey(None, (), built.findings)
    builds = tuple(build for build in built.builds if not chosen or build.service in chosen)
    if compare:
        found += reweigh(repository.settings, (one for build in builds for one in up_to_date(tree, build)))
    if compare and not chosen:
        found += reweigh(repository.settings, _left_behind(tree, repository, places or repository.environments))
    others = {
        (environment, service)
        for environment, service in repository.overlays
        if (chosen and service not in chosen) or (places and environment not in places)
    }
    return Survey(repository, builds, tuple(dict.fromkeys(_not_about(others, found))))


def _left_behind(tree: Tree, repository: Repository, environments: Iterable[str]) -> Iterator[Finding]:
    for environment in environments:
        services = [service for place, service in repository.overlays if place == environment]
        yield from left_behind(tree, environment, services)


def _checked(
    tree: Tree,
    pins: Pins,
    environments: Iterable[str],
    reuse: Reuse | None,
    check: Callable[..., list[Finding]],
    policy: Repository | None,
) -> tuple[Built, list[Finding]]:
    """Build and validate; what has findings is rendered again if it was reused: they point at its template's lines."""
    built = build_all(tree, pins, environments, reuse=reuse, policy=policy)
    repository = built.repository
    if repository is None:
        return built, []
    found = check(repository, built.builds)
    reused = {finding.where.path.rpartition("/")[0] for finding in found if _LOST in finding.origins}
    if reuse and reused:
        only = reuse

        def again(one: Overlay, inputs: str) -> tuple[Manifest, ...] | None:
            return None if one.rendered in reused else only(one, inputs)

        return _checked(tree, pins, environments, again, check, policy)
    found += reweigh(repository.settings, built.findings)
    found += [finding for build in built.builds for finding in build.findings]
    return built, found


def _not_about(others: Iterable[tuple[str, str]], findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings less those in the files of services that nobody asked about."""
    overlays = {overlay_path(*other) for other in others}
    folders = {rendered_path(*other) for other in others}
    for finding in findings:
        path = finding.where.path
        if path not in overlays and path.rpartition("/")[0] not in folders:
            yield finding
