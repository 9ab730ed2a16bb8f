"""What a run remembers of a repository, so that the next one need only look at the services that changed.

A repository is the sum of its services. What is wrong with one, and what it renders, depends on its own files, on
those it mounts, and on what all share: settings, environments, templates, charts, definitions of kinds. Where none of
the latter changed, the services that did are surveyed as a repository of their own (`Part`), and the rest is as it was;
checks across services see the remembered outlines of the others.

A service that could not be built is looked at each time: such an error may go away without a change of files, as when
a shallow clone gets its history. Where something that services share keeps one from being built, nothing is remembered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from generator.errors import ForgottenError
from generator.finding import Finding
from generator.repository import Chart
from generator.survey import Seen
from generator.trees.looks import ENVIRONMENTS, NO_LOOK, OURS, Looks, amended, differing, is_there, paths
from generator.trees.seen_tree import PartTree
from generator.trees.tree import Tree
from generator.validation.judged import Across, Judged, Outlined, Place
from generator.validation.suppressions import Suppression, suppressions

_BASE = "base"
_FACTS = "environment.yaml"

T = TypeVar("T", Finding, Suppression)
Outlines = Mapping[str, bytes]
"""The outlines of the services of an environment, packed."""


@dataclass(frozen=True, slots=True)
class Done:
    """What rendering did with a service of an environment: how many files it has, and the names of those it mounts."""

    place: Place
    files: int
    mounted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Services:
    """What is remembered of services, most of it sparse: by environment and service, or `base` for a spec.

    `files` is how many each has rendered, `digests` are those of its outlines, `revisions` what it is pinned to.
    `findings` are about its own files, `given` the suppressions in them, and `used` those that hid one of them.
    """

    files: Mapping[Place, int] = field(default_factory=dict)
    digests: Mapping[Place, bytes] = field(default_factory=dict)
    revisions: Mapping[Place, str] = field(default_factory=dict)
    mounted: Mapping[Place, tuple[str, ...]] = field(default_factory=dict)
    findings: Mapping[Place, tuple[Finding, ...]] = field(default_factory=dict)
    given: Mapping[Place, tuple[Suppression, ...]] = field(default_factory=dict)
    used: Mapping[Place, frozenset[Suppression]] = field(default_factory=dict)
    charts: Mapping[Place, bool] = field(default_factory=dict)
    defining: Mapping[Place, bool] = field(default_factory=dict)

    def without(self, gone: Callable[[Place], bool]) -> Services:
        """The same less some services."""
        return Services(*({place: one for place, one in column.items() if not gone(place)} for column in self._columns))

    def beside(self, others: Services) -> Services:
        """These and others."""
        return Services(*({**mine, **more} for mine, more in zip(self._columns, others._columns, strict=True)))

    @property
    def _columns(self) -> list[Mapping[Place, Any]]:
        return [getattr(self, one.name) for one in fields(self)]


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of a repository as it looked then.

    `general` are the findings about what all services share, `across` those about the services of an environment
    together, `definitions` the files that define kinds, `failed` the services that could not be built. `outlines` has
    those of the services of an environment.
    """

    services: Services
    general: tuple[Finding, ...]
    across: Mapping[str, Across]
    unused: tuple[Finding, ...]
    definitions: frozenset[str]
    failed: frozenset[str]
    outlines: Callable[[str], Outlines]

    def vouched(self, looks: Looks) -> Looks:
        """The same looks, less those of files of services that have to be looked at again."""
        if not self.failed:
            return looks
        return amended(looks, {path: NO_LOOK for path in paths(looks) if self._failed(place_of(path))})

    def _failed(self, place: Place | None) -> bool:
        return place is not None and place[1] in self.failed

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that is wrong with the repository."""
        found = [*self.general, *self.unused]
        found += (one for own in self.services.findings.values() for one in own)
        found += (one for each in self.across.values() for _, one in each.told.values())
        return tuple(dict.fromkeys(found))

    @property
    def files(self) -> int:
        """How many files are rendered."""
        return sum(self.services.files.values())


def place_of(path: str) -> Place | None:
    """Whose file this is: the environment (or `base`) and the service; None for what services share."""
    parts = path.split("/")
    if len(parts) < 4 or parts[0] != ENVIRONMENTS or parts[2] not in ("services", "rendered"):
        return None
    if len(parts) > 4:
        return parts[1], parts[3]
    name, dot, ending = parts[3].rpartition(".")
    return (parts[1], name) if parts[2] == "services" and ending == "yaml" and dot else None


def part_of(memory: Memory, then: Looks, now: Looks, defines: Callable[[str], bool]) -> Part | None:
    """The part of a repository that has changed; None where single services and environments do not tell that.

    `defines` says whether a file defines kinds.
    """
    services = set(memory.failed)
    environments: set[str] = set()
    mounting = _mounting(memory)
    for path in differing(now, then):
        parts = path.split("/", 3)
        beside = parts[3] if _is_beside(parts) else ""
        if path in memory.definitions or defines(path):
            return None
        if (place := place_of(path)) is not None:
            services.add(place[1])
        elif parts[0] == ENVIRONMENTS and parts[2:] == [_FACTS] and parts[1] in memory.across and is_there(now, path):
            environments.add(parts[1])
        elif parts[0] in OURS and not (beside and not beside.lower().endswith((".yaml", ".yml"))):
            return None
        services |= mounting.get(beside, set())
    part = Part(memory, frozenset(services), frozenset(environments))
    return None if any(map(part.covers, (*memory.services.defining, *memory.services.charts))) else part


def _is_beside(parts: Sequence[str]) -> bool:
    """Whether a path, split at the first three slashes, leads to what services may mount."""
    return len(parts) == 4 and parts[0] == ENVIRONMENTS and parts[2] == "services"


def _mounting(memory: Memory) -> Mapping[str, set[str]]:
    """The services that mount a file, by its name."""
    found: dict[str, set[str]] = {}
    for (_, service), names in memory.services.mounted.items():
        for name in names:
            found.setdefault(name, set()).add(service)
    return found


@dataclass(frozen=True, slots=True)
class Part:
    """Some services of a repository in all environments, and all services of some environments.

    It is the `Rest` of a survey of these: what is known of the others.
    """

    memory: Memory
    services: frozenset[str]
    environments: frozenset[str]

    @property
    def is_empty(self) -> bool:
        """Whether nothing that matters has changed."""
        return not (self.services or self.environments)

    @property
    def shared(self) -> bool:
        """Whether something that services share is in this part."""
        return bool(self.environments)

    def covers(self, place: Place) -> bool:
        """Whether a service is in this part."""
        return place[1] in self.services or place[0] in self.environments

    def tree(self, tree: Tree, looks: Looks) -> Tree:
        """Its files, and those that services share; `looks` are those of all files."""
        shown = paths(looks, lambda folder: self._shows(place_of(f"{folder}/any")))
        return PartTree(tree, sorted(path for path in shown if self._shows(place_of(path))))

    def _shows(self, place: Place | None) -> bool:
        if place is None or self.covers(place):
            return True
        return place[0] == _BASE and bool(self.environments)

    @property
    def given(self) -> tuple[Suppression, ...]:
        """The suppressions in the files of the others."""
        return tuple(one for place, own in self.memory.services.given.items() if not self.covers(place) for one in own)

    @property
    def used(self) -> frozenset[Suppression]:
        """The suppressions that hide what is to be said about one of the others by itself."""
        hiding = (own for place, own in self.memory.services.used.items() if not self.covers(place))
        return frozenset[Suppression]().union(*hiding)

    def judged(self, environment: str) -> Sequence[Outlined]:
        """The others in an environment."""
        return self._judged(environment, lambda _: True)

    def defining(self, environment: str) -> Sequence[Outlined]:
        """Those of them that define kinds."""
        defining = self.memory.services.defining
        if not any(place[0] == environment for place in defining):
            return ()
        return self._judged(environment, defining.__contains__)

    def _judged(self, environment: str, wanted: Callable[[Place], bool]) -> Sequence[Outlined]:
        if environment in self.environments:
            return ()
        return [
            Outlined((environment, service), packed)
            for service, packed in self.memory.outlines(environment).items()
            if service not in self.services and wanted((environment, service))
        ]

    def known(self, environment: str) -> Across:
        """What was found across the services of an environment, less what is about those of this part."""
        was = self.memory.across.get(environment, Across())
        if environment in self.environments:
            return Across()
        told = {key: one for key, one in was.told.items() if not self._covers_file(one[1].where.path)}
        return replace(was, told=told)

    def across(self, environment: str, judged: Sequence[Judged], given: Iterable[Suppression]) -> Across | None:
        """The same, where it still holds: the outlines are as they were, and nothing was found about this part."""
        was = self.memory.across.get(environment)
        if was is None or environment in self.environments:
            return None
        told = (finding.where for _, finding in was.told.values())
        about = (*told, *(one.where for one in (*given, *was.used)))
        if any(self._covers_file(where.path) for where in about):
            return None
        digests = self.memory.services.digests
        then = {place: one for place, one in digests.items() if place[0] == environment and self.covers(place)}
        return was if then == _digests(judged) else None

    def _covers_file(self, path: str) -> bool:
        place = place_of(path)
        return place is not None and self.covers(place)

    def merged(self, seen: Seen, done: Iterable[Done], told: Iterable[Finding]) -> Memory:
        """What is known of the whole after a survey of this part; the arguments are those of `remembered`.

        Raises `ForgottenError`.
        """
        new = remembered(seen, done, told, self.memory.definitions)
        if new is None or new.services.defining or any(map(self.covers, new.services.charts)):
            raise ForgottenError
        was = self.memory
        return Memory(
            was.services.without(self.covers).beside(new.services.without(lambda place: not self.covers(place))),
            (*(one for one in was.general if not self._facts(one)), *filter(self._facts, new.general)),
            {**was.across, **new.across},
            new.unused,
            was.definitions,
            new.failed,
            lambda environment: self._outlines(environment, new),
        )

    def _facts(self, finding: Finding) -> bool:
        """Whether a finding is about an environment of this part."""
        parts = finding.where.path.split("/")
        return len(parts) == 3 and parts[0] == ENVIRONMENTS and parts[1] in self.environments

    def _outlines(self, environment: str, new: Memory) -> Outlines:
        mine = new.outlines(environment)
        if environment in self.environments:
            return mine
        others = self.memory.outlines(environment)
        return {**{service: one for service, one in others.items() if service not in self.services}, **mine}


def remembered(seen: Seen, done: Iterable[Done], told: Iterable[Finding], definitions: Iterable[str]) -> Memory | None:
    """What there is to remember of a survey; None where services could not be built because of what they share.

    `done` is what rendering did, `told` what else is to be said about rendered files.
    """
    failed = {place_of(one.where.path) for one in seen.wrong}
    if None in failed:
        return None
    there, repository = list(done), seen.repository
    findings = _grouped((*seen.alone, *told))
    given = _grouped(suppressions(repository))
    packed: dict[str, dict[str, bytes]] = {name: {} for name in repository.environments}
    for one in seen.judged:
        packed[one.place[0]][one.place[1]] = one.packed
    releases = ((place, overlay.release) for place, overlay in repository.overlays.items())
    services = Services(
        files={one.place: one.files for one in there},
        digests=_digests(seen.judged),
        revisions={place: one.revision for place, one in releases if one and one.revision},
        mounted={one.place: one.mounted for one in there if one.mounted},
        findings={place: own for place, own in findings.items() if place},
        given={place: own for place, own in given.items() if place},
        used={one.place: one.used for one in seen.judged if one.used},
        charts={(_BASE, name): True for name, one in repository.services.items() if isinstance(one.foreign, Chart)},
        defining={one.place: True for one in seen.judged if one.defining},
    )
    return Memory(
        services,
        findings.get(None, ()),
        seen.across,
        seen.unused,
        frozenset(definitions),
        frozenset(place[1] for place in failed if place),
        packed.__getitem__,
    )


def _digests(judged: Iterable[Judged]) -> dict[Place, bytes]:
    return {one.place: hashlib.blake2b(one.packed, digest_size=16).digest() for one in judged}


def _grouped(things: Iterable[T]) -> dict[Place | None, tuple[T, ...]]:
    """Findings or suppressions by whose file they are in."""
    found: dict[Place | None, list[T]] = {}
    for one in things:
        found.setdefault(place_of(one.where.path), []).append(one)
    return {where: tuple(own) for where, own in found.items()}
