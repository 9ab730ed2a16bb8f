"""Everything there is to know about a repository's output: built, checked, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, NamedTuple, TypeVar

from generator import processes
from generator.building.build import Build, Builder, Reuse, chosen
from generator.building.rendered import left_behind, up_to_date
from generator.custom.catalogue import Catalogue
from generator.errors import ForgottenError
from generator.finding import Finding, errors
from generator.foreign import programs
from generator.foreign.program import Runner
from generator.own_files import load
from generator.repository import Overlay, Repository, overlay_path, rendered_path, spec_path
from generator.resolving.pins import Pins
from generator.trees.tree import Tree
from generator.validation.judged import Across, Judged, Place, Rest, Whole
from generator.validation.validate import Validation, reweigh

T = TypeVar("T")

_FIRST = 6
"""Services that are done before there are several processes: these then have the templates and schemas that most need,
compiled, and what a template wrote to write it again (`generator.rendering.replay`)."""

_ACROSS = 16
"""Services that are judged together in the time that one is built and judged in by itself."""


@dataclass(frozen=True, slots=True)
class Survey(Generic[T]):
    """What a tree renders, and everything that is wrong with it.

    `kept` is what was kept of each build that was asked for, in the order of environments and services. `repository`
    is None when its own files are so wrong that nothing could be built. `seen` is what the next survey need not do.
    """

    repository: Repository | None
    kept: tuple[T, ...]
    findings: tuple[Finding, ...]
    unknown_rules: int = 0
    seen: Seen | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found out about a repository, apart: `alone` are the findings about its files and single services.

    Those about what services are together, and about suppressions, are not among them. What kept services from being
    built is `wrong`.
    """

    repository: Repository
    judged: tuple[Judged, ...]
    alone: tuple[Finding, ...]
    across: Mapping[str, Across]
    unused: tuple[Finding, ...]
    wrong: tuple[Finding, ...]


def survey(
    tree: Tree,
    pins: Pins,
    environments: Iterable[str] = (),
    services: Iterable[str] = (),
    *,
    keep: Callable[[Build], T],
    reuse: Reuse | None = None,
    run: Runner = programs.run,
    compare: bool = False,
    also: Iterable[str] = (),
    catalogue: Catalogue | None = None,
    before: Tree | None = None,
    policy: Repository | None = None,
    jobs: int = 1,
    rest: Rest | None = None,
    then: Callable[[Repository, Sequence[T]], object] = lambda *_: None,
) -> Survey[T]:
    """Build and validate what is asked for; without names, everything. `compare`: is the rendered folder up to date?

    Each build is forgotten once it is validated, but for what `keep` says of it; `jobs` processes share the work, and
    `run` runs the programs that some are rendered by. `also` are further Kubernetes versions, `catalogue` says what
    else there are schemas for. Fields that cannot change are compared with the tree `before`. What is accepted is for
    `policy` to say, by default the tree itself: its suppressions, `checks:` and `allow:`. Who asks for a change must
    not accept its findings in the same breath (R4). A tree may hold only part of a repository, where `rest` knows of
    the other services; the findings are then those about the part. Raises `ForgottenError` where that is too little.
    What is kept is given to `then`, while other processes begin to look across services. Whole environments are built
    for these; only findings about the chosen services and about the repository as a whole are returned.
    """
    repository, found = load.check(tree, policy, shared=rest is None or rest.shared)
    if repository is None:
        return Survey(None, (), tuple(found))
    validation = Validation(repository, also=also, catalogue=catalogue, before=before, policy=policy, rest=rest)
    wanted, places = set(services), set(environments)
    work = _Work(Builder(tree, repository, pins, reuse, run), validation, tree if compare else None, keep, wanted)
    done = _each(work, _sound(repository, places, found), jobs)
    kept = tuple(kept for one in done for kept in one.kept)
    share = partial(processes.each, processes=jobs, worth=_worth(repository), first=partial(then, repository, kept))
    whole = validation.whole([one.judged for one in done], work.again, share)
    left = _left_behind(tree, repository, places or repository.environments) if compare and not wanted else ()
    seen = _seen(repository, whole, [*reweigh(repository.settings, [*found, *left])], found, done)
    about = _not_about(_others(repository, places, wanted), [*whole.findings, *seen.alone])
    rules = validation.unknown_rules(one.judged for one in done if one.kept)
    return Survey(repository, kept, tuple(_once(about)), rules, seen)


