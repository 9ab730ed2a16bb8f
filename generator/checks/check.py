"""What a check is, what it looks at, and what it says.

A check sees one environment at a time: every object that all its services render. It knows no files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from typing import Any, Final

from generator.applied import Identity
from generator.checks.fields.dropped import is_dropped
from generator.checks.fields.validator import violations
from generator.checks.objects import Container, Pod, RenderedObject, pod_of
from generator.checks.selection import Selected, Selection
from generator.checks.sound import is_sound
from generator.custom.catalogue import Catalogue
from generator.decoded import decoded
from generator.finding import Severity
from generator.repository import Environment, Pointer
from generator.schemas import kinds, minor
from generator.workload import POD_TEMPLATES

_NOBODY: Final = Selected({}, (), ())


@dataclass(frozen=True)
class Scope:
    """An environment with everything that is rendered for it.

    `before` are the objects as they were applied last, those that are different now at least: what may not change
    is compared with them. The `catalogue` has the schemas of every kind.
    """

    environment: Environment
    objects: tuple[RenderedObject, ...]
    before: Mapping[Identity, Mapping[str, Any]] = field(default_factory=dict)
    catalogue: Catalogue = field(default_factory=Catalogue)

    @property
    def version(self) -> str:
        """The Kubernetes version of the environment."""
        return self.environment.cluster.kubernetes_version

    @cached_property
    def minor(self) -> int:
        """The number behind the dot of that version."""
        return int(minor(self.version)[2:])

    def drops(self, type_name: str, field: str) -> bool:
        """Whether the API server drops a field of a type (`core.v1.PodSpec`) without a word."""
        return is_dropped(type_name, field, self.minor)

    def in_version(self, version: str) -> Scope:
        """The same objects in another Kubernetes version."""
        cluster = replace(self.environment.cluster, kubernetes_version=version)
        return replace(self, environment=replace(self.environment, cluster=cluster))

    def decoded(self) -> Scope:
        """The same objects as the API server reads them: a null is no value."""
        read = ((placed, decoded(self.version, placed.value)) for placed in self.doubtful)
        changed = {id(placed): replace(placed, value=value) for placed, value in read if value is not placed.value}
        return replace(self, objects=tuple(changed.get(id(one), one) for one in self.objects)) if changed else self

    @cached_property
    def doubtful(self) -> tuple[RenderedObject, ...]:
        """The objects that a schema may have something against, or that are of kinds that Kubernetes does not have."""
        version = self.version
        return tuple(one for one in self.objects if not is_sound(version, one.api_version, one.kind, one.value))

    @cached_property
    def by_kind(self) -> Mapping[str, tuple[RenderedObject, ...]]:
        """The objects by their kind; only those of Kubernetes itself: others have a Service or an Ingress too."""
        found: dict[str, list[RenderedObject]] = {}
        for placed in self.objects:
            if "." not in placed.api_group or placed.api_group.endswith(".k8s.io"):
                found.setdefault(placed.kind, []).append(placed)
        return {kind: tuple(objects) for kind, objects in found.items()}

    @cached_property
    def by_name(self) -> Mapping[tuple[str, str], RenderedObject]:
        """The objects of Kubernetes' own kinds by kind and name."""
        return {(placed.kind, placed.name): placed for kind in self.by_kind.values() for placed in kind}

    @cached_property
    def names(self) -> frozenset[tuple[str, str]]:
        """The kind and name of every object."""
        return frozenset((placed.kind, placed.name) for placed in self.objects)

    @cached_property
    def custom_names(self) -> frozenset[str]:
        """The names of the objects of kinds that Kubernetes does not have."""
        own = kinds(self.version)
        return frozenset(one.name for one in self.objects if (one.api_version, one.kind) not in own)

    @cached_property
    def pods(self) -> tuple[Pod, ...]:
        """The pods of every workload."""
        return tuple(pod_of(placed) for placed in self.of(*POD_TEMPLATES))

    @cached_property
    def containers(self) -> tuple[Container, ...]:
        """Every container of every workload."""
        return tuple(container for pod in self.pods for container in pod.containers)

    @cached_property
    def broken_rules(self) -> Mapping[str, tuple[Problem, ...]]:
        """What the tables of `generator.checks.fields` have against the objects, by check."""
        found: dict[str, list[Problem]] = {}
        for placed in self.doubtful:
            for one in violations(self.version, placed.api_version, placed.kind, placed.value):
                place = ".".join(map(str, one.path))
                message = f"{placed.title}: {place + ': ' if place else ''}{one.message}"
                found.setdefault(one.check, []).append(Problem(placed, one.path, message))
        return {check: tuple(problems) for check, problems in found.items()}

    @cached_property
    def selection(self) -> Selection:
        """Finds the pods that selectors select."""
        return Selection(self.pods)

    def selected(self, labels: Mapping[str, Any]) -> Selected:
        """The pods that have all labels of a Service's selector; none for an empty one."""
        return self.selection.having(labels) if labels else _NOBODY

    def of(self, *kinds: str) -> Iterator[RenderedObject]:
        """The objects of these kinds of Kubernetes."""
        for kind in kinds:
            yield from self.by_kind.get(kind, ())


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with an object at a path; `fix` where it is more precise than the check's own."""

    placed: RenderedObject
    pointer: Pointer
    message: str
    fix: str = ""


class Basis(Enum):
    """Who objects to what a check finds."""

    REFUSED = "The API server refuses it."
    BROKEN = "The API server takes it, but it cannot work as written."
    PRACTICE = "It works; most teams want it otherwise."
    RULE = "It breaks a rule of a Towpath repository."


@dataclass(frozen=True, slots=True)
class Check:
    """A check: its id, how much it weighs unless towpath.yaml says otherwise (None: off), why, and what to do.

    `good` and `bad` are manifests that it accepts and refuses; `before` is how both of them were, for a check that
    looks at changes. They are its tests and its documentation. `across` marks a check that means something only where
    everything is there that is applied together. `kinds` are those that it looks at, as far as it pays not to run it
    where there are none of them; `by_schema` marks one that looks at `doubtful` objects only.
    """

    id: str
    severity: Severity | None
    basis: Basis
    reason: str
    fix: str
    run: Callable[[Scope], Iterator[Problem]]
    good: str
    bad: str
    before: str = ""
    across: bool = False
    kinds: tuple[str, ...] = ()
    by_schema: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """Checks about one thing: a file, and a page of the documentation. `name` is that of both."""

    name: str
    title: str
    about: str
    checks: tuple[Check, ...]


def by_rules(check: str) -> Callable[[Scope], Iterator[Problem]]:
    """What a check runs that is a table of rules."""

    def run(scope: Scope) -> Iterator[Problem]:
        return iter(scope.broken_rules.get(check, ()))

    return run