def _worth(repository: Repository) -> int:
    """How many services take as long as to judge those of an environment together."""
    return 1 + len(repository.overlays) // (_ACROSS * max(1, len(repository.environments)))


def _seen(
    repository: Repository, whole: Whole, general: Iterable[Finding], found: Iterable[Finding], done: Iterable[_Done[T]]
) -> Seen:
    builds = [finding for one in done for finding in one.findings]
    judged = (finding for each in whole.judged for _, finding in each.findings)
    told = (*whole.general, *judged, *general, *builds)
    return Seen(repository, whole.judged, told, whole.across, whole.unused, tuple(errors([*found, *builds])))


def _others(repository: Repository, environments: set[str], services: set[str]) -> set[Place]:
    """The services that nobody asked about."""
    return {
        place
        for place in repository.overlays
        if (services and place[1] not in services) or (environments and place[0] not in environments)
    }


def whole(build: Build) -> Build:
    """Keeps all of a build."""
    return build


def _sound(repository: Repository, environments: set[str], found: Iterable[Finding]) -> list[Overlay]:
    """The overlays of these environments (empty: of all) that can be built: their own files are not wrong."""
    wrong = {finding.where.path for finding in errors(list(found))}
    overlays = chosen(repository, environments, set())
    return [one for one in overlays if not wrong & {one.source.path, spec_path(one.service)}]


class _Done(NamedTuple, Generic[T]):
    """A service after its share of the work: what kept it from being built, or is not up to date.

    `kept` is empty for one that nobody asked about.
    """

    judged: Judged
    findings: tuple[Finding, ...]
    kept: tuple[T, ...]


@dataclass(frozen=True, slots=True)
class _Work(Generic[T]):
    """The work on one service at a time."""

    builder: Builder
    validation: Validation
    compared: Tree | None
    keep: Callable[[Build], T]
    wanted: set[str]

    def on(self, overlay: Overlay) -> _Done[T]:
        """Build and judge a service."""
        build = self.builder.build(overlay.environment, overlay.service)
        judged = self.validation.alone(build)
        if self.wanted and overlay.service not in self.wanted:
            return _Done(judged, build.findings, ())
        stale = reweigh(self.validation.settings, up_to_date(self.compared, build)) if self.compared else ()
        return _Done(judged, (*build.findings, *stale), (self.keep(build),))

    def again(self, place: Place) -> Build:
        """Build a service once more. Raises `ForgottenError` for one that is not in the tree."""
        if place not in self.validation.repository.overlays:
            raise ForgottenError
        return self.builder.build(*place)


def _each(work: _Work[T], overlays: Sequence[Overlay], jobs: int) -> list[_Done[T]]:
    """The work on all services; on the first of them before there are several processes (`_FIRST`).

    What a service is in one environment is known then to the process that looks at it in the next one.
    """
    ordered = sorted(overlays, key=lambda one: (one.service, one.environment))
    done = list(map(work.on, ordered[:_FIRST]))
    done += processes.each(work.on, ordered[_FIRST:], jobs)
    return sorted(done, key=lambda one: one.judged.place)


def _left_behind(tree: Tree, repository: Repository, environments: Iterable[str]) -> Iterator[Finding]:
    for environment in environments:
        services = [service for place, service in repository.overlays if place == environment]
        yield from left_behind(tree, environment, services)


def _once(findings: Iterable[Finding]) -> Iterable[Finding]:
    """Of findings that say the same about the same place, such as a line of a template, the first."""
    found: dict[tuple[object, ...], Finding] = {}
    for one in findings:
        found.setdefault((one.check, one.severity, one.message, one.where, one.fix), one)
    return found.values()


def _not_about(others: Iterable[Place], findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings less those in the files of services that nobody asked about."""
    overlays = {overlay_path(*other) for other in others}
    folders = {rendered_path(*other) for other in others}
    for finding in findings:
        path = finding.where.path
        if path in overlays or path.rpartition("/")[0] in folders:
            continue
        if not any(label == "overlay" and place.path in overlays for label, place in finding.origins):
            yield finding
